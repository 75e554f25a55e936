// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "../../core/cancel.hpp"
#include "../../core/clock.hpp"
#include "../../token/detail/callback_gate.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Counts a client's asynchronous calls that have not completed, and cancels all its calls.
/// Thread-safety: every call from any thread.
class ActiveCalls {
 public:
  /// The cancellation of all calls begun so far; `cancel_all` fires it.
  [[nodiscard]] CancelToken cancel_token() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return cancel_.token();
  }

  void cancel_all() {
    CancelSource current;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      std::swap(current, cancel_);
    }
    current.cancel();
  }

  void begun() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++count_;
  }

  void ended() {
    const std::lock_guard<std::mutex> lock(mutex_);
    --count_;
    ended_.notify_all();
  }

  /// Entered by threads that run a completion: they must not wait for it.
  [[nodiscard]] CallbackGate& completions() noexcept { return completions_; }

  /// Waits until no call is active; false if some are at the deadline.
  bool wait(Clock& clock, Clock::Steady deadline) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (count_ != 0 && clock.now() < deadline) clock.wait_until(lock, ended_, deadline);
    return count_ == 0;
  }

 private:
  mutable std::mutex mutex_;  ///< Guards what follows, up to the gate.
  std::condition_variable ended_;
  CancelSource cancel_;
  std::size_t count_ = 0;

  CallbackGate completions_;  ///< Never closed.
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
