// SPDX-License-Identifier: MIT

// The API refuses a token that many calls have sent: rule 11 of TokenProvider, in every order of their steps, and with
// real threads.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <movio/exhibitor/testing.hpp>
#include <movio/exhibitor/token/provider.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using fixtures::no_deadline;
using fixtures::Rig;
using fixtures::said;
using namespace std::chrono_literals;

namespace {

/// Which of the tokens "fake-token-1", "fake-token-2", ... the API refuses.
using Refuses = std::function<bool(const std::string&)>;

/// One call as a program would make it that speaks to the API itself, step by step.
class SteppedCall {
 public:
  SteppedCall(ex::TokenProvider& provider, const Refuses& refuses) : provider_(&provider), refuses_(&refuses) {}

  [[nodiscard]] bool ended() const { return !outcome_.empty(); }
  [[nodiscard]] bool can_go_on() const { return !ended() && !(asked_ && !token_); }
  [[nodiscard]] const std::string& outcome() const { return outcome_; }

  /// Calls of the same state are alike: it is no other order when another of them goes on.
  [[nodiscard]] std::string state() const {
    return std::to_string(asked_) + (token_ ? said(*token_) : "") + std::to_string(refusals_);
  }

  void go_on() {
    if (!asked_) return ask();
    if (refusals_ == 2) return confirm();
    const auto token = *token_;
    if (!token) return end("no token");
    if (!(*refuses_)(std::string(token->reveal()))) return end("ok");
    if (++refusals_ == 2) return;  // it confirms in a step of its own
    if (!provider_->reject(*token)) return end("refused");
    asked_ = false;
    token_.reset();
  }

 private:
  void ask() {
    asked_ = true;
    provider_->token_async([this](const ex::Result<ex::AccessToken>& token) { token_ = token; }, no_deadline);
  }
  void confirm() {
    provider_->confirm_rejection(**token_);
    end("refused");
  }
  void end(const char* outcome) { outcome_ = outcome; }

  ex::TokenProvider* provider_;
  const Refuses* refuses_;
  bool asked_ = false;
  std::optional<ex::Result<ex::AccessToken>> token_;
  int refusals_ = 0;
  std::string outcome_;
};

/// Chooses as it is told, and by the first choice after that.
class Choices {
 public:
  std::size_t choose(std::size_t count) {
    if (at_ == taken_.size()) taken_.push_back({0, count});
    return taken_[at_++].first;
  }
  /// Goes on to the next sequence of choices; false when that was the last.
  bool next() {
    at_ = 0;
    while (!taken_.empty() && ++taken_.back().first == taken_.back().second) taken_.pop_back();
    return !taken_.empty();
  }

 private:
  std::vector<std::pair<std::size_t, std::size_t>> taken_;
  std::size_t at_ = 0;
};

/// Three calls of one provider whose token is there already, and the issuer's answers, in the order chosen.
std::string storm_in_order(Choices& choices, const Refuses& refuses, bool token_is_due) {
  const Rig rig;
  const auto provider = rig.provider();
  static_cast<void>(provider->token());
  if (token_is_due) rig.clock->advance(23h);
  bool answer_awaited = false;
  rig.transport->hold();
  std::vector<SteppedCall> calls(3, SteppedCall(*provider, refuses));
  while (true) {
    std::vector<std::function<void()>> steps;
    std::set<std::string> states;
    for (SteppedCall& call : calls) {
      if (call.can_go_on() && states.insert(call.state()).second) steps.emplace_back([&call] { call.go_on(); });
    }
    answer_awaited = provider->status().fetching;
    if (answer_awaited) {
      steps.emplace_back([&] {
        rig.transport->release();
        rig.transport->hold();
      });
    }
    if (steps.empty()) break;
    steps[choices.choose(steps.size())]();
  }
  std::string all = std::to_string(rig.minted()) + " tokens:";
  std::multiset<std::string> outcomes;
  for (const auto& call : calls) outcomes.insert(call.outcome());
  for (const auto& outcome : outcomes) all += ' ' + outcome;
  return all;
}

/// An API that refuses tokens, over the fake transport.
class RefusingApi : public ex::FakeTransport {
 public:
  explicit RefusingApi(Refuses refuses) : refuses_(std::move(refuses)) {}

