// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/cancel.hpp"
#include "../core/new_shared.hpp"
#include "../detail/json/value.hpp"
#include "../detail/os/fork_local.hpp"
#include "../detail/os/system_clock.hpp"
#include "../testing.hpp"
#include "../testing/detail/fake_timers.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
MOVIO_EXHIBITOR_INLINE Clock::Steady FakeClock::now() const noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  return now_;
}

MOVIO_EXHIBITOR_INLINE Moment FakeClock::moment() const noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  return moment_;
}

MOVIO_EXHIBITOR_INLINE void FakeClock::wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                                                  Steady until) {
  if (now() < until) changed.wait_for(lock, std::chrono::milliseconds(1));
}

MOVIO_EXHIBITOR_INLINE void FakeClock::advance(std::chrono::milliseconds duration) {
  const std::lock_guard<std::mutex> lock(mutex_);
  now_ += duration;
  moment_.uptime += duration;
  moment_.wall += duration;
}

MOVIO_EXHIBITOR_INLINE void FakeClock::suspend(std::chrono::milliseconds duration) {
  const std::lock_guard<std::mutex> lock(mutex_);
  moment_.uptime += duration;
  moment_.wall += duration;
}

MOVIO_EXHIBITOR_INLINE void FakeClock::step_wall(std::chrono::milliseconds by) {
  const std::lock_guard<std::mutex> lock(mutex_);
  moment_.wall += by;
}

MOVIO_EXHIBITOR_INLINE FakeTokenStore::FakeTokenStore(std::shared_ptr<Clock> clock) : clock_(std::move(clock)) {}

MOVIO_EXHIBITOR_INLINE Result<std::string> FakeTokenStore::load(const std::string& name) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (auto begun = begin_call(); !begun) return begun.error();
  const Entry* entry = find(entries_, name, clock_->moment().uptime);
  return entry == nullptr ? std::string() : entry->content;
}

MOVIO_EXHIBITOR_INLINE Result<void> FakeTokenStore::save(const std::string& name, const std::string& entry,
                                                         std::chrono::milliseconds time_to_live) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (auto begun = begin_call(); !begun) return begun;
  if (entry.empty()) {
    entries_.erase(name);
  } else {
    entries_[name] = {entry, clock_->moment().uptime + time_to_live};
  }
  return {};
}

MOVIO_EXHIBITOR_INLINE Result<bool> FakeTokenStore::acquire(const std::string& name, const std::string& owner,
                                                            std::chrono::milliseconds time_to_live) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (auto begun = begin_call(); !begun) return begun.error();
  const auto now = clock_->moment().uptime;
  if (find(leases_, name, now) != nullptr) return false;
  leases_[name] = {owner, now + time_to_live};
  return true;
}

MOVIO_EXHIBITOR_INLINE Result<void> FakeTokenStore::release(const std::string& name, const std::string& owner) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (auto begun = begin_call(); !begun) return begun;
  const auto lease = leases_.find(name);
  if (lease != leases_.end() && lease->second.content == owner) leases_.erase(lease);
  return {};
}

MOVIO_EXHIBITOR_INLINE std::string_view FakeTokenStore::kind() const noexcept { return "fake"; }

MOVIO_EXHIBITOR_INLINE void FakeTokenStore::fail(std::string message) {
  const std::lock_guard<std::mutex> lock(mutex_);
  failure_ = std::move(message);
}

MOVIO_EXHIBITOR_INLINE std::map<std::string, std::string> FakeTokenStore::entries() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::map<std::string, std::string> all;
  const auto now = clock_->moment().uptime;
  for (const auto& [name, entry] : entries_) {
    if (now < entry.ends) all.emplace(name, entry.content);
  }
  return all;
}

MOVIO_EXHIBITOR_INLINE std::size_t FakeTokenStore::calls() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return calls_;
}

MOVIO_EXHIBITOR_INLINE Result<void> FakeTokenStore::begin_call() {
  ++calls_;
  if (!failure_.empty()) return detail::make_error(ErrorKind::storage, failure_);
  return {};
}

MOVIO_EXHIBITOR_INLINE const FakeTokenStore::Entry* FakeTokenStore::find(const std::map<std::string, Entry>& in,
                                                                         const std::string& name,
                                                                         std::chrono::nanoseconds now) {
  const auto found = in.find(name);
  return found == in.end() || now >= found->second.ends ? nullptr : &found->second;
}

MOVIO_EXHIBITOR_INLINE HttpResponse json_response(int status, std::string body, Headers headers) {
  headers.add("Content-Type", "application/json");
  return {status, std::move(headers), std::move(body)};
}

struct FakeTransport::State {
  /// A request, until the first of its answer, its cancellation and its timeout ends it.
  struct Held {
    explicit Held(Completion called) : completion(std::move(called)) {}

    void end(Answer with) {
      if (!ended.exchange(true)) std::exchange(completion, nullptr)(std::move(with));
    }

    Completion completion;
    std::optional<Answer> answer{};
    std::optional<CancelRegistration> cancelled{};
    std::atomic<bool> ended{false};
  };

  explicit State(std::shared_ptr<Clock> clock)
      : timers([clock = std::move(clock)](const detail::FakeTimers* /*the parent's: left alone*/) {
          return detail::new_shared<detail::FakeTimers>(clock);
        }) {}

