// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>

#include "../core/transport.hpp"
#include "options.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// The `Transport` on libcurl. Connections are kept and reused; HTTP/2 is spoken where the server offers it; TLS is 1.2
/// or newer with the peer and its name verified; redirects are never followed.
///
/// Blocking calls run in the caller's own thread, each on a pooled handle with its own connections. Asynchronous ones
/// and timers run on one engine thread, which starts on first use and ends in the destructor.
///
/// When the process exits, requests under way end as `cancelled` before the exit handlers of libcurl's own libraries
/// run, and none begin after that. Exit handlers and static destructors of the program should not wait for answers.
///
/// It sets no signal handlers, and its thread takes no signals. A program that may meet a libcurl older than 7.88
/// should ignore SIGPIPE (libcurl's page on CURLOPT_NOSIGNAL).
///
/// After a `fork()` the child has connections and an engine of its own; what the parent has under way goes on there,
/// and the child neither sees nor disturbs it. A child that was forked inside a callback must not return from it.
///
/// Thread-safety: every call from any thread; destroy it when no other thread is inside a call.
class CurlTransport : public Transport {
 public:
  explicit CurlTransport(CurlOptions options = {});
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;
  MOVIO_EXHIBITOR_INLINE ~CurlTransport() override;

  MOVIO_EXHIBITOR_INLINE void start(TransportRequest request, Completion completion) override;
  MOVIO_EXHIBITOR_INLINE bool after(std::chrono::milliseconds delay, Task task) override;
  [[nodiscard]] MOVIO_EXHIBITOR_INLINE bool may_block() const noexcept override;
  MOVIO_EXHIBITOR_INLINE Result<HttpResponse> send(const TransportRequest& request) override;

 private:
  struct State;

  const std::unique_ptr<const State> state_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/transport.ipp"
#endif
