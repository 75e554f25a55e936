// SPDX-License-Identifier: MIT
#include <functional>
#include <future>
#include <memory>
#include <movio/exhibitor/testing.hpp>
#include <movio/exhibitor/token/provider.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "fixtures.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using fixtures::in_threads;
using fixtures::outcome;
using fixtures::Rig;
using fixtures::said;
using fixtures::token_answer;
using support::contains;
using Token = ex::Result<ex::AccessToken>;
using namespace std::chrono_literals;

namespace {

/// A call of `token()` in another thread, with a deadline or a cancellation of its own if need be.
std::future<Token> asking(const std::shared_ptr<ex::TokenProvider>& provider) {
  return support::in_background([raw = provider.get()] { return raw->token(); });
}
std::future<Token> asking(const std::shared_ptr<ex::TokenProvider>& provider, ex::Clock::Steady deadline,
                          const ex::CancelToken& cancel = {}) {
  return support::in_background([raw = provider.get(), deadline, cancel] { return raw->token(deadline, cancel); });
}

/// A transport whose timer or whose thread can be taken away.
class LimitedTransport : public ex::FakeTransport {
 public:
  bool after(std::chrono::milliseconds delay, Task task) override {
    return takes_tasks && FakeTransport::after(delay, std::move(task));
  }
  [[nodiscard]] bool may_block() const noexcept override { return blocking_allowed; }

  bool takes_tasks = true;
  bool blocking_allowed = true;
};

}  // namespace

TEST_CASE("token provider - fetches once and keeps the token", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(rig.minted() == 0);
  const auto first = provider->token();
  REQUIRE(first);
  for (int i = 0; i < 100; ++i) CHECK(provider->token()->same_as(*first));
  CHECK(rig.minted() == 1);
}

TEST_CASE("token provider - fetches once under 64 threads, and all get that token", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->hold();
  auto all = support::in_background([&] { return in_threads(64, [&] { return provider->token(); }); });
  rig.clock->await_waiting(64);
  rig.transport->release();
  const auto tokens = outcome(all);
  REQUIRE(tokens.size() == 64);
  for (const auto& token : tokens) REQUIRE((token && token->same_as(*tokens.front())));
  CHECK(rig.minted() == 1);
}

TEST_CASE("token provider - one failure is everyone's", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->answer_token(ex::json_response(401, R"({"error":"invalid_client"})"));
  rig.transport->hold();
  auto all = support::in_background([&] { return in_threads(64, [&] { return provider->token(); }); });
  rig.clock->await_waiting(64);
  rig.transport->release();
  for (const auto& token : outcome(all)) REQUIRE(said(token) == "issuer_rejected");
  CHECK(rig.minted() == 1);
}

TEST_CASE("token provider - a waiter whose time is over leaves the others alone", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->hold();
  auto hurried = asking(provider, rig.clock->now() + 1s);  // the first one: it must not be the leader
  rig.clock->await_waiting(1);
  auto patient = asking(provider, rig.clock->now() + 1h);
  rig.clock->await_waiting(2);
  rig.clock->advance(1s);
  CHECK(said(outcome(hurried)) == "timeout");
  rig.transport->release();
  CHECK(said(outcome(patient)) == "fake-token-1");
  CHECK(rig.minted() == 1);
}

TEST_CASE("token provider - a wait may be given a duration", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->hold();
  auto hurried = support::in_background([&] { return provider->token(10s); });
  rig.clock->await_waiting(1);
  rig.clock->advance(9s);
  CHECK(hurried.wait_for(20ms) == std::future_status::timeout);
  rig.clock->advance(1s);
  CHECK(said(outcome(hurried)) == "timeout");
  rig.transport->release();
}

TEST_CASE("token provider - a waiter that is cancelled leaves the others alone", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  const ex::CancelSource source;
  rig.transport->hold();
  auto impatient = asking(provider, ex::Clock::Steady::max(), source.token());
  rig.clock->await_waiting(1);
  auto patient = asking(provider);
  rig.clock->await_waiting(2);
  source.cancel();
  CHECK(said(outcome(impatient)) == "cancelled");
  CHECK_FALSE(rig.transport->token_requests().front().cancel.cancelled());
  rig.transport->release();
  CHECK(said(outcome(patient)) == "fake-token-1");
  CHECK(rig.minted() == 1);
}

