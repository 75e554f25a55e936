// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "../../core/result.hpp"
#include "../access_token.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The callers that wait for the one fetch in progress (single flight). Pure logic: the owner guards it with a mutex,
/// and calls the waiters that `complete` returns after releasing it.
class Waiters {
 public:
  using Waiter = std::function<void(const Result<AccessToken>&)>;
  using Ticket = std::uint64_t;  ///< Never reused, so that leaving late cannot affect the next fetch.

  struct Joined {
    Ticket ticket;
    bool first;  ///< The caller must start the fetch.
  };

  Joined join(Waiter waiter) {
    waiters_.emplace(++last_ticket_, std::move(waiter));
    return {last_ticket_, begin_fetch()};
  }

  /// Marks a fetch as started without a waiter; false if one is in progress.
  bool begin_fetch() noexcept { return !std::exchange(fetching_, true); }

  /// Removes a waiter; empty if it has been notified already. The fetch goes on: others may wait, and the token serves
  /// the next call.
  Waiter leave(Ticket ticket) {
    auto node = waiters_.extract(ticket);
    return node.empty() ? Waiter() : std::move(node.mapped());
  }

  [[nodiscard]] bool fetching() const noexcept { return fetching_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiters_.size(); }

  /// Ends the fetch; returns the waiters to notify.
  std::map<Ticket, Waiter> complete() {
    fetching_ = false;
    return std::exchange(waiters_, {});
  }

 private:
  bool fetching_ = false;
  Ticket last_ticket_ = 0;
  std::map<Ticket, Waiter> waiters_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
