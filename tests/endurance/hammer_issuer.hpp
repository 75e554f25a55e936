// SPDX-License-Identifier: MIT
#pragma once

// The issuer's side of the hammer: secrets that are rotated, an issuer of many moods, and what it is asked by whom.
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "fixtures.hpp"
#include "hammer_watch.hpp"
#include "integration.hpp"

namespace hammer {

using namespace std::chrono_literals;

/// The client secret at its two ends, which are changed one after the other: for a while the issuer refuses it.
class Secrets {
 public:
  explicit Secrets(sandbox::Sandbox& issuer) : issuer_(issuer) {}

  static std::string named(int generation) { return std::string(planted) + " secret+&=" + std::to_string(generation); }

  [[nodiscard]] ex::ClientCredentials current() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return {sandbox::Options().client_id, ex::Secret(named(generation_))};
  }

  /// By one thread at a time.
  void rotate(bool issuer_first, std::chrono::microseconds gap) {
    const int next = ++latest_;
    if (issuer_first) {
      issuer_.set_client_secret(named(next));
    } else {
      hand_out(next);
    }
    std::this_thread::sleep_for(gap);
    issuer_.set_client_secret(named(next));
    hand_out(next);
  }

 private:
  void hand_out(int generation) {
    const std::lock_guard<std::mutex> lock(mutex_);
    generation_ = generation;
  }

  sandbox::Sandbox& issuer_;
  int latest_ = 0;
  mutable std::mutex mutex_;
  int generation_ = 0;  ///< Guarded by the mutex.
};

/// What a provider owes to those who call it, and what it has asked of the issuer; outlives the provider.
struct Account {
  Account(Watch& tells, std::size_t number_of_it, std::chrono::milliseconds waits_for_answers)
      : watch(tells), number(number_of_it), patience(waits_for_answers) {}

  Watch& watch;
  const std::size_t number;
  const std::chrono::milliseconds patience;
  ex::TokenProvider* provider = nullptr;

  Count promised;  ///< Completions that it was given ...
  Count told;      ///< ... and that have returned.
  Mark in_source;
  Mark ends;   ///< The destructor runs or has run.
  Mark ended;  ///< The destructor has returned, and nobody is told anything any more.

  Count minted;      ///< By the events.
  Count unanswered;  ///< Requests that may not have come to the issuer.
  Count received;    ///< By the issuer.
  Relaxed<int> at_issuer;
  ex::TokenStatus last;             ///< Before its end.
  std::atomic<bool> closed{false};  ///< Nothing above changes any more but what the issuer receives.
};

/// The accounts of all providers; each tells its number to the issuer.
class Accounts {
 public:
  std::shared_ptr<Account> open(Watch& watch, std::chrono::milliseconds patience) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return accounts_.emplace_back(std::make_shared<Account>(watch, accounts_.size(), patience));
  }
  [[nodiscard]] std::shared_ptr<Account> of(const httplib::Request& asked) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return accounts_.at(std::stoul(asked.get_param_value("account")));
  }
  [[nodiscard]] bool closed() const {
    const auto accounts = all();
    return std::all_of(accounts.begin(), accounts.end(), [](const auto& account) { return account->closed.load(); });
  }
  [[nodiscard]] std::uint64_t received() const {
    std::uint64_t sum = 0;
    for (const auto& account : all()) sum += account->received;
    return sum;
  }
  [[nodiscard]] std::vector<std::shared_ptr<Account>> all() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return accounts_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Account>> accounts_;
};

constexpr std::chrono::milliseconds impatient = 20ms;
constexpr std::chrono::milliseconds patient = 30s;

/// An issuer that does its work half of the time.
class MoodyIssuer {
 public:
  using Request = httplib::Request;
  using Response = httplib::Response;

  explicit MoodyIssuer(const Accounts& accounts) : accounts_(accounts) {}

  bool answers(const Request& asked, Response& answer) {
    const auto account = accounts_.of(asked);
    ++account->received;
    const bool alone = ++account->at_issuer == 1;
    account->watch.expect(alone || account->patience == impatient, "two requests of one provider at the same time");
    if (dice_.one_in(4)) std::this_thread::sleep_for(dice_.up_to(30ms));
    --account->at_issuer;
    if (dice_.one_in(2)) return false;
    if (account->patience == impatient && dice_.one_in(8)) return begins_to_answer(answer);
    moods_[dice_.below(static_cast<unsigned>(moods_.size()))](asked, answer);
    return true;
  }
  [[nodiscard]] std::uint64_t tokens() const { return tokens_; }

 private:
  using Mood = std::function<void(const Request&, Response&)>;

  static Mood status(int code, const char* retry_after = nullptr) {
    return [code, retry_after](const Request&, Response& answer) {
      answer.status = code;
      if (retry_after != nullptr) answer.set_header("Retry-After", retry_after);
    };
  }
  static Mood page(const char* content, const char* type) {
    return [content, type](const Request&, Response& answer) { answer.set_content(content, type); };
  }
  static Mood refusal(int code, const char* error) {
    return [code, error](const Request& asked, Response& answer) {
      const std::string sent = asked.get_header_value("Authorization") + ' ' + asked.body;
      answer.status = code;
      answer.set_content(nlohmann::json{{"error", error}, {"error_description", sent}}.dump(), "application/json");
    };
  }
  static void wrong_audience(const Request&, Response& answer) {
    const auto token = fixtures::jwt(nlohmann::json{{"aud", "https://elsewhere.example"}});
    answer.set_content(fixtures::token_answer({{"access_token", token}}).body, "application/json");
  }
  /// The rest of the answer never comes.
  static bool begins_to_answer(Response& answer) {
    answer.set_header("Content-Length", "100");
    return true;
  }
  Mood token_for(std::chrono::seconds lifetime) {
    return [this, lifetime](const Request&, Response& answer) {
      const auto token = std::string(planted) + "-token-" + std::to_string(++tokens_);
      const nlohmann::json members{{"access_token", token}, {"expires_in", lifetime.count()}};
      answer.set_content(fixtures::token_answer(members).body, "application/json");
    };
  }

  const Accounts& accounts_;
  Dice dice_{1};
  Count tokens_;
  const std::vector<Mood> moods_{token_for(1s),
                                 token_for(1s),
                                 token_for(1h),
                                 status(500),
                                 status(503),
                                 status(429, "0"),
                                 status(429, "1"),
                                 status(429, "PLANTED soon"),
                                 page(R"({"access_token":"PLANTED-cut-off)", "application/json"),
                                 page(R"({"access_token":"PLANTED\u0000","token_type":"Bearer"})", "application/json"),
                                 page("<html>PLANTED: sign in to the airport's network</html>", "text/html"),
                                 page("", "application/json"),
                                 refusal(401, "invalid_client"),
                                 refusal(403, "access_denied"),
                                 wrong_audience};
};

}  // namespace hammer