TEST_CASE("token provider - a fetch that every waiter has left goes on and serves later callers", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->hold();
  auto hurried = asking(provider, rig.clock->now() + 1s);
  rig.clock->await_waiting(1);
  rig.clock->advance(2s);
  CHECK(said(outcome(hurried)) == "timeout");
  rig.clock->forget_waiting();
  auto later = asking(provider);
  rig.clock->await_waiting(1);
  rig.transport->release();
  CHECK(said(outcome(later)) == "fake-token-1");
  CHECK(said(provider->token()) == "fake-token-1");
  CHECK(rig.minted() == 1);
}

TEST_CASE("token provider - a waiter that left does not affect the next fetch", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->hold();
  auto hurried = asking(provider, rig.clock->now() + 1s);
  rig.clock->await_waiting(1);
  rig.transport->answer_token(ex::json_response(503));
  rig.clock->advance(1s);
  CHECK(said(outcome(hurried)) == "timeout");
  rig.transport->release();
  provider->invalidate(*provider->token());
  rig.transport->hold();
  auto next = asking(provider);
  fixtures::await([&] { return rig.minted() == 2; });
  rig.transport->release();
  CHECK(said(outcome(next)) == "issuer_unavailable");
}

TEST_CASE("token provider - asks for a new token a minute or a tenth of its life before the end", "[token_provider]") {
  const std::vector<std::pair<std::chrono::seconds, std::chrono::milliseconds>> rows{
      {1s, 900ms}, {5s, 4500ms}, {10min, 9min}, {11min, 10min}, {24h, 24h - 1min}};
  for (const auto& [lifetime, usable] : rows) {
    INFO(lifetime.count());
    const Rig rig;
    const auto provider = rig.provider();
    rig.transport->set_token_lifetime(lifetime);
    CHECK(said(provider->token()) == "fake-token-1");
    rig.clock->advance(usable - 1ms);
    CHECK(said(provider->token()) == "fake-token-1");
    rig.clock->advance(1ms);
    CHECK(said(provider->token()) == "fake-token-2");
  }
}

TEST_CASE("token provider - suspend counts, and so does a wall clock set forward", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(said(provider->token()) == "fake-token-1");
  rig.clock->suspend(24h);
  CHECK(said(provider->token()) == "fake-token-2");
  rig.clock->step_wall(24h);
  CHECK(said(provider->token()) == "fake-token-3");
}

TEST_CASE("token provider - a wall clock set back keeps no token alive", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(said(provider->token()) == "fake-token-1");
  rig.clock->step_wall(-1000h);
  CHECK(said(provider->token()) == "fake-token-1");
  rig.clock->advance(24h - 1min);
  CHECK(said(provider->token()) == "fake-token-2");
}

TEST_CASE("token provider - a token's life begins when it is asked for, not when it comes", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->set_token_lifetime(1h);
  rig.transport->hold();
  auto waiting = asking(provider, ex::Clock::Steady::max());
  rig.clock->await_waiting(1);
  rig.clock->advance(10min);
  rig.transport->release();
  CHECK(said(outcome(waiting)) == "fake-token-1");
  rig.clock->advance(49min - 1ms);
  CHECK(said(provider->token()) == "fake-token-1");
  rig.clock->advance(1ms);
  CHECK(said(provider->token()) == "fake-token-2");
}

TEST_CASE("token provider - a token just fetched goes to its waiters, though it is about to expire",
          "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->set_token_lifetime(1s);
  rig.transport->hold();
  auto all = support::in_background([&] { return in_threads(8, [&] { return provider->token(); }); });
  rig.clock->await_waiting(8);
  rig.clock->advance(2s);
  rig.transport->release();
  for (const auto& token : outcome(all)) CHECK(said(token) == "fake-token-1");
  CHECK(rig.minted() == 1);  // no loop of fetching
  CHECK(said(provider->token()) == "fake-token-2");
}

