#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "../../version.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// Keeps count of the threads that are inside something's callbacks, so that its end can wait for theirs.
/// Thread-safety: every call from any thread.
class CallbackGate {
 public:
  /// The way in, for as long as it lives; nothing, once the gate is closed.
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

  /// Lets nobody in any more, and returns when all are out; called inside, it does not wait for its own thread.
  void close() {
    std::unique_lock<std::mutex> lock(mutex_);
    closed_ = true;
    const auto self = std::this_thread::get_id();
    const auto own = std::count(inside_.begin(), inside_.end(), self);
    somebody_left_.wait(lock, [this, own] { return static_cast<std::ptrdiff_t>(inside_.size()) == own; });
  }

 private:
  std::mutex mutex_;  ///< Guards all that follows.
  std::condition_variable somebody_left_;
  std::vector<std::thread::id> inside_;  ///< One entry for each pass.
  bool closed_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
