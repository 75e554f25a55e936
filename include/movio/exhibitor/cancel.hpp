#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "version.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

struct CancelState {
  std::atomic<bool> cancelled{false};
  std::mutex mutex;  ///< Guards all that follows.
  std::condition_variable callback_ended;
  std::map<std::uint64_t, std::function<void()>> callbacks;
  std::uint64_t last_id = 0;
  std::uint64_t running_id = 0;
  std::thread::id canceller;
};

}  // namespace detail

/// The receiving end of a cancellation: put it into a request, or ask it. A default one never fires.
/// Thread-safety: all of it.
class CancelToken {
 public:
  CancelToken() = default;

  /// Whether it can fire at all: a default one cannot.
  explicit operator bool() const noexcept { return state_ != nullptr; }

  [[nodiscard]] bool cancelled() const noexcept { return state_ && state_->cancelled.load(std::memory_order_acquire); }

 private:
  friend class CancelSource;
  friend class CancelRegistration;
  explicit CancelToken(std::shared_ptr<detail::CancelState> state) : state_(std::move(state)) {}

  std::shared_ptr<detail::CancelState> state_;
};

/// The giving end. Destroying it cancels nothing. Thread-safety: all of it.
class CancelSource {
 public:
  [[nodiscard]] CancelToken token() const { return CancelToken(state_); }

  /// Cancels, once and for ever; runs the registered callbacks in the calling thread.
  void cancel() const {
    std::unique_lock<std::mutex> lock(state_->mutex);
    if (state_->cancelled.exchange(true, std::memory_order_acq_rel)) return;
    state_->canceller = std::this_thread::get_id();
    while (!state_->callbacks.empty()) {
      auto node = state_->callbacks.extract(state_->callbacks.begin());
      state_->running_id = node.key();
      lock.unlock();
      node.mapped()();
      node = {};  // under no lock: what the callback has captured may end a registration in its turn
      lock.lock();
      state_->running_id = 0;
      state_->callback_ended.notify_all();
    }
  }

 private:
  std::shared_ptr<detail::CancelState> state_ = std::make_shared<detail::CancelState>();
};

/// Runs a callback on cancellation, at once if that was before. Once the destructor has returned the callback neither
/// runs nor will (the semantics of C++20's std::stop_callback). The callback must not throw.
class CancelRegistration {
 public:
  CancelRegistration(const CancelToken& token, std::function<void()> callback) : state_(token.state_) {
    if (!state_) return;
    {
      const std::lock_guard<std::mutex> lock(state_->mutex);
      if (!token.cancelled()) {
        id_ = ++state_->last_id;
        state_->callbacks.emplace(id_, std::move(callback));
        return;
      }
    }
    callback();
  }
  CancelRegistration(const CancelRegistration&) = delete;
  CancelRegistration& operator=(const CancelRegistration&) = delete;
  ~CancelRegistration() {
    if (!state_) return;
    decltype(state_->callbacks)::node_type removed;  // goes away after the lock, for the same reason as in cancel()
    std::unique_lock<std::mutex> lock(state_->mutex);
    removed = state_->callbacks.extract(id_);
    if (state_->canceller == std::this_thread::get_id()) return;
    state_->callback_ended.wait(lock, [this] { return id_ == 0 || state_->running_id != id_; });
  }

 private:
  std::shared_ptr<detail::CancelState> state_;
  std::uint64_t id_ = 0;
};

}  // namespace v0
}  // namespace movio::exhibitor
