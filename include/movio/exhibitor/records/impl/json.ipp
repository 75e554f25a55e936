// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "../detail/reader.hpp"
#include "../detail/schemas.hpp"
#include "../detail/writer.hpp"
#include "../json.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

template <class Model>
Result<Model> ModelJson<Model>::read(std::string_view json) {
  Model record;
  if (const auto problem = RecordReader(json, Reading::values).read(record)) return invalid_argument(problem->text());
  return record;
}

template <class Model>
Result<std::string> ModelJson<Model>::write(const Model& record) {
  std::string json;
  if (const auto problem = RecordWriter(json).write(record)) return invalid_argument(problem->text());
  return json;
}

#ifdef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
template struct ModelJson<Cinema>;
template struct ModelJson<Film>;
template struct ModelJson<Item>;
template struct ModelJson<Ticket>;
template struct ModelJson<Member>;
template struct ModelJson<LoyaltyCard>;
template struct ModelJson<Preferences>;
template struct ModelJson<Transaction>;
template struct ModelJson<SessionLine>;
template struct ModelJson<ItemLine>;
template struct ModelJson<Subscription>;
template struct ModelJson<SubscriptionCategory>;
template struct ModelJson<MemberSubscriptions>;
#endif

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
