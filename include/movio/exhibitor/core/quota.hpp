// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// One of the issuer's quotas for tokens, as reported in its last answer.
struct QuotaBucket {
  std::string name;                   ///< "per_hour", "per_day" (Auth0-Client-Quota-Limit); "requests" (X-RateLimit-*).
  std::int64_t limit = 0;             ///< The capacity of the bucket.
  std::int64_t remaining = 0;         ///< What is left until the reset.
  std::chrono::seconds resets_in{0};  ///< Time until the reset, counted from the answer.

  /// Whether a tenth or less is left.
  [[nodiscard]] bool low() const noexcept { return remaining <= limit / 10; }
};

}  // namespace v0_1
}  // namespace movio::exhibitor
