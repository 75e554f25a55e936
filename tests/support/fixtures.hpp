// SPDX-License-Identifier: MIT
#pragma once

// What the unit tests of tokens and calls share: providers and clients on the fakes, and answers for them.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <future>
#include <initializer_list>
#include <iostream>
#include <memory>
#include <movio/exhibitor/client.hpp>
#include <movio/exhibitor/detail/text/encoding.hpp>
#include <movio/exhibitor/testing.hpp>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "background.hpp"
#include "support.hpp"

namespace fixtures {

namespace ex = movio::exhibitor;

inline constexpr const char* issuer_url = "https://issuer.example/oauth/token";
inline constexpr auto no_deadline = ex::Clock::Steady::max();
inline constexpr const char* api_url = "https://api.example";
inline constexpr const char* planted_secret = "planted s3cret+&";  // holds what form encoding changes
inline constexpr const char* planted_token = "planted-t0ken.of-no.JWT";

inline constexpr std::chrono::seconds usable_day =
    std::chrono::hours(24) - std::chrono::minutes(1);        // of a day's token
inline constexpr auto renewal_begins = usable_day * 9 / 10;  // its renewal, at the earliest ...
inline constexpr auto renewal_due = usable_day * 19 / 20;    // ... and at the latest: half way to the margin

/// A moment that tokens can be issued at; the wall clock says 2024-10-04.
inline const ex::Moment& begun() {
  static const ex::Moment moment{std::chrono::hours(1000),
                                 std::chrono::system_clock::time_point(std::chrono::hours(480000))};
  return moment;
}

inline ex::Moment later(std::chrono::milliseconds time) { return {begun().uptime + time, begun().wall + time}; }

inline ex::AccessToken token_named(const std::string& text, std::chrono::seconds lifetime = std::chrono::hours(24)) {
  return {ex::Secret(text), "", lifetime, begun()};
}

/// An answer of the issuer that is a token, with `members` added to it or in place of what it holds.
inline ex::HttpResponse token_answer(const nlohmann::json& members = nlohmann::json::object()) {
  nlohmann::json answer{{"access_token", planted_token}, {"token_type", "Bearer"}, {"expires_in", 3600}};
  answer.update(members);
  return ex::json_response(200, answer.dump());
}

/// A token that looks signed.
inline std::string jwt(const std::string& payload) {
  const auto part = [](const std::string& text) {
    std::string encoded;
    for (const char c : ex::detail::base64_encode(text)) {
      if (c != '=') encoded += c == '+' ? '-' : (c == '/' ? '_' : c);
    }
    return encoded;
  };
  return part(R"({"alg":"RS256","kid":"k1"})") + '.' + part(payload) + '.' + part("not a signature");
}
inline std::string jwt(const nlohmann::json& claims) { return jwt(claims.dump()); }

/// The API's answer to a token that it does not accept.
inline ex::HttpResponse refusal(const std::string& reason = "expired", const std::string& error = "invalid_token") {
  return ex::json_response(
      401, "{}",
      {{"WWW-Authenticate", "Bearer realm=\"movio\", error=\"" + error + "\", error_description=\"" + reason + '"'}});
}

[[noreturn]] inline void give_up(const char* what) {
  std::cerr << "a test gave up: " << what << std::endl;  // an exception would wait for threads that wait for ever
  std::abort();
}

inline constexpr std::chrono::seconds patience{60};  // more than the slowest machine needs

/// Lets other threads run until something is so.
template <class Condition>
void await(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) give_up("what it waited for did not come");
    std::this_thread::yield();
  }
}

/// The outcome of something that runs in another thread.
template <class T>
T outcome(std::future<T>& future) {
  if (future.wait_for(patience) != std::future_status::ready) give_up("a call did not come to its end");
  return future.get();
}

/// What came of asking for a token, in one word: the token, or the kind of the error.
inline std::string said(const ex::Result<ex::AccessToken>& token) {
  return std::string(token ? token->reveal() : ex::to_string(token.error().kind));
}

