// SPDX-License-Identifier: MIT
#pragma once

// Simulated time: months pass in seconds, in one thread, without a sleep.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <movio/exhibitor/core/clock.hpp>
#include <mutex>
#include <ratio>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace simulation {

namespace ex = movio::exhibitor;
using Duration = std::chrono::nanoseconds;
using Times = std::vector<Duration>;  // by uptime, in their order
using namespace std::chrono_literals;

/// The clocks of a machine. Time passes only when somebody waits, and what is due runs in the thread that waits.
/// The uptime is the truth; the wall clock may be wrong, and the steady clock stands still in a suspend.
class Clock : public ex::Clock {
 public:
  using Task = std::function<void()>;

  [[nodiscard]] Steady now() const noexcept override { return Steady(running_); }
  [[nodiscard]] ex::Moment moment() const noexcept override { return {uptime(), true_wall() + in_wall(wall_error_)}; }
  [[nodiscard]] Duration uptime() const noexcept { return running_ + suspended_; }
  [[nodiscard]] std::chrono::system_clock::time_point true_wall() const noexcept {
    return std::chrono::system_clock::time_point(std::chrono::hours(24 * 365 * 55)) + in_wall(uptime());
  }

  void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& /*changed*/, Steady until) override {
    lock.unlock();  // what is due may be the answer that is waited for
    step(until);
    lock.lock();
  }
  void run_for(Duration time) {
    for (const Steady until(running_ + time); now() < until;) step(until);
  }

  /// Runs a task when the machine has run for so long.
  void after(Duration delay, Task task) { due_.emplace(running_ + delay, std::move(task)); }

  void suspend(Duration length) noexcept { suspended_ += length; }
  void step_wall(Duration by) noexcept { wall_error_ += by; }

 private:
  static std::chrono::system_clock::duration in_wall(Duration time) noexcept {
    return std::chrono::duration_cast<std::chrono::system_clock::duration>(time);
  }

  /// Runs the next task that is due by then, or goes there.
  void step(Steady until) {
    if (due_.empty() || due_.begin()->first > until.time_since_epoch()) {
      running_ = until.time_since_epoch();
      return;
    }
    const auto next = due_.extract(due_.begin());
    running_ = next.key();
    next.mapped()();
  }

  Duration running_{};
  Duration suspended_{};
  Duration wall_error_{};
  std::multimap<Duration, Task> due_;
};

/// What must not happen: how often it did, and when first.
class Faults {
 public:
  explicit Faults(std::shared_ptr<const Clock> clock) : clock_(std::move(clock)) {}

  void add_if(bool happened, const char* what) {
    if (happened) ++faults_.try_emplace(what, Fault{0, clock_->uptime()}).first->second.count;
  }
  /// A line for each fault; empty when there was none.
  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    for (const auto& [what, fault] : faults_) {
      const std::chrono::duration<double, std::ratio<86400>> days = fault.first;
      out << what << ": " << fault.count << " times, first on day " << days.count() << '\n';
    }
    return out.str();
  }

 private:
  struct Fault {
    std::size_t count;
    Duration first;
  };
  std::shared_ptr<const Clock> clock_;
  std::map<std::string_view, Fault> faults_;
};

/// The most of these times that lie within `length` of each other.
inline std::ptrdiff_t most_within(Duration length, const Times& times) {
  std::ptrdiff_t most = 0;
  auto first = times.begin();
  for (auto last = times.begin(); last != times.end(); ++last) {
    while (*last - *first >= length) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

}  // namespace simulation
