#pragma once

// For the tests of programs that use the library, and of the library itself; not part of <movio/exhibitor.hpp>.

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/cancel.hpp"
#include "core/clock.hpp"
#include "core/transport.hpp"
#include "detail/json/document.hpp"
#include "detail/os/fork_local.hpp"
#include "detail/os/system_clock.hpp"
#include "testing/detail/fake_timers.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A clock that moves only when it is told to. Thread-safety: every call from any thread.
class FakeClock : public Clock {
 public:
  [[nodiscard]] Steady now() const noexcept override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return now_;
  }

  [[nodiscard]] Moment moment() const noexcept override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return moment_;
  }

  /// Looks at the time every millisecond, so that it sees `advance`.
  void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Steady until) override {
    if (now() < until) changed.wait_for(lock, std::chrono::milliseconds(1));
  }

  /// Time passes.
  void advance(std::chrono::milliseconds duration) {
    const std::lock_guard<std::mutex> lock(mutex_);
    now_ += duration;
    moment_.uptime += duration;
    moment_.wall += duration;
  }

  /// Time passes while the machine is suspended: the clock for deadlines stands still.
  void suspend(std::chrono::milliseconds duration) {
    const std::lock_guard<std::mutex> lock(mutex_);
    moment_.uptime += duration;
    moment_.wall += duration;
  }

  /// Somebody sets the time of day, forward or back.
  void step_wall(std::chrono::milliseconds by) {
    const std::lock_guard<std::mutex> lock(mutex_);
    moment_.wall += by;
  }

 private:
  mutable std::mutex mutex_;
  Steady now_{std::chrono::hours(1)};
  Moment moment_{std::chrono::hours(1), std::chrono::system_clock::time_point(std::chrono::hours(24 * 365 * 55))};
};

/// An answer with a JSON body.
inline HttpResponse json_response(int status, std::string body = "{}", Headers headers = {}) {
  headers.add("Content-Type", "application/json");
  return {status, std::move(headers), std::move(body)};
}

/// A transport without a network. It issues tokens by itself ("fake-token-1", "fake-token-2", ...), answers calls from
/// a queue, and records what it was asked. When the queue is empty it answers 200, with the receipt `{"total": N}` to a
/// PUT of an array and with `{}` to anything else.
///
/// Completions run in the thread that calls `start`, or, after `hold()`, in the one that calls `release()` or cancels.
/// Pauses and timeouts end in a thread of its own, when their time on its clock has come.
/// Thread-safety: every call from any thread; what is still held at its end is answered with `cancelled`.
class FakeTransport : public Transport {
 public:
  using Answer = Result<HttpResponse>;

  /// `clock` may be the `FakeClock` of the test, which then ends pauses and timeouts by `advance`.
  explicit FakeTransport(std::shared_ptr<Clock> clock = std::make_shared<SystemClock>())
      : timers_([clock = std::move(clock)](const detail::FakeTimers* /*the parent's: left alone*/) {
          return std::make_shared<detail::FakeTimers>(clock);
        }) {}
  FakeTransport(const FakeTransport&) = delete;
  FakeTransport& operator=(const FakeTransport&) = delete;
  ~FakeTransport() override {
    for (const auto& held : kept_) held->end(cancelled());
  }

  /// The answer to the next call that has none yet.
  void answer(Answer answer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    answers_.push_back(std::move(answer));
  }

  /// The answer to the next token request, in place of a token.
  void answer_token(Answer answer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    token_answers_.push_back(std::move(answer));
  }

  /// The lifetime that the tokens say they have.
  void set_token_lifetime(std::chrono::seconds lifetime) {
    const std::lock_guard<std::mutex> lock(mutex_);
    lifetime_ = lifetime;
  }

