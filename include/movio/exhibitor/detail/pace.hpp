#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "../clock.hpp"
#include "../result.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// How many requests may be in flight, and from when on: additive increase, multiplicative decrease (RFC 5681 section
/// 3.1), and pauses that double while nothing succeeds. Pure logic. Thread-safety: none.
class Pace {
 public:
  Pace(int most, std::chrono::milliseconds patience) : most_(most), patience_(patience), allowed_(most) {}

  [[nodiscard]] int allowed() const noexcept { return static_cast<int>(allowed_); }

  /// Nothing is to be sent before.
  [[nodiscard]] Clock::Steady not_before() const noexcept { return not_before_; }

  /// A request goes out; its number is to be told when it was throttled.
  std::uint64_t sent() noexcept { return ++last_sent_; }
  [[nodiscard]] std::uint64_t last_sent() const noexcept { return last_sent_; }
  [[nodiscard]] std::uint64_t successes() const noexcept { return successes_; }

  void succeeded() noexcept {
    allowed_ = std::min<double>(most_, allowed_ + 1 / allowed_);
    ++successes_;
    failing_ = false;
    pause_ = first_pause;
  }

  /// It was throttled, or had to be repeated. Those that were in flight together count once.
  void throttled(std::uint64_t number) noexcept {
    if (number <= halved_at_) return;
    halved_at_ = last_sent_;
    allowed_ = std::max(1.0, allowed_ / 2);
  }

  /// It failed for a reason that may pass. `jitter` is from 0 to 1. False when there is no use in going on: nothing has
  /// succeeded for as long as the patience lasts, or nothing ever has and the API does not ask to wait. Throttling is
  /// waited out however long it lasts.
  bool failed(std::uint64_t number, const Error& error, Clock::Steady now, double jitter) {
    throttled(number);
    if (!std::exchange(failing_, true)) failing_since_ = now;
    const std::chrono::milliseconds own_pause(static_cast<std::int64_t>(static_cast<double>(pause_.count()) * jitter));
    pause_ = std::min(2 * pause_, longest_pause);
    const bool throttles = error.kind == ErrorKind::rate_limited;
    std::chrono::milliseconds asked_for = error.retry_after.value_or(std::chrono::seconds(0));
    if (throttles) asked_for = std::max(asked_for, first_pause);
    not_before_ = std::max(not_before_, deadline_after(now, asked_for + own_pause));
    if (throttles) {  // it is there, and asks for time
      failing_ = false;
      return true;
    }
    return (successes_ != 0 || error.retry_after) && not_before_ <= deadline_after(failing_since_, patience_);
  }

 private:
  static constexpr std::chrono::milliseconds first_pause{1000};
  static constexpr std::chrono::milliseconds longest_pause{30000};

  const int most_;
  const std::chrono::milliseconds patience_;
  double allowed_;
  std::uint64_t last_sent_ = 0;
  std::uint64_t halved_at_ = 0;
  std::uint64_t successes_ = 0;
  bool failing_ = false;
  Clock::Steady failing_since_{};
  std::chrono::milliseconds pause_ = first_pause;
  Clock::Steady not_before_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
