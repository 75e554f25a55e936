#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// A callback that runs on cancellation. Intrusive list node: registering never allocates.
struct CancelCallback {
  std::function<void()> run;
  CancelCallback* next = nullptr;
  CancelCallback** link = nullptr;  ///< The pointer to this node; nullptr outside the list.
};

struct CancelState {
  std::atomic<bool> cancelled{false};
  std::mutex mutex;  ///< Guards all that follows.
  std::condition_variable callback_ended;
  CancelCallback* first = nullptr;
  CancelCallback** end = &first;  ///< Where the next one is linked in.
  const CancelCallback* running = nullptr;
  std::thread::id canceller;

  void add(CancelCallback& callback) noexcept {
    callback.link = end;
    *end = &callback;
    end = &callback.next;
  }
  void remove(CancelCallback& callback) noexcept {
    if (callback.link == nullptr) return;
    *callback.link = callback.next;
    (callback.next != nullptr ? callback.next->link : end) = callback.link;
    callback.link = nullptr;
  }
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
    while (detail::CancelCallback* const next = state_->first) {
      state_->remove(*next);
      state_->running = next;
      auto run = std::move(next->run);
      lock.unlock();
      run();
      run = nullptr;  // under no lock: what the callback has captured may end a registration in its turn
      lock.lock();
      state_->running = nullptr;
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
  CancelRegistration(const CancelToken& token, std::function<void()> callback)
      : state_(token.state_), callback_{std::move(callback)} {
    if (!state_) return;
    {
      const std::lock_guard<std::mutex> lock(state_->mutex);
      if (!token.cancelled()) {
        state_->add(callback_);
        return;
      }
    }
    state_ = nullptr;
    std::exchange(callback_.run, nullptr)();
  }
  CancelRegistration(const CancelRegistration&) = delete;
  CancelRegistration& operator=(const CancelRegistration&) = delete;
  ~CancelRegistration() {
    if (!state_) return;
    std::unique_lock<std::mutex> lock(state_->mutex);
    state_->remove(callback_);
    if (state_->canceller == std::this_thread::get_id()) return;
    state_->callback_ended.wait(lock, [this] { return state_->running != &callback_; });
  }

 private:
  std::shared_ptr<detail::CancelState> state_;
  detail::CancelCallback callback_;  ///< Goes away after the destructor's lock, for the same reason as in cancel().
};

}  // namespace v0_1
}  // namespace movio::exhibitor
