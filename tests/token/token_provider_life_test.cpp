// SPDX-License-Identifier: MIT

// Configuration, destruction and extreme times of TokenProvider; what it does day by day is in token_provider_test.cpp.
#include <atomic>
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
using Token = ex::Result<ex::AccessToken>;
using namespace std::chrono_literals;

TEST_CASE("token provider - what is wrong with its configuration is said by ready() and by every call",
          "[token_provider]") {
  const std::vector<std::pair<const char*, std::function<void(Rig&)>>> rows{
      {"issuer_url", [](Rig& rig) { rig.endpoints.issuer_url = "auth.example/token"; }},
      {"issuer_url", [](Rig& rig) { rig.endpoints.issuer_url = "http://issuer.example/oauth/token"; }},
      {"issuer_url", [](Rig& rig) { rig.endpoints.issuer_url = "http://127.0.0.1/oauth/token"; }},
      {"issuer_url",
       [](Rig& rig) {
         rig.endpoints = {"http://issuer.example/oauth/token", fixtures::api_url};
         rig.endpoints.allow_loopback_http = true;
       }},
      {"api_url", [](Rig& rig) { rig.endpoints.api_url.clear(); }},
      {"regions",
       [](Rig& rig) {
         rig.endpoints = {ex::endpoints(ex::Region::eu).issuer_url, ex::endpoints(ex::Region::us).api_url};
       }},
      {"source", [](Rig& rig) { rig.source = nullptr; }},
      {"timeout", [](Rig& rig) { rig.options.timeout = 0s; }},
      {"timeout", [](Rig& rig) { rig.options.timeout = std::chrono::milliseconds::min(); }},
      {"assumed_lifetime", [](Rig& rig) { rig.options.assumed_lifetime = 0s; }},
      {"assumed_lifetime", [](Rig& rig) { rig.options.assumed_lifetime = std::chrono::seconds::min(); }},
      {"assumed_lifetime", [](Rig& rig) { rig.options.assumed_lifetime = std::chrono::seconds::max(); }}};
  for (const auto& [named, change] : rows) {
    Rig rig;
    change(rig);
    const auto provider = rig.provider();
    REQUIRE_FALSE(provider->ready());
    INFO(provider->ready().error().message);
    CHECK(provider->ready().error().kind == ex::ErrorKind::invalid_argument);
    CHECK(support::contains(provider->ready().error().message, named));
    CHECK(provider->token().error().message == provider->ready().error().message);
    CHECK(provider->token(ex::Clock::Steady::max()).error().message == provider->ready().error().message);
    CHECK(rig.minted() == 0);
  }
  CHECK(Rig().provider()->ready());
}

TEST_CASE("token provider - plain http is for loopback, when asked for", "[token_provider]") {
  Rig rig;
  rig.endpoints = {"http://127.0.0.1:8081/oauth/token", "http://localhost:8082"};
  rig.endpoints.allow_loopback_http = true;
  CHECK(rig.provider()->token());
}

TEST_CASE("token provider - the longest timeout is a long one, not one gone by", "[token_provider]") {
  Rig rig;
  rig.options.timeout = std::chrono::milliseconds::max();
  const auto provider = rig.provider();
  rig.transport->hold();
  auto waiting = support::in_background([&] { return provider->token(); });
  fixtures::await([&] { return rig.minted() == 1; });
  rig.clock->advance(1000h);
  CHECK(waiting.wait_for(20ms) == std::future_status::timeout);  // still waiting
  rig.transport->release();
  CHECK(said(outcome(waiting)) == "fake-token-1");
}

TEST_CASE("token provider - waits as long as one exchange may take, and a little", "[token_provider]") {
  Rig rig;
  rig.options.timeout = 5s;
  const auto provider = rig.provider();
  rig.transport->hold();
  auto waiting = support::in_background([&] { return provider->token(); });
  rig.clock->await_waiting(1);
  CHECK(rig.transport->token_requests().front().timeout == 5s);
  rig.clock->advance(6s);
  CHECK(said(outcome(waiting)) == "timeout");
}

TEST_CASE("token provider - its end cancels who waits and the exchange, whose answer may still come",
          "[token_provider]") {
  const Rig rig;
  auto provider = rig.provider();
  rig.transport->hold();
  auto all = support::in_background([raw = provider.get()] { return in_threads(8, [raw] { return raw->token(); }); });
  rig.clock->await_waiting(8);
  provider.reset();
  for (const auto& token : outcome(all)) CHECK(said(token) == "cancelled");
  CHECK(rig.transport->token_requests().front().cancel.cancelled());
  rig.transport->release();
  CHECK(rig.log.lines().empty());
}

TEST_CASE("token provider - its end leaves another provider on the same transport alone", "[token_provider]") {
  const Rig rig;
  auto ending = rig.provider();
  const auto staying = rig.provider();
  rig.transport->hold();
  auto cancelled = support::in_background([raw = ending.get()] { return raw->token(); });
  auto served = support::in_background([&] { return staying->token(); });
  rig.clock->await_waiting(2);
  ending.reset();
  CHECK(said(outcome(cancelled)) == "cancelled");
  rig.transport->release();
  CHECK(said(outcome(served)).substr(0, 11) == "fake-token-");
}

