// SPDX-License-Identifier: MIT

// Renewing ahead of time, and what a failure leads to: rules 9 and 10 of TokenProvider.
#include <algorithm>
#include <ctime>
#include <future>
#include <limits>
#include <memory>
#include <movio/exhibitor/testing.hpp>
#include <movio/exhibitor/token/provider.hpp>
#include <set>
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
using fixtures::renewal_begins;
using fixtures::renewal_due;
using fixtures::Rig;
using fixtures::said;
using fixtures::usable_day;
using support::contains;
using namespace std::chrono_literals;

namespace {

ex::HttpResponse unavailable(ex::Headers headers = {}) { return ex::json_response(503, "{}", std::move(headers)); }

}  // namespace

TEST_CASE("token renewal - begins in the last tenth of the token's usable life, with a use, in the background",
          "[token_renewal]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(said(provider->token()) == "fake-token-1");
  rig.clock->advance(renewal_begins - 1ms);
  CHECK(said(provider->token()) == "fake-token-1");
  CHECK(rig.minted() == 1);
  rig.clock->advance(renewal_due - renewal_begins + 1ms);
  CHECK(rig.minted() == 1);  // nobody has used it: no timer
  CHECK(said(provider->token()) == "fake-token-1");
  CHECK(rig.minted() == 2);
  CHECK(said(provider->token()) == "fake-token-2");
  CHECK(rig.minted() == 2);
}

TEST_CASE("token renewal - an idle program mints nothing", "[token_renewal]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(provider->token());
  rig.clock->advance(std::chrono::hours(24 * 365));
  rig.transport->run_delayed_tasks();
  CHECK(rig.minted() == 1);
}

TEST_CASE("token renewal - every provider picks its own random point in the window", "[token_renewal]") {
  const Rig rig;
  std::vector<std::shared_ptr<ex::TokenProvider>> fleet;
  for (int i = 0; i < 64; ++i) {
    fleet.push_back(rig.provider());
    CHECK(fleet.back()->token());
  }
  std::set<std::chrono::seconds> places;
  for (const auto& provider : fleet) {
    const auto place = provider->status().renewal_in;
    CHECK(place >= renewal_begins);
    CHECK(place <= renewal_due);
    places.insert(place);
  }
  CHECK(places.size() > 50);
}

TEST_CASE("token renewal - precedes expiry at every lifetime, so that no caller waits", "[token_renewal]") {
  for (const auto lifetime : {1s, 2s, 10s, 60s, 300s, 599s, 600s, 601s, 660s, 3600s, 86400s}) {
    INFO("a lifetime of " << lifetime.count() << " s");
    const Rig rig;
    rig.transport->set_token_lifetime(lifetime);
    const auto provider = rig.provider();
    const auto first = provider->token();
    const std::chrono::milliseconds usable = first->usable_life();
    rig.clock->advance(usable * 9 / 10 - 1ms);
    CHECK(provider->token()->same_as(*first));
    CHECK(rig.minted() == 1);
    rig.clock->advance(usable / 20 + 1ms);
    rig.transport->hold();
    CHECK(provider->token()->same_as(*first));  // begins the renewal, and does not wait for it
    CHECK(rig.minted() == 2);
    rig.transport->release();
    CHECK_FALSE(provider->token()->same_as(*first));
  }
}

TEST_CASE("token renewal - providers of short tokens spread too", "[token_renewal]") {
  const Rig rig;
  rig.transport->set_token_lifetime(600s);
  std::set<std::chrono::seconds> places;
  for (int i = 0; i < 64; ++i) {
    const auto provider = rig.provider();
    CHECK(provider->token());
    const auto place = provider->status().renewal_in;
    CHECK(place >= 486s);
    CHECK(place <= 513s);
    places.insert(place);
  }
  CHECK(places.size() > 10);
}

TEST_CASE("token renewal - begins after the share of the usable life that the options name", "[token_renewal]") {
  Rig rig;
  rig.options.renew_after = 0.5;
  const auto provider = rig.provider();
  CHECK(provider->token());
  CHECK(provider->status().renewal_in >= usable_day / 2);
  CHECK(provider->status().renewal_in <= usable_day * 3 / 4);
  rig.clock->advance(usable_day * 3 / 4 + 1ms);
  CHECK(said(provider->token()) == "fake-token-1");
  CHECK(said(provider->token()) == "fake-token-2");
  for (const double share : {0.0, 1.0, -0.5, std::numeric_limits<double>::quiet_NaN()}) {
    rig.options.renew_after = share;
    CHECK(said(rig.provider()->token()) == "invalid_argument");
  }
}

