// SPDX-License-Identifier: MIT
#pragma once

#include <time.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "../../core/clock.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

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

}  // namespace v0_1
}  // namespace movio::exhibitor