TEST_CASE("token provider - may end inside an event hook", "[token_provider]") {
  Rig rig;
  auto provider = std::make_shared<std::shared_ptr<ex::TokenProvider>>();
  std::string seen;
  rig.options.on_event = [provider, &seen](const ex::Event& event) {
    provider->reset();
    seen += ex::to_string(event.kind);  // what the hook has captured is still there
  };
  SECTION("of a token minted") {
    *provider = rig.provider();
    CHECK(said((*provider)->token()) == "fake-token-1");
    CHECK(seen == "token_minted");
  }
  SECTION("of a failure") {
    rig.transport->answer_token(ex::json_response(500));
    *provider = rig.provider();
    CHECK(said((*provider)->token()) == "issuer_unavailable");
    CHECK(seen == "token_failed");
  }
  SECTION("of a token rejected") {
    *provider = rig.provider();
    (*provider)->confirm_rejection(fixtures::token_named("a"));
    CHECK(seen == "token_rejected");
  }
  CHECK(*provider == nullptr);
}

TEST_CASE("token provider - may end inside an event hook while others wait", "[token_provider]") {
  Rig rig;
  auto provider = std::make_shared<std::shared_ptr<ex::TokenProvider>>();
  rig.options.on_event = [provider](const ex::Event&) { provider->reset(); };
  *provider = rig.provider();
  rig.transport->hold();
  auto all = support::in_background([raw = provider->get()] { return in_threads(8, [raw] { return raw->token(); }); });
  rig.clock->await_waiting(8);
  rig.transport->release();
  for (const auto& token : outcome(all)) CHECK(said(token) == "fake-token-1");
}

TEST_CASE("token provider - may end inside its credential source", "[token_provider]") {
  Rig rig;
  auto provider = std::make_shared<std::shared_ptr<ex::TokenProvider>>();
  rig.source = [provider]() -> ex::Result<ex::ClientCredentials> {
    provider->reset();
    return ex::ClientCredentials{"client-1", ex::Secret(fixtures::planted_secret)};
  };
  *provider = rig.provider();
  CHECK(said((*provider)->token()) == "cancelled");
  for (const auto& request : rig.transport->token_requests()) CHECK(request.cancel.cancelled());
}

TEST_CASE("token provider - its end waits for a credential source that is being asked", "[token_provider]") {
  Rig rig;
  std::promise<void> asked;
  std::promise<void> go_on;
  std::atomic<bool> source_ended{false};
  rig.source = [&]() -> ex::Result<ex::ClientCredentials> {
    asked.set_value();
    go_on.get_future().wait();
    source_ended = true;
    return ex::ClientCredentials{"client-1", ex::Secret(fixtures::planted_secret)};
  };
  auto provider = rig.provider();
  auto waiting = support::in_background([raw = provider.get()] { return raw->token(); });
  asked.get_future().wait();
  auto ended_after_source = support::in_background([&] {
    provider.reset();
    return source_ended.load();
  });
  CHECK(ended_after_source.wait_for(20ms) == std::future_status::timeout);
  go_on.set_value();
  CHECK(outcome(ended_after_source));
  CHECK(said(outcome(waiting)) == "cancelled");
}

TEST_CASE("token provider - a hook may ask for the token that it is told of", "[token_provider]") {
  Rig rig;
  ex::TokenProvider* raw = nullptr;
  std::string seen;
  rig.options.on_event = [&](const ex::Event&) { seen += said(raw->token()); };
  const auto provider = rig.provider();
  raw = provider.get();
  CHECK(said(provider->token()) == "fake-token-1");
  CHECK(seen == "fake-token-1");
}

TEST_CASE("token provider - what a completion throws is dropped, also when the outcome is known at once",
          "[token_provider]") {
  Rig rig;
  const auto throws = [](const Token&) { throw std::runtime_error("a completion's failure"); };
  const auto provider = rig.provider();
  CHECK_NOTHROW(provider->token_async(throws));
  CHECK(said(provider->token()) == "fake-token-1");
  CHECK_NOTHROW(provider->token_async(throws));
  rig.source = nullptr;
  CHECK_NOTHROW(rig.provider()->token_async(throws));
}

TEST_CASE("token provider - when its end is inside a callback, the others are told before the end returns",
          "[token_provider]") {
  Rig rig;
  std::shared_ptr<ex::TokenProvider> provider;
  std::string seen;
  const auto end = [&] {
    provider.reset();
    seen += "end ";
  };
  const auto told = [&](const Token& token) { seen += said(token) + ' '; };
  SECTION("a completion") {
    provider = rig.provider();
    rig.transport->hold();
    provider->token_async([&](const Token&) { end(); });
    provider->token_async(told);
    rig.transport->release();
  }
  SECTION("an event's hook") {
    rig.options.on_event = [&](const ex::Event&) { end(); };
    provider = rig.provider();
    rig.transport->hold();
    provider->token_async(told);
    rig.transport->release();
  }
  CHECK(seen == "fake-token-1 end ");
}

TEST_CASE("token provider - many threads may call everything at once", "[token_provider]") {
  const Rig rig;
  const auto provider = rig.provider();
  std::atomic<int> turn{0};
  const auto outcomes = in_threads(8, [&] {
    bool fine = true;
    for (int i = 0; i < 50; ++i) {
      const auto token = provider->token();
      fine = fine && token.has_value();
      switch (turn++ % 4) {
        case 0:
          provider->invalidate(*token);
          break;
        case 1:
          fine = fine && (provider->reject(*token) || provider->ready());
          break;
        case 2:
          provider->confirm_rejection(*token);
          break;
        default:
          rig.clock->suspend(1h);
      }
    }
    return fine;
  });
  for (const bool fine : outcomes) CHECK(fine);
}