TEST_CASE("token renewal - nobody waits for it, however long the issuer takes", "[token_renewal]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(provider->token());
  rig.clock->advance(renewal_due);
  rig.transport->hold();
  for (const auto& token : in_threads(16, [&] { return provider->token(); })) CHECK(said(token) == "fake-token-1");
  CHECK(rig.minted() == 2);  // one for all
  rig.clock->advance(1h);
  for (int i = 0; i < 100; ++i) CHECK(said(provider->token()) == "fake-token-1");
  CHECK(rig.minted() == 2);
  rig.transport->release();
  CHECK(said(provider->token()) == "fake-token-2");
}

TEST_CASE("token renewal - a renewal under way serves those whose token expires meanwhile", "[token_renewal]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(provider->token());
  rig.clock->advance(renewal_due);
  rig.transport->hold();
  CHECK(provider->token());
  rig.clock->advance(24h);
  auto waiting = support::in_background([&] { return provider->token(); });
  rig.clock->await_waiting(1);
  rig.transport->release();
  CHECK(said(outcome(waiting)) == "fake-token-2");
  CHECK(rig.minted() == 2);
}

TEST_CASE("token renewal - also begins on threads that may not block", "[token_renewal]") {
  class EngineThread : public ex::FakeTransport {
   public:
    [[nodiscard]] bool may_block() const noexcept override { return may; }
    bool may = true;
  };
  Rig rig;
  const auto transport = std::make_shared<EngineThread>();
  rig.transport = transport;
  const auto provider = rig.provider();
  CHECK(provider->token());
  transport->may = false;
  rig.clock->advance(renewal_due);
  CHECK(said(provider->token()) == "fake-token-1");
  CHECK(said(provider->token()) == "fake-token-2");
}

TEST_CASE("token renewal - one that fails keeps the token, and is tried again with backoff", "[token_renewal]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(provider->token());
  rig.clock->advance(renewal_due);
  for (int i = 0; i < 12; ++i) rig.transport->answer_token(unavailable());
  for (int second = 0; second < 600; ++second) {
    CHECK(said(provider->token()) == "fake-token-1");
    rig.clock->advance(1s);
  }
  // pauses of 0.5 to 1, 1 to 2, 2 to 4, ... 128 to 256 s add up to at least 255 and at most 511
  CHECK(rig.minted() >= 1 + 9);
  CHECK(rig.minted() <= 1 + 11);
  CHECK(rig.log.count("renewal_failed next_try_s=") == rig.minted() - 1);
  CHECK(rig.log.count("token_failed") == 0);
}

TEST_CASE("token renewal - uses the larger of the two clocks", "[token_renewal]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(provider->token());
  SECTION("the wall clock set forward") { rig.clock->step_wall(renewal_due); }
  SECTION("a suspended machine, its wall clock set back") {
    rig.clock->suspend(renewal_due);
    rig.clock->step_wall(-1000h);
  }
  CHECK(said(provider->token()) == "fake-token-1");
  CHECK(rig.minted() == 2);
}

TEST_CASE("token renewal - that the transport refuses is tried again after a second", "[token_renewal]") {
  class Refusing : public ex::FakeTransport {
   public:
    bool after(std::chrono::milliseconds delay, Task task) override {
      ++asked;
      return takes && FakeTransport::after(delay, std::move(task));
    }
    bool takes = true;
    int asked = 0;
  };
  Rig rig;
  const auto transport = std::make_shared<Refusing>();
  rig.transport = transport;
  const auto provider = rig.provider();
  CHECK(provider->token());
  rig.clock->advance(renewal_due);
  transport->takes = false;
  for (int i = 0; i < 10; ++i) CHECK(said(provider->token()) == "fake-token-1");
  CHECK(transport->asked == 2);
  transport->takes = true;
  rig.clock->advance(1s);
  CHECK(provider->token());
  CHECK(said(provider->token()) == "fake-token-2");
}

TEST_CASE("token failure - further callers get the same error at once, until the backoff has passed",
          "[token_renewal]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->answer_token(unavailable());
  const auto first = provider->token();
  REQUIRE(said(first) == "issuer_unavailable");
  CHECK(first.error().retry_after == 1s);
  for (const auto& token : in_threads(64, [&] { return provider->token(); })) {
    REQUIRE(said(token) == "issuer_unavailable");
    CHECK(token.error().message == first.error().message);
    CHECK(token.error().retry_after == 1s);
  }
  rig.clock->advance(499ms);
  CHECK(said(provider->token()) == "issuer_unavailable");
  CHECK(rig.minted() == 1);
  rig.clock->advance(501ms);
  CHECK(said(provider->token()) == "fake-token-1");
}

TEST_CASE("token failure - all waiters of one failure return at once", "[token_renewal]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->answer_token(unavailable());
  rig.transport->hold();
  auto all = support::in_background(
      [&] { return in_threads(32, [&] { return std::make_pair(said(provider->token()), said(provider->token())); }); });
  rig.clock->await_waiting(32);
  rig.transport->release();
  for (const auto& [first, second] : outcome(all)) {
    CHECK(first == "issuer_unavailable");
    CHECK(second == "issuer_unavailable");
  }
  CHECK(rig.minted() == 1);
}

