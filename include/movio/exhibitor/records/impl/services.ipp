// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../call/detail/caller.hpp"
#include "../../detail/text/url.hpp"
#include "../detail/categories.hpp"
#include "../detail/receipt.hpp"
#include "../detail/requests.hpp"
#include "../detail/schemas.hpp"
#include "../detail/upsert.hpp"
#include "../services.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

template <class Record>
UpsertResult RecordService<Record>::upsert_each(const std::function<const Record*()>& next,
                                                const CallOptions& options) const {
  auto parts = parts_of(next);
  if (!parts) return std::move(parts.error());
  return Upsert(*caller_, Schema<Record>::path, options).send(*std::move(parts));
}

template <class Record>
Result<void> RecordService<Record>::remove(std::string_view id, const CallOptions& options) const {
  if (const auto problem = id_problem(id)) return invalid_argument(*problem);
  return send(remove_request(Schema<Record>::path, id), options);
}

template <class Record>
Result<void> RecordService<Record>::send(HttpRequest request, const CallOptions& options) const {
  const std::string operation = request.method + ' ' + route_template(request.path);
  auto answer = caller_->send(with_options(std::move(request), options));
  if (!answer) return std::move(answer.error());
  return confirm_done(operation, *answer);
}

MOVIO_EXHIBITOR_INLINE Result<std::vector<SubscriptionCategory>> subscription_categories(const Caller& caller,
                                                                                         const CallOptions& options) {
  HttpRequest request;
  request.path = categories_path;
  const auto answer = caller.send(with_options(std::move(request), options));
  if (!answer) return answer.error();
  return categories_in(*answer);
}

#ifdef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
template class RecordService<Cinema>;
template class RecordService<Film>;
template class RecordService<Item>;
template class RecordService<Ticket>;
template class RecordService<Member>;
template class RecordService<Transaction>;
#endif

}  // namespace detail

MOVIO_EXHIBITOR_INLINE Result<void> MemberService::update_subscriptions(std::string_view member_id,
                                                                        const std::vector<Subscription>& subscriptions,
                                                                        const CallOptions& options) const {
  auto request = detail::subscriptions_request({std::string(member_id), subscriptions});
  if (!request) return std::move(request.error());
  return send(*std::move(request), options);
}

}  // namespace v0_1
}  // namespace movio::exhibitor
