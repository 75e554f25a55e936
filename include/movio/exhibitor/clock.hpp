#pragma once

#include <time.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "cancel.hpp"

namespace movio::exhibitor {
inline namespace v0 {

/// A moment on the two clocks that a token's life is judged by.
struct Moment {
  std::chrono::nanoseconds uptime{};             ///< Counts on while the machine is suspended; never steps.
  std::chrono::system_clock::time_point wall{};  ///< The time of day; may be set by hand.
};

/// Time as the library sees it; tests put `FakeClock` (testing.hpp) in its place.
/// Thread-safety: implementations must allow every call from any thread.
class Clock {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;

  /// For deadlines.
  [[nodiscard]] virtual Steady now() const noexcept = 0;

  /// For the life of tokens.
  [[nodiscard]] virtual Moment moment() const noexcept = 0;

  /// Blocks until `changed` is notified or `until` has come, whichever is first; may also return for no reason.
  virtual void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Steady until) = 0;
};

/// The machine's own clocks.
class SystemClock : public Clock {
 public:
  [[nodiscard]] Steady now() const noexcept override { return std::chrono::steady_clock::now(); }

  /// The uptime is as precise as the wall clock's tick, some milliseconds: each thread reads it, which costs several
  /// times as much as the coarse wall clock, only when that has moved. Resuming from suspend moves it.
  [[nodiscard]] Moment moment() const noexcept override {
    thread_local std::chrono::nanoseconds uptime{};
    thread_local std::chrono::nanoseconds wall{-1};
    const auto now = read(wall_clock_id);
    if (now != wall) {
      uptime = read(uptime_clock_id);
      wall = now;
    }
    const auto since_epoch = std::chrono::duration_cast<std::chrono::system_clock::duration>(wall);
    return {uptime, std::chrono::system_clock::time_point(since_epoch)};
  }

  void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Steady until) override {
    changed.wait_until(lock, until);
  }

 private:
#ifdef CLOCK_BOOTTIME
  static constexpr clockid_t uptime_clock_id = CLOCK_BOOTTIME;
#else
  static constexpr clockid_t uptime_clock_id = CLOCK_MONOTONIC;
#endif
#ifdef CLOCK_REALTIME_COARSE
  static constexpr clockid_t wall_clock_id = CLOCK_REALTIME_COARSE;
#else
  static constexpr clockid_t wall_clock_id = CLOCK_REALTIME;
#endif

  static std::chrono::nanoseconds read(clockid_t id) noexcept {
    timespec time{};
    clock_gettime(id, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
};

namespace detail {

/// The point in time `duration` after `now`, never past the end of the clock.
inline Clock::Steady deadline_after(Clock::Steady now, std::chrono::milliseconds duration) noexcept {
  const auto room = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::Steady::max() - now);
  return duration < room ? now + duration : Clock::Steady::max();
}

/// Blocks until `until`, or until cancelled.
inline void pause(Clock& clock, Clock::Steady until, const CancelToken& cancel) {
  std::mutex mutex;
  std::condition_variable changed;
  const CancelRegistration registration(cancel, [&] {
    const std::lock_guard<std::mutex> lock(mutex);
    changed.notify_all();
  });
  std::unique_lock<std::mutex> lock(mutex);
  while (!cancel.cancelled() && clock.now() < until) clock.wait_until(lock, changed, until);
}

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
