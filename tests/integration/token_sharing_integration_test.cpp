// SPDX-License-Identifier: MIT

// Fleets of processes on one store, and one issuer, for days in fast time, while processes and servers are killed:
// how many tokens they cost, and whether anyone goes without.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "fleet.hpp"
#include "integration.hpp"
#include "redis.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using namespace std::chrono_literals;

namespace {

/// How long a day takes. In a quick one, an answer of the store takes as long as a quarter of an hour does, and the
/// lease of a process that was killed lives too long: what needs these in proportion is left to long ones.
std::chrono::seconds day_length() {
  const char* told = std::getenv("EXHIBITOR_FLEET_DAY_SECONDS");
  return std::chrono::seconds(told == nullptr ? 8 : std::atoi(told));
}
bool days_are_long() { return day_length() >= 60s; }

class Fleet {
 public:
  struct Incident {
    double day;
    std::function<void()> happen;
  };

  Fleet(std::size_t processes, int providers, std::chrono::milliseconds start_distance)
      : processes_(processes), start_distance_(start_distance) {
    options_.token_lifetime = day_length();
    sandbox_ = std::make_unique<sandbox::Sandbox>(options_);
    orders_.speed.factor = static_cast<int>(86400 / day_length().count());
    orders_.providers = providers;
    orders_.timeout = std::chrono::milliseconds(2500) * orders_.speed.factor;
    orders_.issuer_url = sandbox_->issuer_url();
    orders_.api_url = sandbox_->api_url();
    orders_.ca_file = sandbox_->ca_file();
    orders_.credentials = directory_.path("credentials");
    orders_.report = directory_.path("report");
    mount_secret(options_.client_secret);
  }

  fleet::Orders& orders() noexcept { return orders_; }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path(name); }
  [[nodiscard]] sandbox::Sandbox& sandbox() const noexcept { return *sandbox_; }
  [[nodiscard]] std::string faults() const { return support::content_of(orders_.report); }

  /// Starts all, and lets them run until so many days are over.
  void live(double days, const std::vector<Incident>& incidents) {
    orders_.speed.begun = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < processes_; ++i) {
      members_.push_back(start(i));
      std::this_thread::sleep_for(start_distance_);
    }
    for (auto next = incidents.begin(); today() < days; std::this_thread::sleep_for(5ms)) {
      if (next != incidents.end() && today() >= next->day) (next++)->happen();
      if (std::chrono::steady_clock::now() >= next_kill_) {
        crash(1);
        next_kill_ += between_kills_;
      }
    }
    members_.clear();
  }

  void crash(int count) {
    for (; count > 0; --count) {
      const std::size_t index = random_() % processes_;
      members_[index].reset();
      members_[index] = start(index);
    }
  }
  /// From now on, one after the other.
  void crash_each(std::chrono::milliseconds time) {
    between_kills_ = time;
    next_kill_ = std::chrono::steady_clock::now() + time;
  }
  void crash_no_more() { next_kill_ = std::chrono::steady_clock::time_point::max(); }

  /// The issuer takes a new secret, and no other.
  void rotate() {
    sandbox_->set_client_secret("another-secret-of-32-bytes-or-so");
    mount_secret("another-secret-of-32-bytes-or-so");
  }

  /// The most tokens that the days may cost: a fifth more than one for each life of a token and each secret.
  [[nodiscard]] static std::uint64_t allowed(double days_of_first_secret, double days_of_second_secret) {
    return static_cast<std::uint64_t>(1.2 * (std::ceil(days_of_first_secret) + std::ceil(days_of_second_secret)));
  }

 private:
  [[nodiscard]] double today() const { return std::chrono::duration<double>(orders_.speed.passed()).count() / 86400; }
  /// The clocks of a third each are three minutes early or late.
  std::unique_ptr<fleet::Member> start(std::size_t index) {
    orders_.wall_error = (static_cast<int>(index % 3) - 1) * 3min;
    return std::make_unique<fleet::Member>(orders_);
  }
  void mount_secret(const std::string& secret) {
    directory_.write("new", R"({"client_id": ")" + options_.client_id + R"(", "client_secret": ")" + secret + "\"}");
    std::filesystem::rename(directory_.path("new"), orders_.credentials);
  }

  const std::size_t processes_;
  const std::chrono::milliseconds start_distance_;
  const support::TemporaryDirectory directory_;
  sandbox::Options options_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  fleet::Orders orders_;
  std::mt19937 random_{20261201};
  std::vector<std::unique_ptr<fleet::Member>> members_;
  std::chrono::milliseconds between_kills_{};
  std::chrono::steady_clock::time_point next_kill_ = std::chrono::steady_clock::time_point::max();
};

}  // namespace

TEST_CASE("token sharing - a member of the fleet", "[.fleet_member]") {
  if (const char* orders = std::getenv(fleet::Orders::variable)) fleet::serve(fleet::Orders::of(orders));
}

TEST_CASE("token sharing - a fleet on one Redis costs a token a day, whatever happens to it", "[token_sharing]") {
  integration::Redis redis({"--appendonly", "yes"});
  Fleet fleet(20, 10, 100ms);
  fleet.orders().redis_url = redis.url();
  const auto crash = [&] { days_are_long() ? fleet.crash_each(500ms) : fleet.crash(5); };
  const auto restart = [&] { redis.restart(); };
  const auto lose_leases = [&] {
    integration::ask(redis, {"EVAL", "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end",
                             "0", "movio-exhibitor:lease:*"});
  };
  // A process that starts meanwhile would need a token of its own.
  const auto partition = [&] {
    fleet.crash_no_more();
    redis.freeze();
  };
  const double partitioned = days_are_long() ? 1.77 : 1.3;  // the first day's token is renewed about then, or is young
  fleet.live(7, {{0.4, crash},
                 {0.6, restart},
                 {0.9, lose_leases},
                 {partitioned, partition},
                 {partitioned + 2.0 / 24, [&] { redis.thaw(); }},
                 {2.2, crash},
                 {2.8, restart},
                 {3.2, crash},
                 {3.5, [&] { fleet.rotate(); }},
                 {3.9, crash},
                 {4.4, lose_leases},
                 {4.9, crash},
                 {5.3, lose_leases}});
  INFO(fleet.faults());
  CHECK(fleet.faults().empty());
  CHECK(fleet.sandbox().counters().tokens_issued <= Fleet::allowed(3.5, 3.5));
}

TEST_CASE("token sharing - processes on one file store cost a token a day, whatever is killed", "[token_sharing]") {
  Fleet fleet(64, 1, 0ms);
  fleet.orders().directory = fleet.path("tokens");
  fleet.live(4.4, {{0.2, [&] { fleet.crash_each(50ms); }}});
  INFO(fleet.faults());
  CHECK(fleet.faults().empty());
  CHECK(fleet.sandbox().counters().tokens_issued <= Fleet::allowed(4.4, 0));
}