  static Error cancelled() { return detail::make_error(ErrorKind::cancelled, "the request was cancelled"); }

  void limit(const std::shared_ptr<Held>& held, const CancelToken& cancel,
             std::optional<std::chrono::milliseconds> timeout) {
    const auto end = [weak = std::weak_ptr<Held>(held)](const Error& error) {
      if (const auto self = weak.lock()) self->end(error);
    };
    held->cancelled.emplace(cancel, [end] { end(cancelled()); });
    if (!timeout) return;
    timers.get()->add(detail::FakeTimers::Kind::timeout, *timeout, [end, milliseconds = timeout->count()] {
      end(detail::make_error(ErrorKind::timeout, "no answer within " + std::to_string(milliseconds) + " ms"));
    });
  }

  Answer next_token() {
    if (!token_answers.empty()) return take(token_answers);
    return json_response(200, R"({"access_token":"fake-token-)" + std::to_string(++tokens) +
                                  R"(","token_type":"Bearer","expires_in":)" + std::to_string(lifetime.count()) + "}");
  }

  Answer next_answer(const TransportRequest& request) {
    if (!answers.empty()) return take(answers);
    const auto records = detail::parse_json(request.body.bytes(), "the body");
    const bool is_upsert = request.method == "PUT" && records && records->kind() == detail::JsonValue::Kind::array;
    std::size_t count = 0;
    if (records) records->each_element([&count](const detail::JsonValue& /*record*/) { ++count; });
    return json_response(200, is_upsert ? "{\"total\":" + std::to_string(count) + '}' : "{}");
  }

  static Answer take(std::deque<Answer>& queue) {
    Answer answer = std::move(queue.front());
    queue.pop_front();
    return answer;
  }

  mutable std::mutex mutex;  ///< Guards all that follows; never held while a completion or a task runs.
  std::deque<Answer> answers;
  std::deque<Answer> token_answers;
  std::chrono::seconds lifetime{86400};
  int tokens = 0;
  std::vector<TransportRequest> requests;
  std::vector<TransportRequest> token_requests;
  bool holding = false;
  std::vector<std::shared_ptr<Held>> kept;
  detail::ForkLocal<detail::FakeTimers> timers;  ///< Guards itself.
};

MOVIO_EXHIBITOR_INLINE FakeTransport::FakeTransport() : FakeTransport(detail::new_shared<SystemClock>()) {}

MOVIO_EXHIBITOR_INLINE FakeTransport::FakeTransport(std::shared_ptr<Clock> clock)
    : state_(std::make_unique<State>(std::move(clock))) {}

MOVIO_EXHIBITOR_INLINE FakeTransport::~FakeTransport() {
  for (const auto& held : state_->kept) held->end(State::cancelled());
  if (auto* timers = state_->timers.own()) timers->stop();  // here, while its tasks can still use this transport
}

MOVIO_EXHIBITOR_INLINE void FakeTransport::answer(Answer answer) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->answers.push_back(std::move(answer));
}

MOVIO_EXHIBITOR_INLINE void FakeTransport::answer_token(Answer answer) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->token_answers.push_back(std::move(answer));
}

MOVIO_EXHIBITOR_INLINE void FakeTransport::set_token_lifetime(std::chrono::seconds lifetime) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->lifetime = lifetime;
}

MOVIO_EXHIBITOR_INLINE std::vector<TransportRequest> FakeTransport::requests() const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->requests;
}

MOVIO_EXHIBITOR_INLINE std::vector<TransportRequest> FakeTransport::token_requests() const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->token_requests;
}

MOVIO_EXHIBITOR_INLINE void FakeTransport::hold() {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->holding = true;
}

MOVIO_EXHIBITOR_INLINE void FakeTransport::release() {
  std::vector<std::shared_ptr<State::Held>> kept;
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->holding = false;
    kept.swap(state_->kept);
  }
  for (const auto& held : kept) held->end(*held->answer);
}

MOVIO_EXHIBITOR_INLINE void FakeTransport::start(TransportRequest request, Completion completion) {
  const auto held = std::make_shared<State::Held>(std::move(completion));
  const CancelToken cancel = request.cancel;
  const auto timeout = request.timeout;
  bool holds = false;
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    const bool for_token = request.body.bytes().find("grant_type=client_credentials") != std::string_view::npos;
    held->answer.emplace(for_token ? state_->next_token() : state_->next_answer(request));
    (for_token ? state_->token_requests : state_->requests).push_back(std::move(request));
    holds = state_->holding;
    if (holds) state_->kept.push_back(held);
  }
  holds ? state_->limit(held, cancel, timeout) : held->end(*held->answer);
}

MOVIO_EXHIBITOR_INLINE bool FakeTransport::after(std::chrono::milliseconds delay, Task task) {
  if (delay.count() <= 0) {
    task();
  } else {
    state_->timers.get()->add(detail::FakeTimers::Kind::pause, delay, std::move(task));
  }
  return true;
}

MOVIO_EXHIBITOR_INLINE void FakeTransport::run_delayed_tasks() {
  for (const auto& task : state_->timers.get()->take_pauses()) task();
}

MOVIO_EXHIBITOR_INLINE bool FakeTransport::may_block() const noexcept {
  const auto* timers = state_->timers.own();
  return timers == nullptr || !timers->run_here();
}

}  // namespace v0_1
}  // namespace movio::exhibitor
