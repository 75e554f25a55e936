#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../client.hpp"
#include "../files/byte_source.hpp"
#include "detail/operation.hpp"
#include "detail/record_source.hpp"
#include "detail/run.hpp"
#include "options.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Sends any number of records, several requests at a time, in memory that does not grow with their number, and tells
/// for every record what became of it.
///
/// Each function blocks until the input has ended, or something ends the upload: then `BulkReport::error` says what.
/// Trouble that passes slows it down: throttling is waited out, anything else (no connection, 5xx) as long as
/// `BulkOptions::patience` says. A request that the API refuses is taken apart until exactly the bad records are found;
/// all others get through. So is one that keeps failing without a reason while others succeed: a firewall may object to
/// a record, or the API fail of it. Of records with the same id the last one wins that the API takes.
///
/// With a journal, an upload that was killed is resumed by the same call with the same input: what was acknowledged is
/// passed over. Sending a record again does no harm.
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
  BulkReport upsert(const Range& records) const {
    using Record = typename detail::ElementOf<Range>::Type;
    check_resource<Record>();
    return upsert_each<Record>(pointers_into<Record>(records));
  }

  /// Records as a callback gives them: pointers to what is there until the next call, nullptr at the end.
  template <class Record>
  BulkReport upsert_each(std::function<const Record*()> next) const {
    check_resource<Record>();
    detail::ModelSource<Record> source(std::move(next));
    return run(detail::BulkOperation::upsert<Record>(), source);
  }

  /// NDJSON: a record on each line, which goes through as it is. Blank lines, CRLF, a byte-order mark at the beginning
  /// and padding at the end (NUL, Ctrl-Z) are accepted. An input that is clearly something else, such as a JSON array,
  /// CSV, UTF-16 or a compressed file, is refused as `invalid_argument` before anything is sent.
  template <class Record>
  BulkReport upsert_ndjson(ByteSource lines) const {
    check_resource<Record>();
    detail::NdjsonSource<Record> source(std::move(lines));
    return run(detail::BulkOperation::upsert<Record>(), source);
  }

  /// Removes the records that have the ids of a range. Ids that the API does not have are counted as `absent`.
  template <class Record, class Range>
  BulkReport remove(const Range& ids) const {
    check_resource<Record>();
    static_assert(std::is_convertible_v<typename detail::ElementOf<Range>::Type, std::string_view>,
                  "Bulk::remove takes a range of ids, for example std::vector<std::string>");
    detail::IdSource source(
        [walk = detail::Walk(ids), id = std::string()]() mutable -> std::optional<std::string_view> {
          if (!walk.next()) return std::nullopt;
          return id = std::string_view(*walk);  // a copy: what the iterator gives may be there for a moment only
        });
    return run(detail::BulkOperation::remove<Record>(), source);
  }

  /// The same with an id on each line, as it is.
  template <class Record>
  BulkReport remove_lines(ByteSource ids) const {
    check_resource<Record>();
    detail::IdLineSource source(std::move(ids));
    return run(detail::BulkOperation::remove<Record>(), source);
  }

  /// Replaces all the subscriptions of each member of a range of `MemberSubscriptions`.
  template <class Range>
  BulkReport update_subscriptions(const Range& members) const {
    static_assert(std::is_same_v<typename detail::ElementOf<Range>::Type, MemberSubscriptions>,
                  "Bulk::update_subscriptions takes a range of MemberSubscriptions");
    detail::ModelSource<MemberSubscriptions> source(pointers_into<MemberSubscriptions>(members));
    return run(detail::BulkOperation::update_subscriptions(), source);
  }

  /// The same from NDJSON: `{"member_id": ..., "subscriptions": [...]}`.
  BulkReport update_subscriptions_ndjson(ByteSource lines) const {
    detail::NdjsonSource<MemberSubscriptions> source(std::move(lines));
    return run(detail::BulkOperation::update_subscriptions(), source);
  }

 private:
  template <class Record>
  static constexpr void check_resource() noexcept {
    static_assert(detail::IsResource<Record>::value,
                  "the records of a Bulk are Cinema, Film, Item, Ticket, Member or Transaction; "
                  "update_subscriptions takes MemberSubscriptions");
  }

  template <class Record, class Range>
  static std::function<const Record*()> pointers_into(const Range& records) {
    return [walk = detail::Walk(records), held = std::optional<Record>()]() mutable -> const Record* {
      if (!walk.next()) return nullptr;
      if constexpr (std::is_lvalue_reference_v<decltype(*walk)>) {
        return std::addressof(*walk);
      } else {
        return std::addressof(held.emplace(*walk));
      }
    };
  }

  [[nodiscard]] Result<void> usable() const {
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

  BulkReport run(const detail::BulkOperation& operation, detail::RecordSource& source) const {
    const auto fit = usable();
    if (fit) return detail::BulkRun(client_, operation, source, options_).run();
    BulkReport report;
    report.error = fit.error();
    return report;
  }

  ExhibitorClient client_;
  BulkOptions options_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor
