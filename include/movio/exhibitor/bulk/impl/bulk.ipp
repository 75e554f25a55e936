// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "../../records/detail/schemas.hpp"
#include "../bulk.hpp"
#include "../detail/operation.hpp"
#include "../detail/record_source.hpp"
#include "../detail/run.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

template <class Record>
BulkReport ResourceUpload<Record>::upsert(const Bulk& bulk, std::function<const Record*()> next) {
  ModelSource<Record> source(std::move(next));
  return bulk.run(BulkOperation::upsert<Record>(), source);
}

template <class Record>
BulkReport ResourceUpload<Record>::upsert_ndjson(const Bulk& bulk, ByteSource lines) {
  NdjsonSource<Record> source(std::move(lines));
  return bulk.run(BulkOperation::upsert<Record>(), source);
}

template <class Record>
BulkReport ResourceUpload<Record>::remove(const Bulk& bulk, std::function<std::optional<std::string_view>()> next) {
  IdSource source(std::move(next));
  return bulk.run(BulkOperation::remove<Record>(), source);
}

template <class Record>
BulkReport ResourceUpload<Record>::remove_lines(const Bulk& bulk, ByteSource ids) {
  IdLineSource source(std::move(ids));
  return bulk.run(BulkOperation::remove<Record>(), source);
}

#ifdef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
template struct ResourceUpload<Cinema>;
template struct ResourceUpload<Film>;
template struct ResourceUpload<Item>;
template struct ResourceUpload<Ticket>;
template struct ResourceUpload<Member>;
template struct ResourceUpload<Transaction>;
#endif

}  // namespace detail

MOVIO_EXHIBITOR_INLINE BulkReport
Bulk::update_subscriptions_each(std::function<const MemberSubscriptions*()> next) const {
  detail::ModelSource<MemberSubscriptions> source(std::move(next));
  return run(detail::BulkOperation::update_subscriptions(), source);
}

MOVIO_EXHIBITOR_INLINE BulkReport Bulk::update_subscriptions_ndjson(ByteSource lines) const {
  detail::NdjsonSource<MemberSubscriptions> source(std::move(lines));
  return run(detail::BulkOperation::update_subscriptions(), source);
}

MOVIO_EXHIBITOR_INLINE Result<void> Bulk::usable() const {
  if (!client_.ready()) return client_.ready().error();
  if (options_.batch_size < 1 || options_.batch_size > detail::most_records) {
    return detail::invalid_argument("BulkOptions::batch_size must be 1 to 5000");
  }
  if (options_.batch_bytes < 1 || options_.in_flight < 1 || options_.patience.count() < 0) {
    return detail::invalid_argument(
        "BulkOptions::batch_bytes and in_flight must be positive, and patience not negative");
  }
  if (!client_.provider()->transport()->may_block()) {
    return detail::invalid_argument("uploads are not allowed in a callback (it would deadlock)");
  }
  return {};
}

MOVIO_EXHIBITOR_INLINE BulkReport Bulk::run(const detail::BulkOperation& operation,
                                            detail::RecordSource& source) const {
  const auto fit = usable();
  if (fit) return detail::BulkRun(client_, operation, source, options_).run();
  BulkReport report;
  report.error = fit.error();
  return report;
}

}  // namespace v0_1
}  // namespace movio::exhibitor
