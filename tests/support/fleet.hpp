// SPDX-License-Identifier: MIT
#pragma once

// Fleets of processes on one store, and one issuer, for days in fast time, while processes and servers are killed:
// how many tokens they cost, and whether anyone goes without.
#include <signal.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "fleet_member.hpp"
#include "support.hpp"

namespace fleet {

/// Starts this program again as a process of the fleet, and kills it.
class Member {
 public:
  explicit Member(const Orders& orders) {
    ::setenv(Orders::variable, orders.text().c_str(), 1);
    std::vector<std::string> words{"/proc/self/exe", "[.fleet_member]"};
    std::vector<char*> arguments{words[0].data(), words[1].data(), nullptr};
    if (::posix_spawn(&process_, words[0].c_str(), nullptr, nullptr, arguments.data(), environ) != 0) {
      throw std::runtime_error("a process of the fleet did not start");
    }
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;
  ~Member() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

 private:
  pid_t process_ = -1;
};

/// How long a day takes. In a quick one, an answer of the store takes as long as a quarter of an hour does, and the
/// lease of a process that was killed lives too long: what needs these in proportion is left to long ones.
inline std::chrono::seconds day_length() {
  const char* told = std::getenv("EXHIBITOR_FLEET_DAY_SECONDS");
  return std::chrono::seconds(told == nullptr ? 8 : std::atoi(told));
}
inline bool days_are_long() { return day_length() >= std::chrono::seconds(60); }

/// The processes, their issuer, and what happens to them.
class Fleet {
 public:
  struct Incident {
    double day;
    std::function<void()> happen;
  };

  Fleet(std::size_t processes, int providers, std::chrono::milliseconds start_distance)
      : processes_(processes), start_distance_(start_distance) {
    options_.token_lifetime = day_length() + std::chrono::seconds(1);  // see fast_time::Transport
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

  Orders& orders() noexcept { return orders_; }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path(name); }
  [[nodiscard]] std::uint64_t minted() const { return sandbox_->counters().tokens_issued; }
  [[nodiscard]] std::string faults() const { return support::content_of(orders_.report); }

  /// Starts all, and lets them run until so many days are over.
  void live(double days, const std::vector<Incident>& incidents) {
    orders_.speed.begun = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < processes_; ++i) {
      members_.push_back(start(i));
      std::this_thread::sleep_for(start_distance_);
    }
    for (auto next = incidents.begin(); today() < days; std::this_thread::sleep_for(std::chrono::milliseconds(5))) {
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
  std::unique_ptr<Member> start(std::size_t index) {
    orders_.wall_error = (static_cast<int>(index % 3) - 1) * std::chrono::minutes(3);
    return std::make_unique<Member>(orders_);
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
  Orders orders_;
  std::mt19937 random_{20261201};
  std::vector<std::unique_ptr<Member>> members_;
  std::chrono::milliseconds between_kills_{};
  std::chrono::steady_clock::time_point next_kill_ = std::chrono::steady_clock::time_point::max();
};

}  // namespace fleet
