#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "../../core/result.hpp"
#include "../access_token.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// Who waits for the one exchange that is under way. Pure logic; whoever owns it guards it, and calls the waiters that
/// `land` hands out when no lock is held.
class Flight {
 public:
  using Waiter = std::function<void(const Result<AccessToken>&)>;
  using Ticket = std::uint64_t;  ///< Never used twice, so that leaving late cannot touch the next flight.

  struct Boarding {
    Ticket ticket;
    bool first;  ///< Whoever is told so sees to it that an exchange begins.
  };

  Boarding join(Waiter waiter) {
    waiters_.emplace(++last_ticket_, std::move(waiter));
    return {last_ticket_, launch()};
  }

  /// Begins a flight that nobody waits for; false when one is under way already.
  bool launch() noexcept { return !std::exchange(flying_, true); }

  /// Takes a waiter out that no longer wants to wait; nothing when it is told already or is about to be. The flight
  /// goes on: others may wait, and the token serves the next call.
  Waiter leave(Ticket ticket) {
    auto node = waiters_.extract(ticket);
    return node.empty() ? Waiter() : std::move(node.mapped());
  }

  [[nodiscard]] bool flying() const noexcept { return flying_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiters_.size(); }

  /// Ends the flight; the waiters are to be told its outcome.
  std::map<Ticket, Waiter> land() {
    flying_ = false;
    return std::exchange(waiters_, {});
  }

 private:
  bool flying_ = false;
  Ticket last_ticket_ = 0;
  std::map<Ticket, Waiter> waiters_;
};

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
