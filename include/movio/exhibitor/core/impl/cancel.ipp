// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "../cancel.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

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

MOVIO_EXHIBITOR_INLINE bool CancelToken::cancelled() const noexcept {
  return state_ && state_->cancelled.load(std::memory_order_acquire);
}

MOVIO_EXHIBITOR_INLINE CancelSource::CancelSource() : state_(std::make_shared<detail::CancelState>()) {}

MOVIO_EXHIBITOR_INLINE void CancelSource::cancel() const {
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

MOVIO_EXHIBITOR_INLINE CancelRegistration::CancelRegistration(const CancelToken& token, std::function<void()> callback)
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

MOVIO_EXHIBITOR_INLINE CancelRegistration::~CancelRegistration() {
  if (!state_) return;
  std::unique_lock<std::mutex> lock(state_->mutex);
  state_->remove(callback_);
  if (state_->canceller == std::this_thread::get_id()) return;
  state_->callback_ended.wait(lock, [this] { return state_->running != &callback_; });
}

}  // namespace v0_1
}  // namespace movio::exhibitor
