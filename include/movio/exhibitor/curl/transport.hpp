#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "../core/transport.hpp"
#include "../detail/os/fork_local.hpp"
#include "detail/engine.hpp"
#include "detail/pool.hpp"

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
  explicit CurlTransport(CurlOptions options = {})
      : settings_(std::make_shared<const detail::CurlSettings>(std::move(options))),
        handles_([settings = settings_](const Handles* /*the parent's: left alone*/) {
          return std::make_shared<Handles>(settings);
        }) {}
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;
  ~CurlTransport() override {
    if (const Handles* handles = handles_.own()) handles->engine->shut_down();
  }

  void start(HttpRequest request, Completion completion) override {
    handles_.get()->engine->start(std::move(request), std::move(completion));
  }

  bool after(std::chrono::milliseconds delay, Task task) override {
    return handles_.get()->engine->after(delay, std::move(task));
  }

  [[nodiscard]] bool may_block() const noexcept override {
    const Handles* handles = handles_.own();
    return handles == nullptr || !handles->engine->on_own_thread();
  }

  Result<HttpResponse> send(const HttpRequest& request) override {
    if (!may_block()) return detail::invalid_argument("a blocking call in a callback would stop all other requests");
    return handles_.get()->pool.send(request);
  }

 private:
  /// What a forked child must not touch.
  struct Handles {
    explicit Handles(const std::shared_ptr<const detail::CurlSettings>& settings)
        : engine(std::make_shared<detail::CurlEngine>(settings)), pool(settings) {}

    const std::shared_ptr<detail::CurlEngine> engine;
    detail::CurlPool pool;
  };

  const std::shared_ptr<const detail::CurlSettings> settings_;
  const detail::ForkLocal<Handles> handles_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor
