#pragma once

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../transport.hpp"
#include "curl_transfer.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

inline Error cancelled_error() { return make_error(ErrorKind::cancelled, "the request was cancelled"); }

/// Asynchronous requests and timers on one thread around a multi handle, started on first use. The thread shares the
/// ownership of the engine, so that the last outside owner may go away inside one of the thread's own callbacks.
class CurlEngine : public std::enable_shared_from_this<CurlEngine> {
 public:
  using Clock = std::chrono::steady_clock;

  explicit CurlEngine(std::shared_ptr<const CurlSettings> settings)
      : settings_(std::move(settings)), multi_(curl_multi_init()) {}
  CurlEngine(const CurlEngine&) = delete;
  CurlEngine& operator=(const CurlEngine&) = delete;
  ~CurlEngine() = default;

  void start(HttpRequest request, Transport::Completion completion) {
    auto job = std::make_unique<Job>(std::move(request), std::move(completion));
    Error refusal = cancelled_error();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!stopping_ && runs(refusal)) {
        inbox_.push_back(std::move(job));
        curl_multi_wakeup(multi_.get());
        return;
      }
    }
    job->complete(std::move(refusal));
  }

  bool after(std::chrono::milliseconds delay, Transport::Task task) {
    const auto due = delay.count() <= 0 ? Clock::now() : Clock::now() + std::min(delay, longest_delay);
    const std::lock_guard<std::mutex> lock(mutex_);
    Error refusal;
    if (stopping_ || !runs(refusal)) return false;
    timers_.emplace(due, std::move(task));
    curl_multi_wakeup(multi_.get());
    return true;
  }

  [[nodiscard]] bool on_own_thread() const noexcept { return thread_id_.load() == std::this_thread::get_id(); }

  /// Completes what is left as `cancelled` and drops the timers. Returns when the thread has ended; on the thread
  /// itself it returns at once, and the thread ends after the callback that it is in.
  void shut_down() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
      if (multi_) curl_multi_wakeup(multi_.get());
    }
    if (!thread_.joinable()) return;
    if (on_own_thread()) {
      thread_.detach();
    } else {
      thread_.join();
    }
  }

 private:
  static constexpr std::chrono::milliseconds longest_delay = std::chrono::hours(24 * 365);

  struct Job {
    Job(HttpRequest what, Transport::Completion then) : request(std::move(what)), completion(std::move(then)) {}

    void complete(Result<HttpResponse> result) noexcept {
      try {
        completion(std::move(result));
      } catch (...) {  // NOLINT(bugprone-empty-catch): a callback's failure must not end everybody's requests
      }
    }

    HttpRequest request;
    Transport::Completion completion;
  };

  /// A job under way. The membership is declared last, so that it ends before the transfer does.
  struct Active {
    std::unique_ptr<Job> job;
    std::unique_ptr<CurlTransfer> transfer;
    std::unique_ptr<CancelRegistration> registration;
    std::unique_ptr<CurlMembership> membership;
  };

  /// Whether the thread runs, after starting it if need be; the reason goes into `refusal`. Called under the mutex.
  bool runs(Error& refusal) {
    if (thread_.joinable()) return true;
    refusal = make_error(ErrorKind::overloaded, "no engine thread can be started");
    if (!multi_) return false;
    try {
      thread_ = std::thread([self = shared_from_this()] { self->run(); });
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }

  void run() {
    thread_id_.store(std::this_thread::get_id());
    while (adopt_jobs()) {
      run_due_timers();
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      while (const CURLMsg* message = next_finished(multi_.get())) finish(message->easy_handle, message->data.result);
      curl_multi_poll(multi_.get(), nullptr, 0, milliseconds_to_next_timer(), nullptr);
    }
    cancel_everything();
    thread_id_.store({});
  }

  /// Takes in what other threads have left; false when it is time to stop.
  bool adopt_jobs() {
    std::deque<std::unique_ptr<Job>> jobs;
    std::vector<CURL*> cancelled;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_) return false;
      jobs.swap(inbox_);
      cancelled.swap(cancelled_);
    }
    for (auto& job : jobs) begin(std::move(job));
    for (CURL* handle : cancelled) {
      if (const auto job = retire(handle)) job->complete(cancelled_error());
    }
    return true;
  }

  void begin(std::unique_ptr<Job> job) {
    if (job->request.cancel.cancelled()) return job->complete(cancelled_error());
    Active active{std::move(job), take_transfer(), nullptr, nullptr};
    if (!active.transfer->handle()) return active.job->complete(out_of_handles());
    if (auto ready = active.transfer->prepare(active.job->request); !ready) {
      return active.job->complete(std::move(ready.error()));
    }
    CURL* const handle = active.transfer->handle();
    active.membership = std::make_unique<CurlMembership>(multi_.get(), handle);
    if (!active.membership->added()) return active.job->complete(out_of_handles());
    active.registration = std::make_unique<CancelRegistration>(active.job->request.cancel, [this, handle] {
      const std::lock_guard<std::mutex> lock(mutex_);
      cancelled_.push_back(handle);
      curl_multi_wakeup(multi_.get());
    });
    active_.emplace(handle, std::move(active));
  }

  void finish(CURL* handle, CURLcode code) {
    Active& active = active_.at(handle);
    active.membership.reset();
    auto result = active.transfer->finish(code);
    if (!result) {
      active.membership = std::make_unique<CurlMembership>(multi_.get(), handle);
      if (active.membership->added()) return;
      result.emplace(out_of_handles());
    }
    const auto job = retire(handle);
    job->complete(*std::move(result));
  }

  /// Ends what a handle is doing, keeps the handle for the next request, and hands out its job.
  std::unique_ptr<Job> retire(CURL* handle) {
    auto node = active_.extract(handle);
    if (node.empty()) return nullptr;
    Active active = std::move(node.mapped());
    active.registration.reset();
    active.membership.reset();
    {
      // a cancellation that came too late must not meet the handle's next request
      const std::lock_guard<std::mutex> lock(mutex_);
      cancelled_.erase(std::remove(cancelled_.begin(), cancelled_.end(), handle), cancelled_.end());
    }
    if (active.transfer->reusable() && idle_.size() < max_idle_handles) idle_.push_back(std::move(active.transfer));
    return std::move(active.job);
  }

  std::unique_ptr<CurlTransfer> take_transfer() {
    if (idle_.empty()) return std::make_unique<CurlTransfer>(*settings_);
    auto transfer = std::move(idle_.back());
    idle_.pop_back();
    return transfer;
  }

  void run_due_timers() {
    while (true) {
      Transport::Task task;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (stopping_ || timers_.empty() || timers_.begin()->first > Clock::now()) return;
        task = std::move(timers_.begin()->second);
        timers_.erase(timers_.begin());
      }
      try {
        task();
      } catch (...) {  // NOLINT(bugprone-empty-catch): as in Job::complete
      }
    }
  }

  int milliseconds_to_next_timer() {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(1);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (timers_.empty()) return static_cast<int>(longest.count());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds(0), longest).count());
  }

  void cancel_everything() {
    while (!active_.empty()) retire(active_.begin()->first)->complete(cancelled_error());
    idle_.clear();
    std::deque<std::unique_ptr<Job>> jobs;
    std::multimap<Clock::time_point, Transport::Task> timers;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      jobs.swap(inbox_);
      timers.swap(timers_);
    }
    for (const auto& job : jobs) job->complete(cancelled_error());
  }

  static constexpr std::size_t max_idle_handles = 256;

  const std::shared_ptr<const CurlSettings> settings_;
  const CurlMulti multi_;  ///< Other threads only wake it up; all else happens on the engine's thread.
  std::atomic<std::thread::id> thread_id_{};
  std::thread thread_;

  std::mutex mutex_;  ///< Guards the five below; never held while a callback runs.
  bool stopping_ = false;
  std::deque<std::unique_ptr<Job>> inbox_;
  std::vector<CURL*> cancelled_;
  std::multimap<Clock::time_point, Transport::Task> timers_;

  // used by the engine's thread alone
  std::vector<std::unique_ptr<CurlTransfer>> idle_;
  std::unordered_map<CURL*, Active> active_;
};

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