TEST_CASE("token provider - invalidating an old token leaves the new one", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  const auto first = provider->token();
  provider->invalidate(*first);
  CHECK(said(provider->token()) == "fake-token-2");
  provider->invalidate(*first);
  CHECK(said(provider->token()) == "fake-token-2");
  CHECK(provider->reject(*first));
  CHECK(said(provider->token()) == "fake-token-2");
  CHECK(rig.minted() == 2);
}

TEST_CASE("token provider - invalidating during a fetch does not affect its token", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  const auto first = provider->token();
  rig.clock->advance(24h);
  rig.transport->hold();
  auto waiting = asking(provider);
  rig.clock->await_waiting(1);
  provider->invalidate(*first);
  CHECK(provider->reject(*first));
  rig.transport->release();
  CHECK(said(outcome(waiting)) == "fake-token-2");
  CHECK(said(provider->token()) == "fake-token-2");
}

TEST_CASE("token provider - once a fresh token was refused too, no refusal costs another for five minutes",
          "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(provider->reject(*provider->token()));
  const auto second = provider->token();
  provider->confirm_rejection(*second);
  CHECK(contains(rig.log.lines().back(), "token_rejected fingerprint=" + second->fingerprint()));
  CHECK_FALSE(provider->reject(*provider->token()));
  rig.clock->advance(5min - 1ms);
  CHECK_FALSE(provider->reject(*provider->token()));
  CHECK(rig.minted() == 2);
  rig.clock->advance(1ms);
  CHECK(provider->reject(*second));
  CHECK(said(provider->token()) == "fake-token-3");
}

TEST_CASE("token provider - two scopes are two tokens, also while both are being fetched", "[token_provider]") {
  Rig rig;
  rig.options.scope = "read:films";
  const auto reading = rig.provider();
  rig.options.scope = "write:films";
  const auto writing = rig.provider();
  rig.endpoints.api_url = "https://other.example";
  const auto elsewhere = rig.provider();
  rig.transport->hold();
  std::vector<std::future<Token>> waiting;
  for (const auto& provider : {reading, writing, elsewhere}) {
    waiting.push_back(asking(provider));
    rig.clock->await_waiting(waiting.size());
  }
  rig.transport->release();
  CHECK(said(outcome(waiting[0])) == "fake-token-1");
  CHECK(said(outcome(waiting[1])) == "fake-token-2");
  CHECK(said(outcome(waiting[2])) == "fake-token-3");
  CHECK(contains(rig.transport->token_requests()[1].body.bytes(), "&scope=write%3Afilms"));
  CHECK(contains(rig.transport->token_requests()[2].body.bytes(), "&audience=https%3A%2F%2Fother.example&"));
  reading->invalidate(*reading->token());
  CHECK(said(writing->token()) == "fake-token-2");
}

TEST_CASE("token provider - asks the source at every exchange, so a rotated secret is used", "[token_provider]") {
  Rig rig;
  auto current = std::make_shared<std::string>("old");
  rig.source = [current]() -> ex::Result<ex::ClientCredentials> {
    return ex::ClientCredentials{"client-1", ex::Secret(*current)};
  };
  const auto provider = rig.provider();
  provider->invalidate(*provider->token());
  *current = "new";
  CHECK(provider->token());
  CHECK(rig.transport->token_requests()[0].authorization->reveal() == "Authorization: Basic Y2xpZW50LTE6b2xk");
  CHECK(rig.transport->token_requests()[1].authorization->reveal() == "Authorization: Basic Y2xpZW50LTE6bmV3");
}

