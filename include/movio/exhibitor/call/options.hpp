// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "../core/cancel.hpp"
#include "../core/http.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// What one call may set for itself.
struct CallOptions {
  /// For all that the call does: the wait for a token, all attempts and, where records go out in several requests, all
  /// of these. When it is not set, `ClientOptions::timeout` holds for each request.
  std::optional<std::chrono::milliseconds> timeout{};
  CancelToken cancel{};               ///< Ends the call early, as `cancelled`.
  std::optional<int> max_attempts{};  ///< In place of `RetryPolicy::max_attempts`; 1 never repeats.
  Headers headers{};                  ///< Sent beside the library's own.
  std::shared_ptr<void> context{};    ///< The caller's own, for example a span: handed to `on_event` as it is.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
