// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "../../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Keeps track of the threads that run an object's callbacks, so that its destructor can wait for them, and so that a
/// blocking call inside a callback can be refused.
/// Thread-safety: every call from any thread.
class CallbackGate {
 public:
  /// Marks the calling thread as inside while it lives; false once the gate is closed.
  class Pass {
   public:
    explicit Pass(CallbackGate& gate) : gate_(gate) {
      const std::lock_guard<std::mutex> lock(gate_.mutex_);
      open_ = !gate_.closed_;
      if (open_) gate_.inside_.push_back(std::this_thread::get_id());
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass() {
      if (!open_) return;
      const std::lock_guard<std::mutex> lock(gate_.mutex_);
      auto& inside = gate_.inside_;
      inside.erase(std::find(inside.begin(), inside.end(), std::this_thread::get_id()));
      gate_.somebody_left_.notify_all();
    }
    explicit operator bool() const noexcept { return open_; }

   private:
    CallbackGate& gate_;
    bool open_ = false;
  };

  /// Whether the calling thread is inside.
  [[nodiscard]] bool inside() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::find(inside_.begin(), inside_.end(), std::this_thread::get_id()) != inside_.end();
  }

  /// Closes the gate and waits until every other thread is out.
  void close() {
    std::unique_lock<std::mutex> lock(mutex_);
    closed_ = true;
    const auto self = std::this_thread::get_id();
    const auto own = std::count(inside_.begin(), inside_.end(), self);
    somebody_left_.wait(lock, [this, own] { return static_cast<std::ptrdiff_t>(inside_.size()) == own; });
  }

 private:
  mutable std::mutex mutex_;  ///< Guards all that follows.
  std::condition_variable somebody_left_;
  std::vector<std::thread::id> inside_;  ///< One entry for each pass.
  bool closed_ = false;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
