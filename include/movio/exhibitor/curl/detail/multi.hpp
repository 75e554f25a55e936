// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "connections.hpp"
#include "lifetime.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// A multi handle that one thread uses and every thread can wake up. Made on first use, and again after libcurl failed,
/// for example without file descriptors; waiting and waking up work without it, too.
class CurlMulti {
 public:
  /// `kept_connections`: how many idle connections to keep; 0 leaves that to libcurl.
  explicit CurlMulti(long kept_connections = 0) noexcept : kept_connections_(kept_connections) {}
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;
  ~CurlMulti() = default;

  [[nodiscard]] CURLM* get() const noexcept { return multi_.get(); }

  /// Makes the handle unless there is one; false if that fails. Without descriptors, libcurl 7.88 makes handles that
  /// cannot be woken up.
  bool open() {
    if (curl_closed) return false;
    if (multi_) return true;
    Handle made(curl_multi_init());
    if (!made || curl_multi_wakeup(made.get()) != CURLM_OK) return false;
    if (kept_connections_ > 0) curl_multi_setopt(made.get(), CURLMOPT_MAXCONNECTS, kept_connections_);
#if LIBCURL_VERSION_NUM >= 0x081400
    curl_multi_setopt(made.get(), CURLMOPT_QUICK_EXIT, 1L);  // from 8.20 on the multi handle owns the resolver threads
#endif
    const std::lock_guard<std::mutex> lock(mutex_);
    multi_ = std::move(made);
    return true;
  }

  void close() noexcept {
    Handle closed;
    const std::lock_guard<std::mutex> lock(mutex_);
    closed.swap(multi_);
  }

  /// False if libcurl has failed; the transfers stop.
  bool perform() noexcept {
    int running = 0;
    return !usable() || curl_multi_perform(get(), &running) == CURLM_OK;
  }

  /// The next finished transfer; nullptr if there is none.
  [[nodiscard]] const CURLMsg* next_finished() const noexcept {
    int queued = 0;
    while (const CURLMsg* message = usable() ? curl_multi_info_read(get(), &queued) : nullptr) {
      if (message->msg == CURLMSG_DONE) return message;
    }
    return nullptr;
  }

  /// Waits for activity, the timeout, or `wake`. False if libcurl has failed.
  bool wait(int milliseconds) {
    if (usable()) return curl_multi_poll(get(), nullptr, 0, milliseconds, nullptr) == CURLM_OK;
    std::unique_lock<std::mutex> lock(mutex_);
    wake_up_.wait_for(lock, std::chrono::milliseconds(milliseconds), [this] { return woken_; });
    woken_ = false;
    return true;
  }

  /// Ends the current or next `wait`. From any thread.
  void wake_up() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (usable() && curl_multi_wakeup(get()) == CURLM_OK) return;
    woken_ = true;
    wake_up_.notify_one();
  }

 private:
  struct Cleanup {
    void operator()(CURLM* multi) const noexcept {
      if (!curl_closed) curl_multi_cleanup(multi);
    }
  };
  using Handle = std::unique_ptr<CURLM, Cleanup>;

  [[nodiscard]] bool usable() const noexcept { return multi_ && !curl_closed; }

  const long kept_connections_;
  std::mutex mutex_;  ///< Guards all that follows; the using thread alone changes the handle, and reads it without.
  std::condition_variable wake_up_;
  Handle multi_;
  bool woken_ = false;
};

/// Adds an easy handle to a multi handle for one transfer.
class CurlMembership {
 public:
  /// Sets the connections of the transfer; the multi handle's own if empty.
  CurlMembership(const CurlMulti& multi, CURL* easy, std::shared_ptr<CurlConnections> connections = nullptr) noexcept
      : multi_(multi.get()), easy_(easy), connections_(std::move(connections)) {
    if (connections_) curl_easy_setopt(easy_, CURLOPT_SHARE, connections_->handle());
    added_ = curl_multi_add_handle(multi_, easy_) == CURLM_OK;
  }
  CurlMembership(const CurlMembership&) = delete;
  CurlMembership& operator=(const CurlMembership&) = delete;
  ~CurlMembership() {
    if (curl_closed) return;
    if (added_) curl_multi_remove_handle(multi_, easy_);
    if (connections_) curl_easy_setopt(easy_, CURLOPT_SHARE, nullptr);
  }
  [[nodiscard]] bool added() const noexcept { return added_; }

 private:
  CURLM* multi_;
  CURL* easy_;
  const std::shared_ptr<CurlConnections> connections_;
  bool added_ = false;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
