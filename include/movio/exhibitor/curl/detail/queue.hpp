// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../../core/transport.hpp"
#include "../options.hpp"
#include "admission.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// An asynchronous request from its start to its outcome.
struct CurlJob {
  using Clock = std::chrono::steady_clock;

  CurlJob(TransportRequest&& what, Transport::Completion&& then)
      : request(std::move(what)), completion(std::move(then)) {}

  void complete(Result<HttpResponse>&& result) noexcept {
    registration.reset();
    if (counted_in != nullptr) --*counted_in;
    try {
      completion(std::move(result));
    } catch (...) {  // NOLINT(bugprone-empty-catch): a callback's failure must not end everybody's requests
    }
  }

  TransportRequest request;
  Transport::Completion completion;
  std::optional<CancelRegistration> registration;
  std::uint64_t id = 0;
  std::atomic<std::size_t>* counted_in = nullptr;  ///< The count of jobs without an outcome that includes it.
  Clock::time_point given = Clock::now();          ///< The timeout includes the time in the queue.
};

/// The queue of asynchronous requests. Token exchanges have their own lane with the same limits, so that slow API calls
/// cannot delay them. Thread-safety: none, except for the count of jobs without an outcome.
class CurlQueue {
 public:
  using Clock = CurlJob::Clock;
  using Id = CurlAdmission::Id;

  static constexpr std::chrono::milliseconds longest_delay = std::chrono::hours(24 * 365);

  explicit CurlQueue(const CurlOptions& options) : options_(options) {}

  /// Counts a job from now to its outcome; false if the limit is reached. From any thread, one at a time.
  bool accept(CurlJob& job) noexcept {
    auto& accepted = accepted_[lane_of(job)];
    const std::size_t others = accepted;
    if (others >= options_.max_in_flight && others - options_.max_in_flight >= options_.max_queued) return false;
    job.counted_in = &accepted;
    ++accepted;
    return true;
  }

  void enter(std::unique_ptr<CurlJob> job) {
    const auto id = job->id;
    lanes_[lane_of(*job)].enter(id, admission_origin(job->request), Clock::now());
    const auto due = deadlines_.emplace(deadline_of(*job), id);
    waiting_.emplace(id, Waiting{std::move(job), due});
  }

  /// The next job that may begin; active until `left`. nullptr if all must wait.
  std::unique_ptr<CurlJob> next() {
    for (auto& lane : lanes_) {
      if (const auto id = lane.next(Clock::now())) return remove(waiting_.find(*id));
    }
    return nullptr;
  }

  /// Removes a waiting job; nullptr if there is none of that id.
  std::unique_ptr<CurlJob> take(Id id) {
    const auto place = waiting_.find(id);
    if (place == waiting_.end()) return nullptr;
    auto job = remove(place);
    leave(*job, 0);
    return job;
  }
  std::unique_ptr<CurlJob> take_any() { return waiting_.empty() ? nullptr : take(waiting_.begin()->first); }

  /// Completes those whose time is over before their turn has come.
  void give_up_overdue() {
    while (!deadlines_.empty() && deadlines_.begin()->first <= Clock::now()) {
      const auto job = take(deadlines_.begin()->second);
      job->complete(lanes_[lane_of(*job)].has_place() ? no_connection_in_time() : out_of_turn());
    }
  }

  /// See `CurlAdmission`.
  template <class HasConnection>
  void performed(const HasConnection& has_connection) {
    for (auto& lane : lanes_) lane.performed(has_connection);
  }
  void let_others_pass(const CurlJob& job) { lanes_[lane_of(job)].let_others_pass(job.id); }
  void leave(const CurlJob& job, int http_version) { lanes_[lane_of(job)].leave(job.id, http_version); }

  /// When there is something to do although nothing has happened.
  [[nodiscard]] Clock::time_point next_due() const {
    auto due = deadlines_.empty() ? Clock::time_point::max() : deadlines_.begin()->first;
    for (const auto& lane : lanes_) due = std::min(due, lane.next_release());
    return due;
  }

  [[nodiscard]] Clock::time_point deadline_of(const CurlJob& job) const {
    return job.given + std::min(job.request.timeout.value_or(options_.timeout), longest_delay);
  }

  static Error out_of_turn() { return nothing_sent_in_time("its turn (CurlOptions::max_in_flight)"); }

 private:
  struct Waiting {
    std::unique_ptr<CurlJob> job;
    std::multimap<Clock::time_point, Id>::iterator due;
  };

  static std::size_t lane_of(const CurlJob& job) noexcept { return job.request.token_exchange ? 1 : 0; }

  static Error no_connection_in_time() {
    return nothing_sent_in_time("the connection that another request to the same server is making");
  }
  static Error nothing_sent_in_time(const char* awaited) {
    auto error =
        make_error(ErrorKind::timeout, std::string("the time for the request ran out while it waited for ") + awaited);
    error.nothing_sent = true;
    return error;
  }

  std::unique_ptr<CurlJob> remove(std::map<Id, Waiting>::iterator place) {
    deadlines_.erase(place->second.due);
    auto job = std::move(place->second.job);
    waiting_.erase(place);
    return job;
  }

  const CurlOptions& options_;
  std::array<CurlAdmission, 2> lanes_{CurlAdmission(options_.max_in_flight), CurlAdmission(options_.max_in_flight)};
  std::map<Id, Waiting> waiting_;                       ///< In the order in which they came.
  std::multimap<Clock::time_point, Id> deadlines_;      ///< Of those that wait.
  std::array<std::atomic<std::size_t>, 2> accepted_{};  ///< Jobs without an outcome, by lane.
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
