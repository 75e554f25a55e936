// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../client.hpp"
#include "../files/byte_source.hpp"
#include "../records/detail/range.hpp"
#include "options.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

class Bulk;

namespace detail {

class BulkOperation;
class RecordSource;

/// Uploads to one resource. Defined in impl/bulk.ipp for each of them.
template <class Record>
struct ResourceUpload {
  static BulkReport upsert(const Bulk& bulk, std::function<const Record*()> next);
  static BulkReport upsert_ndjson(const Bulk& bulk, ByteSource lines);
  static BulkReport remove(const Bulk& bulk, std::function<std::optional<std::string_view>()> next);
  static BulkReport remove_lines(const Bulk& bulk, ByteSource ids);
};

}  // namespace detail

/// Sends any number of records, several requests at a time, in constant memory, and reports the outcome of every
/// record.
///
/// Each function blocks until the input has ended, or something ends the upload: then `BulkReport::error` says what.
/// Transient failures slow it down: throttling is waited out, other failures (no connection, 5xx) for as long as
/// `BulkOptions::patience`. A refused request is split until exactly the bad records are found; all others are sent. So
/// is a request that keeps failing without a reason while others succeed, because of a firewall or a bug of the API. Of
/// records with the same id, the last one that the API accepts wins.
///
/// With a journal, the same call with the same input resumes an upload that was killed, and skips what was
/// acknowledged. Sending a record twice is harmless.
///
/// `Record` is one of the models: `Cinema`, `Film`, `Item`, `Ticket`, `Member`, `Transaction`. An upsert replaces whole
/// records, and deleting is a soft delete: see services.hpp.
///
/// Errors: those of `ExhibitorClient`; `storage` for the input, the journal and the rejects file; `rejected` beyond
/// `max_rejects`; `cancelled`; `invalid_argument`. Thread-safety: every call from any thread, but for those that
/// complete asynchronous calls.
class Bulk {
 public:
  explicit Bulk(ExhibitorClient client, BulkOptions options = {})
      : client_(std::move(client)), options_(std::move(options)) {}

  /// Records of a range, which is passed once.
  template <class Range>
  BulkReport upsert(Range&& records) const {
    using Record = typename detail::ElementOf<std::remove_reference_t<Range>>::Type;
    if constexpr (holds_records<Record>()) {
      return upsert_each<Record>(detail::records_of<Record>(records));
    } else {
      return {};
    }
  }

  /// Records as a callback gives them: pointers to what is there until the next call, nullptr at the end.
  template <class Record>
  BulkReport upsert_each(std::function<const Record*()> next) const {
    if constexpr (holds_records<Record>()) {
      return detail::ResourceUpload<Record>::upsert(*this, std::move(next));
    } else {
      return {};
    }
  }

  /// NDJSON: a record on each line, which goes through as it is. Blank lines, CRLF, a byte-order mark at the beginning
  /// and padding at the end (NUL, Ctrl-Z) are accepted. An input that is clearly something else, such as a JSON array,
  /// CSV, UTF-16 or a compressed file, is refused as `invalid_argument` before anything is sent.
  template <class Record>
  BulkReport upsert_ndjson(ByteSource lines) const {
    if constexpr (holds_records<Record>()) {
      return detail::ResourceUpload<Record>::upsert_ndjson(*this, std::move(lines));
    } else {
      return {};
    }
  }

  /// Removes the records that have the ids of a range. Ids that the API does not have are counted as `absent`.
  template <class Record, class Range>
  BulkReport remove(Range&& ids) const {
    constexpr bool are_ids =
        std::is_convertible_v<typename detail::ElementOf<std::remove_reference_t<Range>>::Type, std::string_view>;
    static_assert(are_ids, "Bulk::remove takes a range of ids, for example std::vector<std::string>");
    if constexpr (holds_records<Record>() && are_ids) {
      return detail::ResourceUpload<Record>::remove(*this, detail::ids_of(ids));
    } else {
      return {};
    }
  }

  /// The same with an id on each line, as it is.
  template <class Record>
  BulkReport remove_lines(ByteSource ids) const {
    if constexpr (holds_records<Record>()) {
      return detail::ResourceUpload<Record>::remove_lines(*this, std::move(ids));
    } else {
      return {};
    }
  }

  /// Replaces all the subscriptions of each member of a range of `MemberSubscriptions`.
  template <class Range>
  BulkReport update_subscriptions(Range&& members) const {
    using Element = typename detail::ElementOf<std::remove_reference_t<Range>>::Type;
    constexpr bool fits = std::is_same_v<Element, MemberSubscriptions>;
    static_assert(fits, "Bulk::update_subscriptions takes a range of MemberSubscriptions");
    if constexpr (fits) {
      return update_subscriptions_each(detail::records_of<MemberSubscriptions>(members));
    } else {
      return {};
    }
  }

  /// The same from NDJSON: `{"member_id": ..., "subscriptions": [...]}`.
  BulkReport update_subscriptions_ndjson(ByteSource lines) const;

 private:
  template <class Record>
  friend struct detail::ResourceUpload;

  template <class Record>
  static constexpr bool holds_records() noexcept {
    static_assert(detail::is_resource<Record>,
                  "the records of a Bulk are Cinema, Film, Item, Ticket, Member or Transaction; "
                  "update_subscriptions takes MemberSubscriptions");
    return detail::is_resource<Record>;
  }

  BulkReport update_subscriptions_each(std::function<const MemberSubscriptions*()> next) const;
  [[nodiscard]] Result<void> usable() const;
  BulkReport run(const detail::BulkOperation& operation, detail::RecordSource& source) const;

  ExhibitorClient client_;
  BulkOptions options_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/bulk.ipp"
#endif
