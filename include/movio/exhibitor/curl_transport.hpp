#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "detail/curl_engine.hpp"
#include "detail/per_process.hpp"
#include "transport.hpp"

namespace movio::exhibitor {
inline namespace v0 {

/// The `Transport` on libcurl. Connections are kept and reused; HTTP/2 is spoken where the server offers it; TLS is 1.2
/// or newer with the peer and its name verified; redirects are never followed.
///
/// Blocking calls run in the caller's own thread, each on a pooled handle with its own connections. Asynchronous ones
/// and timers run on one engine thread, which starts on first use and ends in the destructor.
///
/// It sets no signal handlers. A program that may meet a libcurl older than 7.88 should ignore SIGPIPE (libcurl's page
/// on CURLOPT_NOSIGNAL).
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
    Handles& handles = *handles_.get();
    auto slot = take_slot(handles);
    auto result = slot->run(request);
    if (slot->multi) give_back(handles, std::move(slot));
    return result;
  }

 private:
  /// A handle with a multi handle of its own: waiting in a multi handle can be interrupted, in an easy handle it
  /// cannot.
  struct Slot {
    explicit Slot(const detail::CurlSettings& shared)
        : settings(shared), multi(curl_multi_init()), transfer(std::in_place, shared) {}

    Result<HttpResponse> run(const HttpRequest& request) {
      if (!transfer->reusable()) transfer.emplace(settings);  // the multi handle keeps its connections
      if (!multi || transfer->handle() == nullptr) return detail::out_of_handles();
      if (auto ready = transfer->prepare(request); !ready) return std::move(ready.error());
      const CancelRegistration registration(request.cancel, [this] { curl_multi_wakeup(multi.get()); });
      const auto code = wait(request.cancel);
      return code ? transfer->finish(*code) : Result<HttpResponse>(code.error());
    }

    Result<CURLcode> wait(const CancelToken& cancel) {
      const detail::CurlMembership membership(multi.get(), transfer->handle());
      if (!membership.added()) return detail::out_of_handles();
      while (!cancel.cancelled()) {
        int running = 0;
        curl_multi_perform(multi.get(), &running);
        if (const CURLMsg* message = detail::next_finished(multi.get())) return message->data.result;
        curl_multi_poll(multi.get(), nullptr, 0, 1000, nullptr);
      }
      return detail::cancelled_error();
    }

    const detail::CurlSettings& settings;
    detail::CurlMulti multi;
    std::optional<detail::CurlTransfer> transfer;
  };

  /// What a forked child must not touch.
  struct Handles {
    explicit Handles(const std::shared_ptr<const detail::CurlSettings>& settings)
        : engine(std::make_shared<detail::CurlEngine>(settings)) {}

    const std::shared_ptr<detail::CurlEngine> engine;
    std::mutex mutex;
    std::vector<std::unique_ptr<Slot>> idle;  ///< Guarded by the mutex; the last one used is the first used again.
  };

  static constexpr std::size_t max_idle_slots = 64;  ///< Each keeps a connection open; more threads than this get by.

  std::unique_ptr<Slot> take_slot(Handles& handles) const {
    {
      const std::lock_guard<std::mutex> lock(handles.mutex);
      if (!handles.idle.empty()) {
        auto slot = std::move(handles.idle.back());
        handles.idle.pop_back();
        return slot;
      }
    }
    return std::make_unique<Slot>(*settings_);
  }

  static void give_back(Handles& handles, std::unique_ptr<Slot> slot) {
    const std::lock_guard<std::mutex> lock(handles.mutex);
    if (handles.idle.size() < max_idle_slots) handles.idle.push_back(std::move(slot));
  }

  const std::shared_ptr<const detail::CurlSettings> settings_;
  const detail::PerProcess<Handles> handles_;
};

}  // namespace v0
}  // namespace movio::exhibitor
