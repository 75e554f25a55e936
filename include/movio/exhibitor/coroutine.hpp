// SPDX-License-Identifier: MIT
#pragma once

// co_await for asynchronous calls, where the compiler has coroutines (C++20). Not part of <movio/exhibitor.hpp>.
#include "client.hpp"

#if defined(__cpp_impl_coroutine)
#include <coroutine>
#include <optional>
#include <utility>

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// What `co_await async_send(...)` waits on.
class AsyncSend {
 public:
  AsyncSend(ExhibitorClient client, HttpRequest request) : client_(std::move(client)), request_(std::move(request)) {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    // The coroutine may go on, and this object be gone, before send_async returns.
    const ExhibitorClient client = client_;
    client.send_async(std::move(request_), [this, waiting](Result<HttpResponse> answer) {
      answer_.emplace(std::move(answer));
      waiting.resume();
    });
  }
  [[nodiscard]] Result<HttpResponse> await_resume() { return *std::move(answer_); }

 private:
  ExhibitorClient client_;
  HttpRequest request_;
  std::optional<Result<HttpResponse>> answer_;
};

}  // namespace detail

/// `ex::Result<ex::HttpResponse> answer = co_await ex::async_send(client, request);` The coroutine goes on on the
/// thread that completes asynchronous calls, and must not block there. Errors are those of `ExhibitorClient::send`.
[[nodiscard]] inline detail::AsyncSend async_send(const ExhibitorClient& client, HttpRequest request) {
  return {client, std::move(request)};
}

}  // namespace v0_1
}  // namespace movio::exhibitor
#endif
