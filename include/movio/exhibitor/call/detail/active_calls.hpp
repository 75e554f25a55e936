#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "../../core/cancel.hpp"
#include "../../core/clock.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// The asynchronous calls of a client that have not been completed, and what cancels all its calls.
/// Thread-safety: every call from any thread.
class ActiveCalls {
 public:
  /// What ends every call that has begun by now when `cancel_all` is called.
  [[nodiscard]] CancelToken cancel_token() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return cancel_.token();
  }

  void cancel_all() {
    CancelSource current;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      std::swap(current, cancel_);
    }
    current.cancel();
  }

  void begun() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++count_;
  }

  void ended() {
    const std::lock_guard<std::mutex> lock(mutex_);
    --count_;
    ended_.notify_all();
  }

  /// Marks the thread that runs a completion: it must not wait for that to end.
  class Telling {
   public:
    explicit Telling(ActiveCalls& calls) : calls_(calls) {
      const std::lock_guard<std::mutex> lock(calls_.mutex_);
      calls_.telling_.push_back(std::this_thread::get_id());
    }
    Telling(const Telling&) = delete;
    Telling& operator=(const Telling&) = delete;
    ~Telling() {
      const std::lock_guard<std::mutex> lock(calls_.mutex_);
      auto& telling = calls_.telling_;
      telling.erase(std::find(telling.begin(), telling.end(), std::this_thread::get_id()));
    }

   private:
    ActiveCalls& calls_;
  };

  /// Whether the calling thread runs a completion.
  [[nodiscard]] bool telling_here() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::find(telling_.begin(), telling_.end(), std::this_thread::get_id()) != telling_.end();
  }

  /// Waits until none is left; false when some are at the deadline.
  bool wait(Clock& clock, Clock::Steady deadline) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (count_ != 0 && clock.now() < deadline) clock.wait_until(lock, ended_, deadline);
    return count_ == 0;
  }

 private:
  mutable std::mutex mutex_;  ///< Guards all that follows.
  std::condition_variable ended_;
  CancelSource cancel_;
  std::size_t count_ = 0;
  std::vector<std::thread::id> telling_;  ///< One entry for each completion that runs.
};

/// A cancellation that fires when either of two does.
class EitherCancelled {
 public:
  EitherCancelled(const CancelToken& one, const CancelToken& other)
      : one_(one, [source = source_] { source.cancel(); }), other_(other, [source = source_] { source.cancel(); }) {}

  [[nodiscard]] CancelToken token() const { return source_.token(); }

 private:
  CancelSource source_;
  CancelRegistration one_;
  CancelRegistration other_;
};

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
