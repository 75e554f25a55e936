// SPDX-License-Identifier: MIT
#pragma once

// Many processes that share tokens, in fast time: what one of them does.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <memory>
#include <movio/exhibitor/file_token_store.hpp>
#include <movio/exhibitor/redis_token_store.hpp>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fast_time.hpp"
#include "integration.hpp"

namespace fleet {

namespace ex = movio::exhibitor;
using nlohmann::json;

/// What the processes are told, by an environment variable.
struct Orders {
  static constexpr const char* variable = "EXHIBITOR_FLEET_MEMBER";

  fast_time::Speed speed{};
  std::chrono::milliseconds timeout{};  ///< Of a token, in fast time.
  int providers = 1;                    ///< In each process.
  std::string issuer_url;
  std::string api_url;
  std::string ca_file;
  std::string credentials;  ///< A file.
  std::string redis_url;    ///< Or else `directory`.
  std::string directory;
  std::string report;  ///< The file that takes what must not happen.
  std::chrono::seconds wall_error{};

  [[nodiscard]] std::string text() const {
    return json{{"factor", speed.factor},     {"begun", speed.begun.time_since_epoch().count()},
                {"timeout", timeout.count()}, {"providers", providers},
                {"issuer_url", issuer_url},   {"api_url", api_url},
                {"ca_file", ca_file},         {"credentials", credentials},
                {"redis_url", redis_url},     {"directory", directory},
                {"report", report},           {"wall_error", wall_error.count()}}
        .dump();
  }
  static Orders of(const std::string& text) {
    const auto told = json::parse(text);
    const std::chrono::steady_clock::duration begun(told["begun"].get<std::int64_t>());
    return {{told["factor"], std::chrono::steady_clock::time_point(begun)},
            std::chrono::milliseconds(told["timeout"].get<std::int64_t>()),
            told["providers"],
            told["issuer_url"],
            told["api_url"],
            told["ca_file"],
            told["credentials"],
            told["redis_url"],
            told["directory"],
            told["report"],
            std::chrono::seconds(told["wall_error"].get<std::int64_t>())};
  }
};

/// One provider, with a connection and a store of its own, that is used again and again.
class User {
 public:
  explicit User(const Orders& orders)
      : report_(orders.report, std::ios::app),
        clock_(std::make_shared<fast_time::Clock>(orders.speed, orders.wall_error)),
        transport_(std::make_shared<fast_time::Transport>(orders.speed, curl_options(orders))),
        api_url_(orders.api_url),
        provider_(ex::Endpoints{orders.issuer_url, orders.api_url, true}, ex::credentials_from_file(orders.credentials),
                  token_options(orders), transport_) {}

  /// Asks for a token, unless the one before is still waited for.
  void use() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (std::exchange(waiting_, true)) return;
      asked_at_ = clock_->now();
      answers_at_once_ = asked_at_ < usable_until_;
    }
    provider_.token_async([this](const auto& token) { answered(token); });
  }

 private:
  static ex::CurlOptions curl_options(const Orders& orders) {
    ex::CurlOptions options;
    options.ca_file = orders.ca_file;
    return options;
  }
  ex::TokenOptions token_options(const Orders& orders) const {
    ex::TokenOptions options;
    options.timeout = orders.timeout;
    options.clock = clock_;
    options.store = ex::sealed(store(orders), ex::Secret(std::string(32, 'k')));
    return options;
  }
  static std::shared_ptr<ex::TokenStore> store(const Orders& orders) {
    if (orders.redis_url.empty()) {
      return std::make_shared<fast_time::Shortened<ex::FileTokenStore>>(orders.speed, orders.directory);
    }
    ex::RedisOptions options;
    options.url = orders.redis_url;
    return std::make_shared<fast_time::Shortened<ex::RedisTokenStore>>(orders.speed, options);
  }

  void answered(const ex::Result<ex::AccessToken>& token) {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_ = false;
    if (!token) return report("without a token: " + token.error().message);
    if (answers_at_once_ && clock_->now() - asked_at_ > std::chrono::minutes(30)) report("waited with a valid token");
    if (held_ && token->same_as(*held_)) return;
    held_ = *token;
    usable_until_ = clock_->now() + std::chrono::duration_cast<ex::Clock::Steady::duration>(
                                        token->usable_life() - token->age(clock_->moment()) - std::chrono::minutes(30));
    try_out(*token);
  }

  /// The API must accept each token that a provider gives.
  void try_out(const ex::AccessToken& token) {
    auto request = integration::request("GET", api_url_ + "/subscriptions/categories");
    request.authorization = token.authorization_line();
    transport_->start(std::move(request), [this](const ex::Result<ex::HttpResponse>& answer) {
      if (answer && answer->status != 200) report("a token is given that the API refuses");
    });
  }

  void report(const std::string& what) {
    report_ << (std::to_string(::getpid()) + ", day " +
                std::to_string(std::chrono::duration<double>(clock_->now().time_since_epoch()).count() / 86400) + ": " +
                what + '\n')
            << std::flush;
  }

  std::ofstream report_;
  const std::shared_ptr<fast_time::Clock> clock_;
  const std::shared_ptr<fast_time::Transport> transport_;
  const std::string api_url_;
  std::mutex mutex_;  ///< Guards what follows, but the provider.
  bool waiting_ = false;
  bool answers_at_once_ = false;
  ex::Clock::Steady asked_at_;
  ex::Clock::Steady usable_until_;
  std::optional<ex::AccessToken> held_;
  ex::TokenProvider provider_;  ///< Its end comes first.
};

/// What a process of the fleet does, until it is killed.
[[noreturn]] inline void serve(const Orders& orders) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<std::unique_ptr<User>> users;
  for (int i = 0; i < orders.providers; ++i) users.push_back(std::make_unique<User>(orders));
  for (;;) {
    for (const auto& user : users) user->use();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace fleet
