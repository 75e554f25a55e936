// SPDX-License-Identifier: MIT

// What an operator can see: status, ledger, quota, events (rules 15 to 17).
#include <future>
#include <memory>
#include <movio/exhibitor/testing.hpp>
#include <movio/exhibitor/token/provider.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "fixtures.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using fixtures::outcome;
using fixtures::Rig;
using fixtures::said;
using fixtures::token_answer;
using support::contains;
using support::printed;
using namespace std::chrono_literals;

namespace {

ex::HttpResponse with_quota(ex::HttpResponse answer, const std::string& quota) {
  answer.headers.add("Auth0-Client-Quota-Limit", quota);
  return answer;
}

}  // namespace

TEST_CASE("token status - tells of a provider that nobody has used", "[token_status]") {
  const Rig rig;
  const auto status = rig.provider()->status();
  CHECK_FALSE(status.has_token);
  CHECK_FALSE(status.last_error);
  CHECK(printed(status) == "token=none fetching=no waiters=0 exchanges=0 minted=0");
}

TEST_CASE("token status - tells of the token, its age and its future", "[token_status]") {
  const Rig rig;
  const auto provider = rig.provider();
  const auto token = provider->token();
  rig.clock->advance(1h);
  const auto status = provider->status();
  CHECK(status.has_token);
  CHECK(status.fingerprint == token->fingerprint());
  CHECK(status.age == 1h);
  CHECK(status.usable_for == 23h - 1min);
  CHECK(status.renewal_in >= 20h);
  CHECK(status.renewal_in < 23h - 1min);
  CHECK(status.exchanges == 1);
  CHECK(status.minted == 1);
  CHECK(contains(printed(status), "token=" + token->fingerprint() + " age_s=3600 usable_for_s=82740 renewal_in_s="));
  rig.clock->advance(23h);
  CHECK_FALSE(provider->status().has_token);
}

TEST_CASE("token status - its line does not follow the stream's locale or flags", "[token_status]") {
  const Rig rig;
  rig.transport->answer_token(with_quota(token_answer({{"expires_in", 86400}}), "b=per_day;q=50000;r=40000;t=43200"));
  const auto provider = rig.provider();
  CHECK(provider->token());
  rig.clock->advance(1h);
  const auto status = provider->status();
  CHECK(support::printed_oddly(status) == printed(status));
  CHECK(contains(printed(status), "quota_per_day=40000/50000"));
}

TEST_CASE("token status - tells of an exchange under way and who waits for it", "[token_status]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->hold();
  auto waiting = support::in_background([&] { return provider->token(); });
  rig.clock->await_waiting(1);
  CHECK(provider->status().fetching);
  CHECK(provider->status().waiters == 1);
  rig.transport->release();
  CHECK(outcome(waiting));
  CHECK_FALSE(provider->status().fetching);
  CHECK(provider->status().waiters == 0);
}

TEST_CASE("token status - tells of the last failure and the pause, until a success", "[token_status]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->answer_token(ex::json_response(503, "{}", {{"Retry-After", "30"}}));
  CHECK_FALSE(provider->token());
  rig.clock->advance(10s);
  CHECK(provider->status().last_error->kind == ex::ErrorKind::issuer_unavailable);
  CHECK(provider->status().retry_in == 20s);
  CHECK(contains(printed(provider->status()), " retry_in_s=20 error=\"issuer_unavailable: "));
  rig.clock->advance(60s);
  CHECK(provider->status().last_error);
  CHECK(provider->status().retry_in == 0s);
  CHECK(provider->token());
  CHECK_FALSE(provider->status().last_error);
  CHECK(provider->status().exchanges == 2);
  CHECK(provider->status().minted == 1);
}

TEST_CASE("token status - tells for how long no 401 costs another token", "[token_status]") {
  const Rig rig;
  const auto provider = rig.provider();
  provider->confirm_rejection(*provider->token());
  rig.clock->advance(1min);
  CHECK(provider->status().no_replay_for == 4min);
  CHECK(contains(printed(provider->status()), " no_replay_for_s=240"));
  rig.clock->advance(4min);
  CHECK(provider->status().no_replay_for == 0s);
}

TEST_CASE("token status - tells the issuer's quota, whether it gave a token or not", "[token_status]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->answer_token(with_quota(token_answer(), "b=per_hour;q=10;r=7;t=3540,b=per_day;q=50;r=47;t=43200"));
  CHECK(provider->token());
  REQUIRE(provider->status().quota.size() == 2);
  CHECK(provider->status().quota[1].remaining == 47);
  CHECK(contains(printed(provider->status()), " quota_per_hour=7/10 quota_per_day=47/50"));
  CHECK_FALSE(contains(rig.log.text(), "quota_low"));

  provider->invalidate(*provider->token());
  rig.transport->answer_token(with_quota(ex::json_response(429), "b=per_hour;q=10;r=0;t=60"));
  CHECK_FALSE(provider->token());
  REQUIRE(provider->status().quota.size() == 1);
  CHECK(provider->status().quota[0].remaining == 0);
  CHECK(rig.log.lines().back() == "quota_low quota=per_hour remaining=0 limit=10 resets_in_s=60");
}

