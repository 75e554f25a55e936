#pragma once

// For the tests of programs that use the library, and of the library itself; not part of <movio/exhibitor.hpp>.

#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "clock.hpp"
#include "detail/json.hpp"
#include "transport.hpp"

namespace movio::exhibitor {
inline namespace v0 {

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
/// PUT of an array and with `{}` to anything else. Completions run in the thread that calls `start`, or, after
/// `hold()`, in the one that calls `release()`. Thread-safety: every call from any thread.
class FakeTransport : public Transport {
 public:
  using Answer = Result<HttpResponse>;

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

  /// From now on nothing is answered until `release()`, which answers what has been kept.
  void hold() {
    const std::lock_guard<std::mutex> lock(mutex_);
    holding_ = true;
  }
  void release() {
    std::vector<Task> kept;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      holding_ = false;
      kept.swap(kept_);
    }
    for (const auto& complete : kept) complete();
  }

  void start(HttpRequest request, Completion completion) override {
    Task complete;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const bool for_token = request.body.bytes().find("grant_type=client_credentials") != std::string_view::npos;
      Answer answer = for_token ? next_token() : next_answer(request);
      (for_token ? token_requests_ : requests_).push_back(std::move(request));
      complete = [completion = std::move(completion), answer = std::move(answer)] { completion(answer); };
      if (holding_) {
        kept_.push_back(std::move(complete));
        return;
      }
    }
    complete();
  }

  /// A task without delay runs at once, any other with `run_delayed_tasks`.
  bool after(std::chrono::milliseconds delay, Task task) override {
    if (delay.count() <= 0) {
      task();
      return true;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    delayed_.push_back(std::move(task));
    return true;
  }

  void run_delayed_tasks() {
    std::vector<Task> tasks;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      tasks.swap(delayed_);
    }
    for (const auto& task : tasks) task();
  }

 private:
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
  std::vector<Task> kept_;
  std::vector<Task> delayed_;
};

}  // namespace v0
}  // namespace movio::exhibitor
