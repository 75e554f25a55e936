// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// When a call is sent again. GET, HEAD, PUT, DELETE and requests marked `idempotent` are repeated after a transient
/// failure: no connection, a connection that broke before the response, or status 408, 429, 500, 502, 503 or 504. Any
/// other request is repeated only if nothing of it was sent.
struct RetryPolicy {
  int max_attempts = 4;  ///< Of one call, including the first; 1 never repeats.

  /// The first pause is random between 0 and this; the range doubles with each attempt ("full jitter"). A Retry-After
  /// of the server is waited for in addition. After a 429 without one, the first range is at least 1 s.
  std::chrono::milliseconds first_pause{250};
  std::chrono::milliseconds longest_pause = std::chrono::seconds(20);

  /// How many repetitions a client may make beyond a tenth of its successful calls, so that an outage is not
  /// multiplied.
  int budget = 50;
};

}  // namespace v0_1
}  // namespace movio::exhibitor
