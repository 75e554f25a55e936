#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "../result.hpp"
#include "../token.hpp"

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
    const bool first = !flying_;
    flying_ = true;
    waiters_.emplace(++last_ticket_, std::move(waiter));
    return {last_ticket_, first};
  }

  /// A waiter that no longer wants to know. The flight goes on: others may wait, and the token serves the next call.
  void leave(Ticket ticket) { waiters_.erase(ticket); }

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