TEST_CASE("token status - a low quota is warned of, and refuses nothing", "[token_status]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->answer_token(with_quota(token_answer(), "b=per_hour;q=10;r=7;t=9,b=per_day;q=50;r=5;t=43200"));
  const auto token = provider->token();
  CHECK(token);
  CHECK(rig.log.lines().back() == "quota_low quota=per_day remaining=5 limit=50 resets_in_s=43200");
  provider->invalidate(*token);
  CHECK(provider->token());
}

TEST_CASE("token status - the ledger lists every token that may still be accepted, also those thrown away",
          "[token_status]") {
  const Rig rig;
  const auto provider = rig.provider();
  const auto named = fixtures::jwt(nlohmann::json{{"jti", "id-1"}, {"aud", fixtures::api_url}});
  const auto begun = rig.clock->moment().wall;
  rig.transport->answer_token(token_answer({{"access_token", named}, {"expires_in", 3600}}));
  const auto first = provider->token();
  provider->invalidate(*first);
  rig.clock->advance(30min);
  const auto second = provider->token();
  const auto ledger = provider->ledger();
  REQUIRE(ledger.size() == 2);
  CHECK(ledger[0].fingerprint == first->fingerprint());
  CHECK(ledger[0].key_id == "k1");
  CHECK(ledger[0].token_id == "id-1");
  CHECK(ledger[0].issued_at == begun);
  CHECK(ledger[0].expires_at == begun + 1h);
  CHECK(ledger[1].fingerprint == second->fingerprint());
  CHECK(ledger[1].key_id.empty());
  CHECK(ledger[1].token_id.empty());
  rig.clock->advance(30min);
  REQUIRE(provider->ledger().size() == 1);
  CHECK(provider->ledger()[0].fingerprint == second->fingerprint());
}

TEST_CASE("token status - a token is listed until it has died for certain, however long its answer took",
          "[token_status]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->set_token_lifetime(1h);
  rig.transport->hold();
  auto waiting = provider->token_async();
  rig.clock->advance(20s);
  rig.transport->release();
  const auto landed = rig.clock->moment().wall;
  CHECK(waiting.get()->expires_at() == landed + 1h - 20s);    // never believed to live longer than it does
  CHECK(provider->ledger().at(0).expires_at == landed + 1h);  // nor to be dead before it is
}

TEST_CASE("token status - names in a token are bounded and cleaned, and need not be text", "[token_status]") {
  const Rig rig;
  const auto provider = rig.provider();
  for (const nlohmann::json& jti :
       {nlohmann::json(std::string(1000, 'x')), nlohmann::json("a\nb"), nlohmann::json(7)}) {
    rig.transport->answer_token(token_answer({{"access_token", fixtures::jwt(nlohmann::json{{"jti", jti}})}}));
    provider->invalidate(*provider->token());
  }
  const auto ledger = provider->ledger();
  REQUIRE(ledger.size() == 3);
  CHECK(ledger[0].token_id.size() < 140);
  CHECK_FALSE(contains(ledger[1].token_id, "\n"));
  CHECK(ledger[2].token_id.empty());
}

TEST_CASE("token status - nothing that leaves holds a secret or a token", "[token_status]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->answer_token(token_answer());
  const auto token = provider->token();
  provider->invalidate(*token);
  rig.transport->answer_token(ex::json_response(
      401, R"({"error":"invalid_client","error_description":"bad: )" + std::string(fixtures::planted_secret) + "\"}"));
  const auto failure = provider->token();
  std::string all = printed(provider->status()) + rig.log.text() + support::all_text(failure.error());
  for (const auto& entry : provider->ledger()) all += entry.fingerprint + entry.key_id + entry.token_id;
  CHECK_FALSE(contains(all, fixtures::planted_token));
  CHECK_FALSE(contains(all, fixtures::planted_secret));
}

TEST_CASE("token status - the ready header value is a secret of its own", "[token_status]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(provider->authorization()->reveal() == "Bearer fake-token-1");
  rig.clock->advance(24h);
  rig.transport->answer_token(ex::json_response(503));
  CHECK(provider->authorization().error().kind == ex::ErrorKind::issuer_unavailable);
}

TEST_CASE("token status - events tell why each token was fetched", "[token_status]") {
  Rig rig;
  bool changed = false;
  rig.source = [&changed]() -> ex::Result<ex::ClientCredentials> {
    return ex::ClientCredentials{"client-1", ex::Secret(changed ? "another" : fixtures::planted_secret)};
  };
  const auto provider = rig.provider();
  CHECK(provider->token());
  rig.clock->advance(24h - 2min);
  CHECK(provider->token());  // begins the renewal
  rig.clock->advance(24h);
  const auto late = provider->token();
  provider->invalidate(*late);
  CHECK(provider->token());
  CHECK(provider->reject(*provider->token()));
  rig.transport->answer_token(ex::json_response(401, R"({"error":"invalid_client"})", {{"Retry-After", "60"}}));
  CHECK_FALSE(provider->token());
  changed = true;
  rig.clock->advance(1s);
  CHECK(provider->token());
  std::string reasons;
  for (const auto& line : rig.log.lines()) {
    const auto at = line.find(" reason=");
    if (at != std::string::npos) reasons += line.substr(at + 8, line.find(' ', at + 8) - at - 8) + ' ';
  }
  CHECK(reasons == "none ahead expired refused refused credentials_changed ");
}
