// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "../../core/new_shared.hpp"
#include "../../detail/os/signals.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// One thread that runs tasks in their order; started by the first.
/// Thread-safety: every call from any thread.
class StoreThread {
 public:
  using Task = std::function<void()>;  ///< Must not throw.

  StoreThread() = default;
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;
  ~StoreThread() { stop(); }

  /// Takes no more tasks, and waits for the end of those that it has, unless one of them is the caller.
  void stop() {
    {
      const std::lock_guard<std::mutex> lock(shared_->mutex);
      shared_->closed = true;
      shared_->changed.notify_all();
    }
    if (!thread_.joinable()) return;
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();  // its loop ends after this task, and has all it needs in `shared_`
    } else {
      thread_.join();
    }
  }

  /// Waits until it has nothing to do, unless a task of its own is the caller.
  void flush() {
    std::unique_lock<std::mutex> lock(shared_->mutex);
    if (thread_.get_id() == std::this_thread::get_id()) return;
    shared_->changed.wait(lock, [this] { return shared_->tasks.empty() && !shared_->busy; });
  }

  /// False once it is stopped, or if the system gives no thread.
  bool post(Task task) {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    if (shared_->closed) return false;
    try {
      if (!thread_.joinable()) {
        const SignalsBlocked blocked;
        thread_ = std::thread([shared = shared_] { run(*shared); });
      }
      shared_->tasks.push_back(std::move(task));
    } catch (...) {  // NOLINT(bugprone-empty-catch): no thread, or no memory
      return false;
    }
    shared_->changed.notify_all();
    return true;
  }

 private:
  struct Shared {
    std::mutex mutex;  ///< Guards all that follows, and the start of the thread.
    std::condition_variable changed;
    std::deque<Task> tasks;
    bool busy = false;
    bool closed = false;
  };

  static void run(Shared& shared) {
    std::unique_lock<std::mutex> lock(shared.mutex);
    for (;;) {
      shared.changed.wait(lock, [&shared] { return shared.closed || !shared.tasks.empty(); });
      if (shared.tasks.empty()) return;
      Task task = std::move(shared.tasks.front());
      shared.tasks.pop_front();
      shared.busy = true;
      lock.unlock();
      task();
      task = nullptr;  // without the lock: it may hold the last reference to what owns this thread
      lock.lock();
      shared.busy = false;
      shared.changed.notify_all();
    }
  }

  const std::shared_ptr<Shared> shared_ = new_shared<Shared>();
  std::thread thread_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