  void start(ex::TransportRequest request, Completion completion) override {
    constexpr std::string_view bearer = "Authorization: Bearer ";
    const auto line = request.authorization->reveal();
    const bool is_call = line.substr(0, bearer.size()) == bearer;
    if (is_call && refuses_(std::string(line.substr(bearer.size())))) return completion(fixtures::refusal());
    FakeTransport::start(std::move(request), std::move(completion));
  }

 private:
  Refuses refuses_;
};

/// What comes of a hundred calls in threads of their own.
std::string storm_of_threads(const Refuses& refuses) {
  Rig rig;
  rig.transport = std::make_shared<RefusingApi>(refuses);
  const auto client = rig.client();
  std::set<std::string> outcomes;
  for (const auto& answer : fixtures::in_threads(100, [&] { return client.get("/members"); })) {
    outcomes.insert(answer ? "ok" : std::string(to_string(answer.error().kind)));
  }
  std::string all = std::to_string(rig.minted()) + " tokens:";
  for (const auto& outcome : outcomes) all += ' ' + outcome;
  return all;
}

/// All that comes of it, in any order.
std::set<std::string> storm_in_all_orders(const Refuses& refuses, bool token_is_due) {
  std::set<std::string> seen;
  Choices choices;
  do seen.insert(storm_in_order(choices, refuses, token_is_due));
  while (choices.next());
  return seen;
}

}  // namespace

TEST_CASE("token storm - a refused token is replaced once, in every order of three calls", "[token_storm]") {
  const Refuses refuses_first = [](const std::string& token) { return token == "fake-token-1"; };
  using Seen = std::set<std::string>;
  CHECK(storm_in_all_orders(refuses_first, false) == Seen{"2 tokens: ok ok ok"});
  CHECK(storm_in_all_orders(refuses_first, true) == Seen{"2 tokens: ok ok ok"});
}

TEST_CASE("token storm - where every token is refused, two are minted in every order of three calls", "[token_storm]") {
  const Refuses refuses_all = [](const std::string&) { return true; };
  CHECK(storm_in_all_orders(refuses_all, false) == std::set<std::string>{"2 tokens: refused refused refused"});
}

TEST_CASE("token storm - of a hundred threads costs one more token", "[token_storm]") {
  for (int round = 0; round < 20; ++round) {
    CHECK(storm_of_threads([](const std::string& token) { return token == "fake-token-1"; }) == "2 tokens: ok");
    CHECK(storm_of_threads([](const std::string&) { return true; }) == "2 tokens: unauthorized");
  }
}

TEST_CASE("token storm - the first call to find that every token is refused has it told", "[token_storm]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(provider->reject(*provider->token()));
  const auto second = provider->token();
  CHECK_FALSE(provider->reject(*second));  // a call that began with it
  CHECK_FALSE(provider->reject(*second));
  CHECK(rig.log.count("token_rejected fingerprint=" + second->fingerprint()) == 1);
  CHECK(provider->status().no_replay_for == 5min);
}

TEST_CASE("token storm - a token that was accepted before it is refused is replaced, however soon", "[token_storm]") {
  Rig rig;
  std::string revoked;
  rig.transport = std::make_shared<RefusingApi>([&](const std::string& token) { return token <= revoked; });
  const auto client = rig.client();
  for (const char* token : {"", "fake-token-1", "fake-token-2", "fake-token-3"}) {
    revoked = token;
    CHECK(client.get("/members").has_value());
  }
  CHECK(rig.minted() == 4);
}