/// Runs the same in many threads, and gives the outcomes when all have ended.
template <class Work>
auto in_threads(int count, Work work) {
  std::vector<std::future<decltype(work())>> futures;
  futures.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) futures.push_back(support::in_background(work));
  std::vector<decltype(work())> outcomes;
  outcomes.reserve(futures.size());
  for (auto& future : futures) outcomes.push_back(outcome(future));
  return outcomes;
}

/// A clock that knows how many threads have waited on it, so that a test can go on when all of them do.
class WatchedClock : public ex::FakeClock {
 public:
  void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Steady until) override {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      waiting_.insert(std::this_thread::get_id());
    }
    FakeClock::wait_until(lock, changed, until);
  }

  void await_waiting(std::size_t count) const {
    await([this, count] {
      const std::lock_guard<std::mutex> guard(mutex_);
      return waiting_.size() >= count;
    });
  }

  /// Counts anew; a thread may have the id of one that has ended.
  void forget_waiting() {
    const std::lock_guard<std::mutex> guard(mutex_);
    waiting_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::thread::id> waiting_;
};

/// Keeps the events that a hook is told of, as the text they print.
class EventLog {
 public:
  [[nodiscard]] ex::EventHook hook() const {
    return [state = state_](const ex::Event& event) {
      const std::lock_guard<std::mutex> guard(state->mutex);
      state->lines.push_back(support::printed(event));
    };
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard<std::mutex> guard(state_->mutex);
    return state_->lines;
  }
  /// How many lines hold a text.
  [[nodiscard]] std::size_t count(std::string_view part) const {
    const auto all = lines();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& line) { return support::contains(line, part); }));
  }
  [[nodiscard]] std::string text() const {
    std::string joined;
    for (const auto& line : lines()) joined += line + '\n';
    return joined;
  }

 private:
  struct State {
    std::mutex mutex;
    std::vector<std::string> lines;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// Everything that a provider needs, on the fakes; change it before asking for one.
struct Rig {
  std::shared_ptr<WatchedClock> clock = std::make_shared<WatchedClock>();
  std::shared_ptr<ex::FakeTransport> transport = std::make_shared<ex::FakeTransport>();
  EventLog log;
  ex::Endpoints endpoints{issuer_url, api_url};
  ex::CredentialSource source = ex::credentials("client-1", ex::Secret(planted_secret));
  ex::TokenOptions options;
  ex::SharedClientOptions client_options;

  Rig() {
    options.clock = clock;
    options.on_event = log.hook();
    client_options.retry.max_attempts = 1;
  }

  [[nodiscard]] std::shared_ptr<ex::TokenProvider> provider() const {
    return std::make_shared<ex::TokenProvider>(endpoints, source, options, transport);
  }
  [[nodiscard]] ex::ExhibitorClient client() const { return client(provider()); }
  [[nodiscard]] ex::ExhibitorClient client(std::shared_ptr<ex::TokenProvider> provider) const {
    return ex::ExhibitorClient(std::move(provider), client_options);
  }

  [[nodiscard]] std::size_t minted() const { return transport->token_requests().size(); }
  [[nodiscard]] std::size_t sent() const { return transport->requests().size(); }
};

/// A request as a program makes it.
inline ex::HttpRequest request_for(std::string method, std::string target) {
  ex::HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(target);
  return request;
}

/// The tokens that the recorded calls carried, in their order.
inline std::vector<std::string> tokens_sent(const ex::FakeTransport& transport) {
  constexpr std::string_view prefix = "Authorization: Bearer ";
  std::vector<std::string> tokens;
  for (const auto& request : transport.requests()) {
    const std::string_view line = request.authorization ? request.authorization->reveal() : "no Authorization";
    tokens.emplace_back(line.substr(0, prefix.size()) == prefix ? line.substr(prefix.size()) : line);
  }
  return tokens;
}

}  // namespace fixtures