  [[nodiscard]] std::vector<HttpRequest> requests() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return requests_;
  }
  [[nodiscard]] std::vector<HttpRequest> token_requests() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return token_requests_;
  }

  /// From now on nothing is answered until `release()`, which answers what has been kept. What is cancelled before, or
  /// has been kept for its `HttpRequest::timeout`, ends with the error that a network would have made of it.
  void hold() {
    const std::lock_guard<std::mutex> lock(mutex_);
    holding_ = true;
  }
  void release() {
    std::vector<std::shared_ptr<Held>> kept;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      holding_ = false;
      kept.swap(kept_);
    }
    for (const auto& held : kept) held->end(*held->answer);
  }

  void start(HttpRequest request, Completion completion) override {
    const auto held = std::make_shared<Held>(std::move(completion));
    const CancelToken cancel = request.cancel;
    const auto timeout = request.timeout;
    bool holds = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const bool for_token = request.body.bytes().find("grant_type=client_credentials") != std::string_view::npos;
      held->answer.emplace(for_token ? next_token() : next_answer(request));
      (for_token ? token_requests_ : requests_).push_back(std::move(request));
      holds = holding_;
      if (holds) kept_.push_back(held);
    }
    holds ? limit(held, cancel, timeout) : held->end(*held->answer);
  }

  /// A task without delay runs at once.
  bool after(std::chrono::milliseconds delay, Task task) override {
    if (delay.count() <= 0) {
      task();
    } else {
      timers_.get()->add(detail::FakeTimers::Kind::pause, delay, std::move(task));
    }
    return true;
  }

  /// Runs at once, in this thread, what `after` has taken and is not due yet.
  void run_delayed_tasks() {
    for (const auto& task : timers_.get()->take_pauses()) task();
  }

  [[nodiscard]] bool may_block() const noexcept override {
    const auto* timers = timers_.own();
    return timers == nullptr || !timers->run_here();
  }

 private:
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

  static Error cancelled() { return detail::make_error(ErrorKind::cancelled, "the request was cancelled"); }

  void limit(const std::shared_ptr<Held>& held, const CancelToken& cancel,
             std::optional<std::chrono::milliseconds> timeout) {
    const auto end = [weak = std::weak_ptr<Held>(held)](const Error& error) {
      if (const auto self = weak.lock()) self->end(error);
    };
    held->cancelled.emplace(cancel, [end] { end(cancelled()); });
    if (!timeout) return;
    timers_.get()->add(detail::FakeTimers::Kind::timeout, *timeout, [end, milliseconds = timeout->count()] {
      end(detail::make_error(ErrorKind::timeout, "no answer within " + std::to_string(milliseconds) + " ms"));
    });
  }

  Answer next_token() {
    if (!token_answers_.empty()) return take(token_answers_);
    return json_response(200, R"({"access_token":"fake-token-)" + std::to_string(++tokens_) +
                                  R"(","token_type":"Bearer","expires_in":)" + std::to_string(lifetime_.count()) + "}");
  }

  Answer next_answer(const HttpRequest& request) {
    if (!answers_.empty()) return take(answers_);
    const auto records = detail::parse_json(request.body.bytes(), "the body");
    const bool is_upsert = request.method == "PUT" && records && records->is_array();
    return json_response(200, is_upsert ? "{\"total\":" + std::to_string(records->size()) + '}' : "{}");
  }

  static Answer take(std::deque<Answer>& queue) {
    Answer answer = std::move(queue.front());
    queue.pop_front();
    return answer;
  }

  mutable std::mutex mutex_;  ///< Guards all that follows; never held while a completion or a task runs.
  std::deque<Answer> answers_;
  std::deque<Answer> token_answers_;
  std::chrono::seconds lifetime_{86400};
  int tokens_ = 0;
  std::vector<HttpRequest> requests_;
  std::vector<HttpRequest> token_requests_;
  bool holding_ = false;
  std::vector<std::shared_ptr<Held>> kept_;
  detail::ForkLocal<detail::FakeTimers> timers_;  ///< Guards itself. Ends first: its tasks are the transport's.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