TEST_CASE("token provider - a source that fails or throws is an error, and its text stays out of it",
          "[token_provider]") {
  Rig rig;
  int asked = 0;
  rig.source = [&asked]() -> ex::Result<ex::ClientCredentials> {
    if (++asked == 1) throw std::runtime_error("planted in an exception");
    if (asked == 2) throw 42;  // NOLINT(hicpp-exception-baseclass): a user's source may
    if (asked == 3) return ex::detail::make_error(ex::ErrorKind::storage, "the vault is sealed");
    return ex::ClientCredentials{"client-1", ex::Secret("s")};
  };
  const auto provider = rig.provider();
  const auto thrown = provider->token();
  CHECK(said(thrown) == "credentials");
  CHECK_FALSE(contains(support::all_text(thrown.error()) + rig.log.text(), "planted"));
  rig.clock->advance(300s);
  CHECK(said(provider->token()) == "credentials");
  rig.clock->advance(300s);
  CHECK(said(provider->token()) == "storage");
  CHECK(rig.minted() == 0);
  rig.clock->advance(1s);
  CHECK(said(provider->token()) == "fake-token-1");
}

TEST_CASE("token provider - a blocking wait in a callback is refused, a cached token is given", "[token_provider]") {
  Rig rig;
  const auto transport = std::make_shared<LimitedTransport>();
  rig.transport = transport;
  const auto provider = rig.provider();
  transport->blocking_allowed = false;
  CHECK(said(provider->token()) == "invalid_argument");
  CHECK(rig.minted() == 0);
  transport->blocking_allowed = true;
  CHECK(said(provider->token()) == "fake-token-1");
  transport->blocking_allowed = false;
  CHECK(said(provider->token()) == "fake-token-1");
}

TEST_CASE("token provider - asking for the client id in a callback is refused", "[token_provider]") {
  Rig rig;
  const auto transport = std::make_shared<LimitedTransport>();
  rig.transport = transport;
  const auto provider = rig.provider();
  CHECK(provider->client_id());
  transport->blocking_allowed = false;
  const auto refused = provider->client_id();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ex::ErrorKind::invalid_argument);
}

TEST_CASE("token provider - a transport that takes nothing is an error, and the next call works", "[token_provider]") {
  Rig rig;
  const auto transport = std::make_shared<LimitedTransport>();
  rig.transport = transport;
  const auto provider = rig.provider();
  transport->takes_tasks = false;
  CHECK(said(provider->token()) == "overloaded");
  transport->takes_tasks = true;
  CHECK(said(provider->token()) == "fake-token-1");
}

TEST_CASE("token provider - tells of tokens minted and failed, with nothing secret in it", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->answer_token(token_answer());
  const auto token = provider->token();
  REQUIRE(token);
  provider->invalidate(*token);
  rig.transport->answer_token(ex::json_response(
      401, R"({"error":"invalid_client","error_description":"bad: )" + std::string(fixtures::planted_secret) + "\"}"));
  CHECK(said(provider->token()) == "issuer_rejected");
  REQUIRE(rig.log.lines().size() == 2);
  CHECK(rig.log.lines()[0] ==
        "token_minted fingerprint=" + token->fingerprint() + " lifetime_s=3600 origin=issuer reason=none");
  CHECK(contains(rig.log.lines()[1], "token_failed next_try_s=1 reason=refused error=\"issuer_rejected: "));
  CHECK_FALSE(contains(rig.log.text(), fixtures::planted_token));
  CHECK_FALSE(contains(rig.log.text(), fixtures::planted_secret));
}

TEST_CASE("token provider - a hook that throws does no harm", "[token_provider]") {
  Rig rig;
  rig.options.on_event = [](const ex::Event&) { throw std::runtime_error("an observer's failure"); };
  rig.transport->answer_token(ex::json_response(500));
  const auto provider = rig.provider();
  CHECK(said(provider->token()) == "issuer_unavailable");
  rig.clock->advance(300s);
  const auto token = provider->token();
  REQUIRE(said(token) == "fake-token-1");
  CHECK_NOTHROW(provider->confirm_rejection(*token));
}

TEST_CASE("token provider - a caller who cannot wait begins no exchange, but gets a token that is there",
          "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  const ex::CancelSource source;
  source.cancel();
  CHECK(said(provider->token(ex::Clock::Steady::max(), source.token())) == "cancelled");
  CHECK(said(provider->token(provider->clock().now())) == "timeout");
  CHECK(rig.minted() == 0);

  REQUIRE(provider->token());
  CHECK(said(provider->token(provider->clock().now(), source.token())) == "fake-token-1");
}
