// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../call/options.hpp"
#include "cinema.hpp"
#include "detail/range.hpp"
#include "film.hpp"
#include "item.hpp"
#include "member.hpp"
#include "receipt.hpp"
#include "subscription.hpp"
#include "ticket.hpp"
#include "transaction.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

class Caller;

namespace detail {

/// What the services of the resources have in common. Defined in impl/services.ipp for every resource.
template <class Record>
class RecordService {
 public:
  explicit RecordService(std::shared_ptr<const Caller> caller) : caller_(std::move(caller)) {}

 protected:
  template <class Range, class = std::enable_if_t<!std::is_same_v<std::decay_t<Range>, Record>>>
  UpsertResult upsert(Range&& records, const CallOptions& options = {}) const {
    constexpr bool fits = std::is_same_v<typename ElementOf<std::remove_reference_t<Range>>::Type, Record>;
    static_assert(fits,
                  "upsert takes a range of the service's own records, for example std::vector<Film> in films() and "
                  "std::vector<Member> in members()");
    if constexpr (fits) {
      return upsert_each(records_of<Record>(records), options);
    } else {
      return UpsertReceipt{};
    }
  }
  UpsertResult upsert(std::initializer_list<Record> records, const CallOptions& options = {}) const {
    return upsert_each(records_of<Record>(records), options);
  }
  UpsertResult upsert(const Record& record, const CallOptions& options = {}) const { return upsert({record}, options); }

  Result<void> remove(std::string_view id, const CallOptions& options = {}) const;

  Result<void> send(HttpRequest request, const CallOptions& options) const;

 private:
  UpsertResult upsert_each(const std::function<const Record*()>& next, const CallOptions& options) const;

  std::shared_ptr<const Caller> caller_;
};

Result<std::vector<SubscriptionCategory>> subscription_categories(const Caller& caller, const CallOptions& options);

}  // namespace detail

// One small service for each resource; `ExhibitorClient` gives them out. What holds for all:
//
// `upsert(range)` creates records, and replaces as a whole those whose id exists: a field that is absent is erased, and
// nothing can be read back to merge with. Also `upsert(record)` and `upsert({one, other})`. Any number of records: more
// than 5000 go out in several requests, one after the other. All are looked at before the first is sent:
// `invalid_argument` names the record and the field. When a request fails, `UpsertResult::records` tells which records
// were accepted, rejected, or neither; sending them again is safe. For millions of records see `Bulk`. Only a receipt
// that adds up counts: any other 2xx is a `protocol` error.
//
// `remove(id)` deletes one record. Deleting is a soft delete: Movio keeps history.
//
// All of them take `CallOptions` as their last argument.
//
// Errors are those of `ExhibitorClient`; the thread-safety is its, too.

class CinemaService : public detail::RecordService<Cinema> {
 public:
  using RecordService::RecordService;
  /// @operation PUT /cinemas
  using RecordService::upsert;
  /// @operation DELETE /cinemas/{cinema_id}
  using RecordService::remove;
};

class FilmService : public detail::RecordService<Film> {
 public:
  using RecordService::RecordService;
  /// @operation PUT /films
  using RecordService::upsert;
  /// @operation DELETE /films/{film_id}
  using RecordService::remove;
};

class ItemService : public detail::RecordService<Item> {
 public:
  using RecordService::RecordService;
  /// @operation PUT /items
  using RecordService::upsert;
  /// @operation DELETE /items/{item_id}
  using RecordService::remove;
};

class TicketService : public detail::RecordService<Ticket> {
 public:
  using RecordService::RecordService;
  /// @operation PUT /tickets
  using RecordService::upsert;
  /// @operation DELETE /tickets/{ticket_id}
  using RecordService::remove;
};

class MemberService : public detail::RecordService<Member> {
 public:
  using RecordService::RecordService;
  /// @operation PUT /members
  using RecordService::upsert;
  /// @operation DELETE /members/{member_id}
  using RecordService::remove;

  /// Replaces all the subscriptions of a member: those that are not named are gone.
  /// @operation PATCH /members/{member_id}/subscriptions
  Result<void> update_subscriptions(std::string_view member_id, const std::vector<Subscription>& subscriptions,
                                    const CallOptions& options = {}) const;
};

/// Whether the API can delete transactions is not documented, so there is no `remove`;
/// `ExhibitorClient::remove("/transactions/" + path_segment(id))` tries.
class TransactionService : public detail::RecordService<Transaction> {
 public:
  using RecordService::RecordService;
  /// @operation PUT /transactions
  using RecordService::upsert;
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/services.ipp"
#endif
