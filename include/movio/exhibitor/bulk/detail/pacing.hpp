// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "../../core/clock.hpp"
#include "../../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// How many requests may be in flight, and when the next may be sent: additive increase, multiplicative decrease (RFC
/// 5681 section 3.1), and pauses that double while nothing succeeds. Pure logic. Thread-safety: none.
class Pacing {
 public:
  Pacing(int most, std::chrono::milliseconds patience) : most_(most), patience_(patience), allowed_(most) {}

  [[nodiscard]] int allowed() const noexcept { return static_cast<int>(allowed_); }

  /// The earliest time of the next request.
  [[nodiscard]] Clock::Steady not_before() const noexcept { return not_before_; }

  /// Numbers a request that is being sent; `failed` takes the number.
  std::uint64_t sent() noexcept { return ++last_sent_; }
  [[nodiscard]] std::uint64_t last_sent() const noexcept { return last_sent_; }
  [[nodiscard]] std::uint64_t successes() const noexcept { return successes_; }

  /// An earlier run of the same upload had success.
  void succeeded_before() noexcept { ++successes_; }

  void succeeded() noexcept {
    allowed_ = std::min<double>(most_, allowed_ + 1 / allowed_);
    ++successes_;
    is_answered();
    pause_ = first_pause;
  }

  /// Reduces the number in flight, once for all requests that were in flight together; false if already done for them.
  bool throttled(std::uint64_t number) noexcept {
    if (number <= halved_at_) return false;
    halved_at_ = last_sent_;
    allowed_ = std::max(1.0, allowed_ / 2);
    return true;
  }

  /// A request failed transiently. `jitter` is from 0 to 1. Throttling is waited out, however long it lasts.
  void failed(std::uint64_t number, const Error& error, Clock::Steady now, double jitter) {
    const bool counts = throttled(number);
    const std::chrono::milliseconds own_pause(static_cast<std::int64_t>(static_cast<double>(pause_.count()) * jitter));
    if (counts) pause_ = std::min(2 * pause_, longest_pause);
    const bool throttles = error.kind == ErrorKind::rate_limited;
    std::chrono::milliseconds asked_for = error.retry_after.value_or(std::chrono::seconds(0));
    if (throttles) asked_for = std::max(asked_for, first_pause);
    not_before_ = std::max(not_before_, deadline_after(now, asked_for + own_pause));
    if (throttles) return is_answered();
    if (failures_ == 0) failing_since_ = now;
    if (counts) ++failures_;
    if (!hopeless_ && !may_pass(error)) hopeless_ = error;
  }

  /// The failure after which the upload gives up unless a request in flight succeeds: nothing has succeeded for the
  /// time of the patience, or nothing ever has.
  [[nodiscard]] const std::optional<Error>& hopeless() const noexcept { return hopeless_; }

 private:
  static constexpr std::chrono::milliseconds first_pause{1000};
  static constexpr std::chrono::milliseconds longest_pause{30000};
  static constexpr int first_tries = 4;  // before the first success: the API may be restarting

  /// The API accepts requests, or throttles.
  void is_answered() noexcept {
    failures_ = 0;
    hopeless_.reset();
  }

  [[nodiscard]] bool may_pass(const Error& error) const noexcept {
    if (not_before_ > deadline_after(failing_since_, patience_)) return false;
    return successes_ != 0 || error.retry_after || (is_trouble(error.kind) && failures_ < first_tries);
  }

  /// The network or the API fails; requests are not refused.
  [[nodiscard]] static bool is_trouble(ErrorKind kind) noexcept {
    switch (kind) {
      case ErrorKind::connection:
      case ErrorKind::timeout:
      case ErrorKind::server_error:
      case ErrorKind::proxy:
      case ErrorKind::issuer_unavailable:
      case ErrorKind::overloaded:
        return true;
      default:
        return false;
    }
  }

  const int most_;
  const std::chrono::milliseconds patience_;
  double allowed_;
  std::uint64_t last_sent_ = 0;
  std::uint64_t halved_at_ = 0;
  std::uint64_t successes_ = 0;
  int failures_ = 0;  // in a row
  Clock::Steady failing_since_{};
  std::chrono::milliseconds pause_ = first_pause;
  Clock::Steady not_before_{};
  std::optional<Error> hopeless_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
