// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../../core/transport.hpp"
#include "../../detail/os/signals.hpp"
#include "connections.hpp"
#include "lifetime.hpp"
#include "multi.hpp"
#include "queue.hpp"
#include "transfer.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Asynchronous requests and timers on one thread around a multi handle, started on first use. The thread shares
/// ownership of the engine, so that the last outside owner may be destroyed inside one of the thread's own callbacks.
class CurlEngine : public std::enable_shared_from_this<CurlEngine>, private CurlUser {
 public:
  using Clock = std::chrono::steady_clock;

  explicit CurlEngine(std::shared_ptr<const CurlSettings> settings)
      : settings_(std::move(settings)),
        multi_(kept_connections()),
        queue_(settings_->options()),
        renewal_(settings_->options()) {}
  CurlEngine(const CurlEngine&) = delete;
  CurlEngine& operator=(const CurlEngine&) = delete;
  ~CurlEngine() override = default;

  void start(TransportRequest&& request, Transport::Completion&& completion) {
    auto job = std::make_unique<CurlJob>(std::move(request), std::move(completion));
    job->id = ++last_id_;
    job->registration.emplace(job->request.cancel, [this, id = job->id] { note_cancelled(id); });
    std::optional<Error> refusal;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      refusal = refuse(*job);
      if (!refusal) {
        if (inbox_.empty()) wake_up();
        inbox_.push_back(std::move(job));
        return;
      }
    }
    job->complete(*std::move(refusal));
  }

  bool after(std::chrono::milliseconds delay, Transport::Task task) {
    const auto due = delay.count() <= 0 ? Clock::now() : Clock::now() + std::min(delay, CurlQueue::longest_delay);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_ || !runs()) return false;
    timers_.emplace(due, std::move(task));
    wake_up();
    return true;
  }

  [[nodiscard]] bool on_own_thread() const noexcept { return thread_id_.load() == std::this_thread::get_id(); }

  /// Completes the remaining requests as `cancelled` and drops the timers. Returns when the thread has ended; on the
  /// thread itself it returns at once, and the thread ends after its current callback.
  void shut_down() {
    stop();
    if (thread_) CurlLifetime::instance().join(*thread_);
  }

 private:
  /// An active job. The membership is declared last, so that it ends before the transfer.
  struct Active {
    std::unique_ptr<CurlJob> job;
    std::unique_ptr<CurlTransfer> transfer;
    std::optional<CurlMembership> membership;
  };

  /// Why a request cannot be accepted; empty if it can. Called under the mutex.
  std::optional<Error> refuse(CurlJob& job) {
    if (stopping_) return cancelled_error();
    if (!runs()) return make_error(ErrorKind::overloaded, "no engine thread can be started");
    if (queue_.accept(job)) return std::nullopt;
    return make_error(ErrorKind::overloaded, "too many requests wait for their turn (CurlOptions::max_queued)");
  }

  /// Starts the thread unless it runs; false if that fails. Called under the mutex.
  bool runs() {
    if (thread_) return true;
    try {
      const SignalsBlocked inherited_by_the_thread;
      thread_ = CurlLifetime::instance().start_thread([self = shared_from_this()] { self->run(); });
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }

  /// Keeps as many connections as were in use at once; libcurl's own limit depends on the current number.
  [[nodiscard]] long kept_connections() const noexcept {
    constexpr std::size_t most = 1000;
    return static_cast<long>(std::clamp<std::size_t>(settings_->options().max_in_flight, 1, most));
  }

  /// No need on the engine's own thread.
  void wake_up() noexcept {
    if (!on_own_thread()) multi_.wake_up();
  }

  void stop() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    wake_up();
  }

  void interrupt() noexcept override { stop(); }

  void close() noexcept override {
    cancel_everything();
    renewal_.close();
    multi_.close();
  }

  void note_cancelled(std::uint64_t id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    cancelled_.push_back(id);
    wake_up();
  }

  void run() {
    thread_id_.store(std::this_thread::get_id());
    {
      const CurlUse use(*this);
      if (use.refusal()) stop();
      while (take_in()) {
        run_due_timers();
        begin_waiting();
        if (!multi_.perform()) give_up_on_libcurl();
        while (const CURLMsg* message = multi_.next_finished()) finish(message->easy_handle, message->data.result);
        const auto connected = [this](std::uint64_t id) { return active_.at(id).transfer->connected(); };
        queue_.performed(connected);
        renewal_.performed(connected, Clock::now());
        const bool begun = begin_waiting();
        queue_.give_up_overdue();
        const int wait = begun ? 0 : milliseconds_to_poll();
        if (wait > 0 && !multi_.wait(wait)) give_up_on_libcurl();
      }
      close();
      CurlLifetime::instance().remove(*this);
    }
    thread_id_.store({});
  }

  /// libcurl has failed: ends all active requests, so that the next one begins with a new multi handle.
  void give_up_on_libcurl() {
    std::vector<std::unique_ptr<CurlJob>> failed;
    while (!active_.empty()) failed.push_back(retire(active_.begin()->first));
    idle_.clear();
    renewal_.close();
    multi_.close();
    for (const auto& job : failed) job->complete(libcurl_failed());
  }

  /// Takes requests, timers and cancellations from other threads; false when the engine stops.
  bool take_in() {
    std::deque<std::unique_ptr<CurlJob>> jobs;
    std::vector<std::uint64_t> cancelled;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_) return false;
      jobs.swap(inbox_);
      cancelled.swap(cancelled_);
    }
    for (auto& job : jobs) {
      // one that was cancelled before it was in the inbox is not found by its id
      if (job->request.cancel.cancelled()) {
        job->complete(cancelled_error());
      } else {
        queue_.enter(std::move(job));
      }
    }
    for (const auto id : cancelled) {
      if (const auto job = retire(id)) job->complete(cancelled_error());
    }
    return true;
  }

  /// Begins the requests that may begin; false if none may.
  bool begin_waiting() {
    bool begun = false;
    while (auto job = queue_.next()) {
      begin(std::move(job));
      begun = true;
    }
    return begun;
  }

  void begin(std::unique_ptr<CurlJob> job) {
    const auto id = job->id;
    Active& active = active_[id];
    active.job = std::move(job);
    if (auto problem = begin_transfer(active)) retire(id)->complete(*std::move(problem));
  }

  /// Begins a transfer; an error if it cannot.
  std::optional<Error> begin_transfer(Active& active) {
    const CurlJob& job = *active.job;
    if (job.request.cancel.cancelled()) return cancelled_error();
    const auto now = Clock::now();
    if (queue_.deadline_of(job) <= now) return CurlQueue::out_of_turn();
    if (!multi_.open()) return out_of_handles();
    active.transfer = take_transfer();
    if (active.transfer->handle() == nullptr) return out_of_handles();
    if (auto ready = active.transfer->prepare(job.request, now - job.given); !ready) return std::move(ready.error());
    active.transfer->tag(job.id);
    auto connections = renewal_.connections_for(job.id, now);
    if (!connections) return out_of_handles();
    if (renewal_.renews(job.id)) queue_.let_others_pass(job);
    active.membership.emplace(multi_, active.transfer->handle(), std::move(connections));
    if (!active.membership->added()) return out_of_handles();
    return std::nullopt;
  }

  void finish(CURL* handle, CURLcode code) {
    const auto id = CurlTransfer::tag_of(handle);
    Active& active = active_.at(id);
    active.membership.reset();
    auto result = active.transfer->finish(code);
    const int http_version = active.transfer->http_version();
    retire(id, http_version)->complete(std::move(result));
  }

  /// Removes a job, active or waiting, and keeps its handle for reuse; empty if it has ended already.
  std::unique_ptr<CurlJob> retire(std::uint64_t id, int http_version = 0) {
    if (auto waiting = queue_.take(id)) return waiting;
    auto node = active_.extract(id);
    if (node.empty()) return nullptr;
    Active& active = node.mapped();
    active.membership.reset();
    queue_.leave(*active.job, http_version);
    renewal_.leave(id, http_version != 0, Clock::now());
    if (active.transfer && active.transfer->reusable() && idle_.size() < settings_->options().max_in_flight) {
      idle_.push_back(std::move(active.transfer));
    }
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
      } catch (...) {  // NOLINT(bugprone-empty-catch): as in CurlJob::complete
      }
    }
  }

  int milliseconds_to_poll() {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(1);
    auto next = queue_.next_due();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_ || !inbox_.empty() || !cancelled_.empty()) return 0;  // added by a callback, which does not wake us
      if (!timers_.empty()) next = std::min(next, timers_.begin()->first);
    }
    if (next == Clock::time_point::max()) return static_cast<int>(longest.count());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds(0), longest).count());
  }

  void cancel_everything() {
    while (!active_.empty()) retire(active_.begin()->first)->complete(cancelled_error());
    while (const auto job = queue_.take_any()) job->complete(cancelled_error());
    idle_.clear();
    std::deque<std::unique_ptr<CurlJob>> jobs;
    std::multimap<Clock::time_point, Transport::Task> timers;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      jobs.swap(inbox_);
      timers.swap(timers_);
    }
    for (const auto& job : jobs) job->complete(cancelled_error());
  }

  const std::shared_ptr<const CurlSettings> settings_;
  CurlMulti multi_;  ///< Other threads only wake it up; the engine's thread does all else.
  std::atomic<std::thread::id> thread_id_{};
  std::atomic<std::uint64_t> last_id_{0};
  std::shared_ptr<CurlThread> thread_;

  std::mutex mutex_;  ///< Guards the four below; never held while a callback runs.
  bool stopping_ = false;
  std::deque<std::unique_ptr<CurlJob>> inbox_;
  std::vector<std::uint64_t> cancelled_;
  std::multimap<Clock::time_point, Transport::Task> timers_;

  // used by the engine's thread alone
  CurlQueue queue_;  ///< Jobs are accepted under the mutex.
  CurlRenewal renewal_;
  std::unordered_map<std::uint64_t, Active> active_;
  std::vector<std::unique_ptr<CurlTransfer>> idle_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
