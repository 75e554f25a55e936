// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "../../core/clock.hpp"
#include "../../core/new_shared.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Runs tasks when their time on a clock has come, in a thread that begins with the first of them. What is left at its
/// end is dropped. Thread-safety: every call from any thread; the destructor also inside a task.
class FakeTimers {
 public:
  using Task = std::function<void()>;

  /// Only pauses can be cut short, by `take_pauses`.
  enum class Kind { pause, timeout };

  explicit FakeTimers(std::shared_ptr<Clock> clock) : state_(new_shared<State>(std::move(clock))) {}
  FakeTimers(const FakeTimers&) = delete;
  FakeTimers& operator=(const FakeTimers&) = delete;
  ~FakeTimers() { stop(); }

  /// Drops what is left, and waits for a task that runs, unless it is the caller.
  void stop() {
    {
      const std::lock_guard<std::mutex> lock(state_->mutex);
      state_->ended = true;
      state_->changed.notify_all();
    }
    if (!thread_.joinable()) return;
    thread_.get_id() == std::this_thread::get_id() ? thread_.detach() : thread_.join();
  }

  void add(Kind kind, std::chrono::milliseconds delay, Task task) {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    const auto due = deadline_after(state_->clock->now(), std::max(delay, std::chrono::milliseconds(0)));
    state_->timers.emplace(due, Timer{kind, std::move(task)});
    state_->changed.notify_all();
    if (thread_.joinable()) return;
    thread_ = std::thread([state = state_] { state->run(); });
    state_->runner = thread_.get_id();
  }

  /// The pauses that have not ended, which do not end by themselves any more.
  std::vector<Task> take_pauses() {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    std::vector<Task> taken;
    for (auto timer = state_->timers.begin(); timer != state_->timers.end();) {
      const auto current = timer++;
      if (current->second.kind != Kind::pause) continue;
      taken.push_back(std::move(current->second.task));
      state_->timers.erase(current);
    }
    return taken;
  }

  /// Whether the calling thread is the one that runs the tasks.
  [[nodiscard]] bool run_here() const {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    return state_->runner == std::this_thread::get_id();
  }

 private:
  struct Timer {
    Kind kind;
    Task task;
  };

  /// The thread's, too, which a task that destroys the timers runs in.
  struct State {
    explicit State(std::shared_ptr<Clock> given) : clock(std::move(given)) {}

    void run() {
      std::unique_lock<std::mutex> lock(mutex);
      while (!ended) {
        const auto next = timers.begin();
        if (next == timers.end()) {
          changed.wait(lock);
        } else if (const auto due = next->first; clock->now() < due) {
          clock->wait_until(lock, changed, due);
        } else {
          auto timer = timers.extract(next);
          lock.unlock();
          timer.mapped().task();
          timer = {};  // what the task holds may end in its turn: under no lock
          lock.lock();
        }
      }
    }

    const std::shared_ptr<Clock> clock;
    std::mutex mutex;  ///< Guards all that follows; never held while a task runs.
    std::condition_variable changed;
    std::multimap<Clock::Steady, Timer> timers;
    std::thread::id runner;
    bool ended = false;
  };

  const std::shared_ptr<State> state_;
  std::thread thread_;  ///< Begun under the state's mutex.
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
