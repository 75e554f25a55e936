// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "../retry.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// After a 429 without Retry-After: a shorter pause would only be throttled again.
inline constexpr std::chrono::milliseconds throttled_first_pause{1000};

/// The pause after this many attempts; `chance`, from 0 to 1, picks the point in its range.
inline std::chrono::milliseconds pause_after(const RetryPolicy& policy, int attempts, double chance) noexcept {
  auto range = std::min(policy.first_pause, policy.longest_pause);
  for (int i = 1; i < attempts && range < policy.longest_pause; ++i) range = std::min(range * 2, policy.longest_pause);
  return std::chrono::duration_cast<std::chrono::milliseconds>(range * chance);
}

/// The remaining repetitions of a client: a token bucket to which every success adds a tenth.
/// Thread-safety: every call from any thread.
class RetryBudget {
 public:
  explicit RetryBudget(int repetitions) noexcept : most_(std::int64_t{repetitions} * tenths), left_(most_) {}

  /// Takes one repetition; false if none is left.
  bool take() noexcept {
    std::int64_t left = left_.load(std::memory_order_relaxed);
    while (left >= tenths) {
      if (left_.compare_exchange_weak(left, left - tenths, std::memory_order_relaxed)) return true;
    }
    return false;
  }

  void succeeded() noexcept {
    std::int64_t left = left_.load(std::memory_order_relaxed);
    while (left < most_ && !left_.compare_exchange_weak(left, left + 1, std::memory_order_relaxed)) {
    }
  }

 private:
  static constexpr std::int64_t tenths = 10;

  const std::int64_t most_;
  std::atomic<std::int64_t> left_;
};

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
