// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "../../detail/os/random.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// When a token is renewed, by its age. Immutable.
class RenewalWindow {
 public:
  using Uptime = std::chrono::nanoseconds;

  /// Begins at a random point, different in each provider, in the first half of the usable life after the share
  /// `renew_after`. The second half is for retries.
  explicit RenewalWindow(double renew_after) : begin_(renew_after + (1 - renew_after) / 2 * chance()) {}

  /// The age from which a use of the token renews it.
  [[nodiscard]] Uptime begin(Uptime usable_life) const noexcept { return share_of(usable_life, begin_); }

  /// The age from which a renewal is not put off, not even if the store fails. So late that a store may be away for
  /// hours without every process fetching a token of its own.
  [[nodiscard]] Uptime last_call(Uptime usable_life) const noexcept {
    constexpr double left = 0.15;
    return share_of(usable_life, 1 - (1 - begin_) * left);
  }

 private:
  static Uptime share_of(Uptime life, double share) noexcept {
    return std::chrono::duration_cast<Uptime>(std::chrono::duration<double, std::nano>(life) * share);
  }

  const double begin_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
