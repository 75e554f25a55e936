// SPDX-License-Identifier: MIT
#pragma once

// Time that passes many times as fast as it does, for processes, servers and stores that are real: each of their times
// is shortened as the clock is sped up.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <movio/exhibitor.hpp>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace fast_time {

namespace ex = movio::exhibitor;

/// How fast it passes, and since when; the same for all processes of a test.
struct Speed {
  int factor;
  std::chrono::steady_clock::time_point begun;

  [[nodiscard]] std::chrono::nanoseconds passed() const { return (std::chrono::steady_clock::now() - begun) * factor; }
  [[nodiscard]] std::chrono::milliseconds real(std::chrono::milliseconds time) const { return time / factor; }
};

class Clock : public ex::Clock {
 public:
  Clock(Speed speed, std::chrono::seconds wall_error) : speed_(speed), wall_error_(wall_error) {}

  [[nodiscard]] Steady now() const noexcept override { return Steady(speed_.passed()); }
  [[nodiscard]] ex::Moment moment() const noexcept override {
    const auto passed = speed_.passed();
    return {std::chrono::hours(1000) + passed,
            std::chrono::system_clock::time_point(std::chrono::hours(480000)) + wall_error_ + passed};
  }
  void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Steady until) override {
    changed.wait_until(lock, speed_.begun + until.time_since_epoch() / speed_.factor);
  }

 private:
  const Speed speed_;
  const std::chrono::seconds wall_error_;
};

/// The issuer counts in real seconds, and cuts off parts of one: of what it says a token lives, the last is no use.
class Transport : public ex::Transport {
 public:
  Transport(Speed speed, ex::CurlOptions options) : speed_(speed), real_(std::move(options)) {}

  void start(ex::TransportRequest request, Completion completion) override {
    if (request.timeout) request.timeout = speed_.real(*request.timeout);
    real_.start(std::move(request), [factor = speed_.factor, done = std::move(completion)](auto answer) {
      if (answer) lengthen_life(answer->body, factor);
      done(std::move(answer));
    });
  }
  bool after(std::chrono::milliseconds delay, Task task) override {
    constexpr std::chrono::milliseconds no_busy_loop{5};
    return real_.after(delay.count() == 0 ? delay : std::max(speed_.real(delay), no_busy_loop), std::move(task));
  }
  [[nodiscard]] bool may_block() const noexcept override { return real_.may_block(); }

 private:
  static void lengthen_life(std::string& body, int factor) {
    auto answer = nlohmann::json::parse(body, nullptr, false);
    if (!answer.is_object() || !answer.contains("expires_in")) return;
    answer["expires_in"] = (answer["expires_in"].get<int>() - 1) * factor;
    body = answer.dump();
  }

  const Speed speed_;
  ex::CurlTransport real_;
};

/// A store whose entries and leases live for real.
template <class Store>
class Shortened : public Store {
 public:
  template <class Options>
  Shortened(Speed speed, Options options) : Store(std::move(options)), speed_(speed) {}

  ex::Result<void> save(const std::string& name, const std::string& entry, std::chrono::milliseconds life) override {
    return Store::save(name, entry, speed_.real(life));
  }
  ex::Result<bool> acquire(const std::string& name, const std::string& owner, std::chrono::milliseconds life) override {
    return Store::acquire(name, owner, speed_.real(life));
  }

 private:
  const Speed speed_;
};

}  // namespace fast_time
