// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>

#include "http.hpp"
#include "result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Sends requests as they are: no retries, no redirects; a response of any status is a success. Implement `start` and
/// `after`. Thread-safety: implementations must allow every call from any thread.
class Transport {
 public:
  using Completion = std::function<void(Result<HttpResponse>)>;
  using Task = std::function<void()>;

  virtual ~Transport() = default;

  /// Starts a request and returns at once. `completion` is called exactly once, with a response or an error (kinds
  /// `connection tls proxy timeout protocol too_large overloaded cancelled invalid_argument`).
  virtual void start(TransportRequest request, Completion completion) = 0;

  /// Runs a task after a delay, on the thread that completes requests; drops it if the transport is destroyed before.
  /// False if it cannot, because the transport is being destroyed or has no thread.
  virtual bool after(std::chrono::milliseconds delay, Task task) = 0;

  /// Whether the calling thread may wait for a completion; false on the thread that completes requests.
  [[nodiscard]] virtual bool may_block() const noexcept { return true; }

  /// Sends a request and waits for its outcome.
  MOVIO_EXHIBITOR_INLINE virtual Result<HttpResponse> send(const TransportRequest& request);
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/transport.ipp"
#endif
