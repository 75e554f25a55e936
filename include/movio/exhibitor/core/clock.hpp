// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "cancel.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A moment on the two clocks that measure a token's life.
struct Moment {
  std::chrono::nanoseconds uptime{};             ///< Includes suspended time; never steps.
  std::chrono::system_clock::time_point wall{};  ///< The time of day; may be set.
};

/// The clock that the library uses; tests use `FakeClock` (testing.hpp).
/// Thread-safety: implementations must allow every call from any thread.
class Clock {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;

  /// For deadlines.
  [[nodiscard]] virtual Steady now() const noexcept = 0;

  /// For the life of tokens.
  [[nodiscard]] virtual Moment moment() const noexcept = 0;

  /// Blocks until `changed` is notified or until `until`, whichever is first; may wake spuriously.
  virtual void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Steady until) = 0;
};

namespace detail {

/// The point in time `duration` after `now`, never past the end of the clock.
inline Clock::Steady deadline_after(Clock::Steady now, std::chrono::milliseconds duration) noexcept {
  const auto room = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::Steady::max() - now);
  return duration < room ? now + duration : Clock::Steady::max();
}

/// Blocks until `until`, or until cancelled.
void pause(Clock& clock, Clock::Steady until, const CancelToken& cancel);

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/clock.ipp"
#endif