TEST_CASE("token failure - every kind is remembered, and a success forgets it", "[token_renewal]") {
  const std::vector<std::pair<ex::Result<ex::HttpResponse>, std::string>> rows{
      {ex::json_response(400, R"({"error":"invalid_request"})"), "issuer_rejected"},
      {ex::json_response(401), "issuer_rejected"},
      {ex::json_response(403, R"({"error":"access_denied"})"), "issuer_rejected"},
      {ex::json_response(429), "issuer_unavailable"},
      {ex::HttpResponse{200, {}, "<html>"}, "protocol"},
      {ex::detail::make_error(ex::ErrorKind::connection, "refused"), "issuer_unavailable"},
      {ex::detail::make_error(ex::ErrorKind::timeout, "slow"), "issuer_unavailable"},
      {ex::detail::make_error(ex::ErrorKind::tls, "untrusted"), "tls"},
      {ex::detail::make_error(ex::ErrorKind::proxy, "refused"), "proxy"}};
  for (const auto& [answer, kind] : rows) {
    INFO(kind);
    const Rig rig;
    const auto provider = rig.provider();
    for (const auto longest : {1000ms, 2000ms, 4000ms}) {
      rig.transport->answer_token(answer);
      CHECK(said(provider->token()) == kind);
      const auto asked = rig.minted();
      CHECK(said(provider->token()) == kind);
      rig.clock->advance(longest / 2 - 1ms);
      CHECK(said(provider->token()) == kind);
      CHECK(rig.minted() == asked);
      rig.clock->advance(longest / 2 + 1ms);
    }
    CHECK(said(provider->token()) == "fake-token-1");
    provider->invalidate(*provider->token());
    rig.transport->answer_token(answer);
    CHECK(provider->token().error().retry_after == 1s);
  }
}

TEST_CASE("token failure - the issuer is not asked for as long as its Retry-After says", "[token_renewal]") {
  const std::time_t in_90_s = std::chrono::system_clock::to_time_t(ex::FakeClock().moment().wall + 90s);
  char date[64];
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&in_90_s));
  const std::vector<std::pair<ex::Headers, std::chrono::seconds>> rows{
      {{{"Retry-After", "77"}}, 77s},
      {{{"Retry-After", date}}, 90s},
      {{{"Retry-After", "410400"}}, 1h},
      {{{"Retry-After", "-5"}}, 1s},
      {{{"Retry-After", "soon"}}, 1s},
      {{{"X-RateLimit-Limit", "10"}, {"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "40"}}, 40s},
      {{{"X-RateLimit-Limit", "10"}, {"X-RateLimit-Remaining", "3"}, {"X-RateLimit-Reset", "40"}}, 1s},
      {{{"Auth0-Client-Quota-Limit", "b=per_day;q=50;r=0;t=43200"}}, 1h},
      {{{"Retry-After", "5"}, {"Auth0-Client-Quota-Limit", "b=per_day;q=50;r=0;t=43200"}}, 5s}};
  for (const auto& [headers, expected] : rows) {
    INFO(headers.begin()->first << ": " << headers.begin()->second);
    const Rig rig;
    const auto provider = rig.provider();
    rig.transport->answer_token(ex::json_response(429, "{}", headers));
    CHECK(provider->token().error().retry_after == expected);
    const auto asked = rig.minted();
    rig.clock->advance(expected - 501ms);
    CHECK(said(provider->token()) == "issuer_unavailable");
    CHECK(rig.minted() == asked);
    rig.clock->advance(501ms);
    CHECK(provider->token());
  }
}

TEST_CASE("token failure - setting the wall clock neither ends nor prolongs the pause", "[token_renewal]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->answer_token(unavailable({{"Retry-After", "60"}}));
  CHECK_FALSE(provider->token());
  rig.clock->step_wall(1000h);
  CHECK_FALSE(provider->token());
  rig.clock->step_wall(-2000h);
  rig.clock->advance(59s);
  CHECK_FALSE(provider->token());
  rig.clock->advance(1s);
  CHECK(provider->token());
}

TEST_CASE("token failure - a token invalidated while the issuer fails is a failure at once", "[token_renewal]") {
  const Rig rig;
  const auto provider = rig.provider();
  const auto token = provider->token();
  rig.clock->advance(renewal_due);
  rig.transport->answer_token(unavailable({{"Retry-After", "60"}}));
  CHECK(said(provider->token()) == "fake-token-1");
  provider->invalidate(*token);
  CHECK(said(provider->token()) == "issuer_unavailable");
  CHECK(rig.minted() == 2);
}
