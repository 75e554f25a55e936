// SPDX-License-Identifier: MIT

// Credentials that change while the program runs: rule 13 of TokenProvider.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <movio/exhibitor/detail/text/encoding.hpp>
#include <movio/exhibitor/testing.hpp>
#include <movio/exhibitor/token/detail/fetch.hpp>
#include <movio/exhibitor/token/detail/previous_credentials.hpp>
#include <movio/exhibitor/token/provider.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "fixtures.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using fixtures::Rig;
using fixtures::said;
using support::contains;
using namespace std::chrono_literals;

namespace {

/// A source whose answers follow a plan, the last one for ever: a secret, or "!" for an error.
struct PlannedSource {
  std::vector<std::string> plan;
  std::size_t asked = 0;

  ex::Result<ex::ClientCredentials> operator()() {
    const std::string& secret = plan[std::min(asked++, plan.size() - 1)];
    if (secret == "!") return ex::detail::make_error(ex::ErrorKind::credentials, "not there at the moment");
    return ex::ClientCredentials{"client-1", ex::Secret(secret)};
  }
};

struct RotationRig : Rig {
  explicit RotationRig(std::vector<std::string> plan) : planned(std::make_shared<PlannedSource>()) {
    planned->plan = std::move(plan);
    source = [state = planned] { return (*state)(); };
  }

  /// The secrets that the issuer was asked with.
  [[nodiscard]] std::string tried() const {
    std::string all;
    for (const auto& request : transport->token_requests()) {
      for (const std::string secret : {"old", "new", "newest"}) {
        const auto basic = "Authorization: Basic " + ex::detail::base64_encode("client-1:" + secret);
        if (request.authorization->reveal() == basic) all += secret + ' ';
      }
    }
    return all;
  }

  void refuse(int times = 1) const {
    for (int i = 0; i < times; ++i) transport->answer_token(ex::json_response(401, R"({"error":"access_denied"})"));
  }

  std::shared_ptr<PlannedSource> planned;
};

}  // namespace

TEST_CASE("token rotation - a secret that was rotated meanwhile is tried at once", "[token_rotation]") {
  const RotationRig rig({"old", "new"});
  const auto provider = rig.provider();
  rig.refuse();
  CHECK(said(provider->token()) == "fake-token-1");
  CHECK(rig.tried() == "old new ");
  CHECK(provider->status().exchanges == 2);
  CHECK_FALSE(provider->status().last_error);
}

TEST_CASE("token rotation - any 401, invalid_client and access_denied have the source asked once more",
          "[token_rotation]") {
  for (const auto& refusal :
       {ex::json_response(401), ex::HttpResponse{401, {}, "<html>"}, ex::json_response(401, R"({"error":"x"})"),
        ex::json_response(400, R"({"error":"invalid_client"})"),
        ex::json_response(403, R"({"error":"access_denied"})")}) {
    const RotationRig rig({"old", "new"});
    rig.transport->answer_token(refusal);
    CHECK(said(rig.provider()->token()) == "fake-token-1");
  }
}

TEST_CASE("token rotation - no other failure has", "[token_rotation]") {
  for (const auto& failure : {ex::json_response(400, R"({"error":"invalid_request"})"),
                              ex::json_response(403, R"({"error":"unauthorized_client"})"), ex::json_response(429),
                              ex::json_response(500), ex::HttpResponse{200, {}, ""}}) {
    const RotationRig rig({"old", "new"});
    rig.transport->answer_token(failure);
    CHECK_FALSE(rig.provider()->token());
    CHECK(rig.planned->asked == 1);
    CHECK(rig.minted() == 1);
  }
}

TEST_CASE("token rotation - one more secret is tried, and not a third", "[token_rotation]") {
  const RotationRig rig({"old", "new", "newest"});
  const auto provider = rig.provider();
  rig.refuse(2);
  CHECK(said(provider->token()) == "issuer_rejected");
  CHECK(rig.tried() == "old new ");
  CHECK(rig.planned->asked == 2);
}

TEST_CASE("token rotation - the same secret is not tried twice", "[token_rotation]") {
  const RotationRig rig({"old"});
  const auto provider = rig.provider();
  rig.refuse();
  CHECK(said(provider->token()) == "issuer_rejected");
  CHECK(rig.tried() == "old ");
  CHECK(rig.planned->asked == 2);
}

TEST_CASE("token rotation - a source that fails when it is asked once more leaves the issuer's refusal standing",
          "[token_rotation]") {
  const RotationRig rig({"old", "!"});
  const auto provider = rig.provider();
  rig.refuse();
  CHECK(said(provider->token()) == "issuer_rejected");
  CHECK(rig.tried() == "old ");
}

TEST_CASE("token rotation - during the backoff the source is asked once a second, as calls come in",
          "[token_rotation]") {
  const RotationRig rig({"old"});
  const auto provider = rig.provider();
  rig.transport->answer_token(ex::json_response(401, "{}", {{"Retry-After", "30"}}));
  CHECK(said(provider->token()) == "issuer_rejected");
  const auto asked = rig.planned->asked;
  for (int tenth = 0; tenth < 100; ++tenth) {
    CHECK(said(provider->token()) == "issuer_rejected");
    rig.clock->advance(100ms);
  }
  CHECK(rig.planned->asked == asked + 9);
  rig.clock->advance(15s);
  CHECK(rig.planned->asked == asked + 9);  // no calls, no questions
  CHECK(rig.tried() == "old ");
  CHECK(rig.log.lines().size() == 1);  // nothing new to tell
}

TEST_CASE("token rotation - a change ends the backoff within a second", "[token_rotation]") {
  const RotationRig rig({"old", "old", "old", "new"});
  const auto provider = rig.provider();
  rig.transport->answer_token(ex::json_response(401, "{}", {{"Retry-After", "3600"}}));
  CHECK(said(provider->token()) == "issuer_rejected");
  rig.clock->advance(1s);
  CHECK(said(provider->token()) == "issuer_rejected");  // the source still has the old one
  rig.clock->advance(999ms);
  CHECK(said(provider->token()) == "issuer_rejected");
  rig.clock->advance(1ms);
  CHECK(said(provider->token()) == "fake-token-1");
  CHECK(rig.tried() == "old new ");
}

TEST_CASE("token rotation - after a change that is refused too the backoff begins anew", "[token_rotation]") {
  const RotationRig rig({"old", "old", "old", "old", "new"});
  const auto provider = rig.provider();
  rig.refuse(3);
  CHECK(provider->token().error().retry_after == 1s);
  rig.clock->advance(1s);
  CHECK(provider->token().error().retry_after.value() <= 2s);
  CHECK(rig.tried() == "old old ");
  rig.clock->advance(1s);
  CHECK(provider->token().error().retry_after == 1s);
  CHECK(rig.tried() == "old old new ");
}

TEST_CASE("token rotation - a source that could not be read is asked again after a second", "[token_rotation]") {
  const RotationRig rig({"!", "!", "old"});
  const auto provider = rig.provider();
  CHECK(said(provider->token()) == "credentials");
  CHECK(said(provider->token()) == "credentials");
  CHECK(rig.planned->asked == 1);
  rig.clock->advance(1s);
  CHECK(said(provider->token()) == "credentials");
  rig.clock->advance(1s);
  CHECK(said(provider->token()) == "fake-token-1");
}

TEST_CASE("token rotation - the token of the old secret stays in use while renewals are refused", "[token_rotation]") {
  const RotationRig rig({"old", "old", "old", "old", "old", "new"});
  const auto provider = rig.provider();
  CHECK(said(provider->token()) == "fake-token-1");
  rig.clock->advance(23h);
  rig.transport->answer_token(ex::json_response(401, "{}", {{"Retry-After", "600"}}));
  int calls = 0;
  for (; said(provider->token()) == "fake-token-1" && calls < 100; ++calls) rig.clock->advance(500ms);
  CHECK(said(provider->token()) == "fake-token-2");
  CHECK(rig.tried() == "old old new ");
  CHECK(calls >= 5);
  CHECK(calls <= 8);
  CHECK(contains(rig.log.text(), "renewal_failed next_try_s=600"));
}

TEST_CASE("token rotation - is told of when a token comes from other credentials", "[token_rotation]") {
  const RotationRig rig({"old", "old", "new", "new"});
  const auto provider = rig.provider();
  for (int i = 0; i < 4; ++i) provider->invalidate(*provider->token());
  const auto& lines = rig.log.lines();
  REQUIRE(lines.size() == 5);
  for (const int i : {0, 1, 2, 4}) CHECK(contains(lines[static_cast<std::size_t>(i)], "token_minted"));
  CHECK(contains(lines[3], "credentials_rotated fingerprint="));
  CHECK_FALSE(contains(rig.log.text(), "old"));
}

TEST_CASE("token rotation - a second secret that was refused too does not end the backoff at each look",
          "[token_rotation]") {
  const RotationRig rig({"old", "new"});
  const auto provider = rig.provider();
  rig.refuse();
  rig.transport->answer_token(ex::json_response(401, "{}", {{"Retry-After", "30"}}));
  CHECK(said(provider->token()) == "issuer_rejected");
  for (int second = 0; second < 29; ++second) {
    rig.clock->advance(1s);
    CHECK(said(provider->token()) == "issuer_rejected");
  }
  CHECK(rig.tried() == "old new ");
  rig.clock->advance(1s);
  CHECK(said(provider->token()) == "fake-token-1");
}

TEST_CASE("token rotation - when the issuer does not know a new secret yet, the good one before is tried once",
          "[token_rotation]") {
  const RotationRig rig({"old", "new"});
  const auto provider = rig.provider();
  const auto first = provider->token();
  REQUIRE(first);
  provider->invalidate(*first);
  rig.refuse();
  const auto second = provider->token();
  CHECK(said(second) == "fake-token-2");
  CHECK(rig.tried() == "old new old ");
  CHECK_FALSE(provider->status().last_error);
  CHECK(rig.log.count("credentials_rotated") == 0);

  provider->invalidate(*second);
  rig.refuse();
  CHECK(said(provider->token()) == "issuer_rejected");  // the old one has been wiped
  CHECK(rig.tried() == "old new old new ");
  rig.clock->advance(1s);
  CHECK(said(provider->token()) == "fake-token-3");
  CHECK(rig.tried() == "old new old new new ");
  CHECK(rig.log.count("credentials_rotated") == 1);
}

TEST_CASE("token rotation - when the secret before does not help either, the refusal of the new one is told",
          "[token_rotation]") {
  const RotationRig rig({"old", "new"});
  const auto provider = rig.provider();
  provider->invalidate(*provider->token());
  rig.transport->answer_token(ex::json_response(401, R"({"error":"invalid_client"})", {{"Retry-After", "30"}}));
  SECTION("refused") { rig.refuse(); }
  SECTION("unavailable") { rig.transport->answer_token(ex::json_response(503)); }
  SECTION("unreachable") { rig.transport->answer_token(ex::detail::make_error(ex::ErrorKind::connection, "planned")); }
  const auto failure = provider->token();
  CHECK(said(failure) == "issuer_rejected");
  CHECK(failure.error().oauth_error == "invalid_client");
  for (int second = 0; second < 29; ++second) {
    CHECK(said(provider->token()) == "issuer_rejected");
    rig.clock->advance(1s);
  }
  CHECK(rig.tried() == "old new old ");
  rig.clock->advance(1s);
  CHECK(said(provider->token()) == "fake-token-2");
  CHECK(rig.tried() == "old new old new ");
}

TEST_CASE("token rotation - the secret before is tried within 60 s of the change only", "[token_rotation]") {
  const auto tried_after = [](std::chrono::milliseconds time, bool timer_runs) {
    const RotationRig rig({"old", "new"});
    const auto provider = rig.provider();
    provider->invalidate(*provider->token());
    rig.transport->answer_token(ex::json_response(503));
    CHECK(said(provider->token()) == "issuer_unavailable");  // now the change is known
    rig.clock->advance(time);
    if (timer_runs) rig.transport->run_delayed_tasks();
    rig.refuse();
    static_cast<void>(provider->token());
    return rig.tried();
  };
  CHECK(tried_after(59999ms, false) == "old new new old ");
  CHECK(tried_after(60s, false) == "old new new ");
  CHECK(tried_after(1s, true) == "old new new ");  // the timer has wiped it
}

TEST_CASE("token rotation - a change begins its own 60 s, and only its own timer wipes what is kept",
          "[token_rotation]") {
  using fixtures::later;
  const auto credentials = [](const char* secret) { return ex::ClientCredentials{"client-1", ex::Secret(secret)}; };
  const auto mark = [&](const char* secret) { return ex::detail::mark_of(credentials(secret)); };
  ex::detail::PreviousCredentials previous;
  previous.accepted(credentials("old"), mark("old"));
  const auto first = previous.given(mark("new"), later(0ms));
  REQUIRE(first);
  SECTION("when the source went back meanwhile") {
    CHECK_FALSE(previous.given(mark("old"), later(30s)));
    CHECK(previous.given(mark("new"), later(50s)) == later(50s).uptime);
    previous.wipe(*first);
    CHECK(previous.take(later(100s))->client_secret.reveal() == "old");
  }
  SECTION("when the new secret was good and another one follows") {
    previous.accepted(credentials("new"), mark("new"));
    CHECK(previous.given(mark("newest"), later(50s)) == later(50s).uptime);
    previous.wipe(*first);
    CHECK(previous.take(later(100s))->client_secret.reveal() == "new");
  }
  CHECK_FALSE(previous.take(later(100s)));
}

TEST_CASE("token rotation - the secret before is wiped 60 s after the change", "[token_rotation]") {
  class WritingDown : public ex::FakeTransport {
   public:
    bool after(std::chrono::milliseconds delay, Task task) override {
      if (delay.count() > 0) delays.push_back(delay);
      return FakeTransport::after(delay, std::move(task));
    }
    std::vector<std::chrono::milliseconds> delays;
  };
  RotationRig rig({"old", "new"});
  const auto transport = std::make_shared<WritingDown>();
  rig.transport = transport;
  const auto provider = rig.provider();
  provider->invalidate(*provider->token());
  CHECK(transport->delays.empty());
  CHECK(provider->token());
  CHECK(transport->delays == std::vector<std::chrono::milliseconds>{60s});
}

TEST_CASE("token rotation - the 60 s begin anew when the source went back to the good secret meanwhile",
          "[token_rotation]") {
  const RotationRig rig({"old", "new", "old", "new"});
  const auto provider = rig.provider();
  provider->invalidate(*provider->token());
  for (const auto pause : {1s, 70s}) {
    rig.transport->answer_token(ex::json_response(503));
    CHECK(said(provider->token()) == "issuer_unavailable");
    rig.clock->advance(pause);
  }
  rig.refuse();
  CHECK(said(provider->token()) == "fake-token-2");
  CHECK(rig.tried() == "old new old new old ");
}

TEST_CASE("token rotation - a secret before that was refused is not tried again", "[token_rotation]") {
  const RotationRig rig({"old", "old", "new"});
  const auto provider = rig.provider();
  provider->invalidate(*provider->token());
  rig.refuse(2);
  CHECK(said(provider->token()) == "issuer_rejected");
  CHECK(rig.tried() == "old old new ");
}

TEST_CASE("token rotation - a secret that is kept for one more try leaves no copy behind", "[token_rotation]") {
  const std::string secret = "planted-secret-0123456789-longer-than-any-small-string-buffer";
  RotationRig rig({});
  rig.source = [asked = 0, old = ex::Secret(secret)]() mutable -> ex::Result<ex::ClientCredentials> {
    return ex::ClientCredentials{"client-1", asked++ == 0 ? old : ex::Secret("new")};
  };
  auto provider = rig.provider();
  const support::FreedMemoryWatch watch(secret.substr(20));
  provider->invalidate(*provider->token());
  rig.refuse();
  CHECK(said(provider->token()) == "fake-token-2");
  provider.reset();
  CHECK_FALSE(watch.saw_marker());
}

TEST_CASE("token rotation - an id that changes counts, and id and secret are told apart", "[token_rotation]") {
  const auto mark = [](const char* id, const char* secret) {
    return ex::detail::mark_of(ex::ClientCredentials{id, ex::Secret(secret)});
  };
  CHECK(mark("a", "bc") == mark("a", "bc"));
  CHECK(mark("a", "bc") != mark("b", "bc"));
  CHECK(mark("a", "bc") != mark("ab", "c"));
  CHECK(mark("a", "bc") != mark("a", "bd"));
}

TEST_CASE("token rotation - telling credentials apart leaves no copy of a secret behind", "[token_rotation]") {
  const std::string secret = "planted-secret-0123456789-longer-than-any-small-string-buffer";
  const ex::ClientCredentials credentials{"client-1", ex::Secret(secret)};
  const support::FreedMemoryWatch watch(secret.substr(20));
  CHECK_FALSE(ex::detail::mark_of(credentials).empty());
  CHECK_FALSE(watch.saw_marker());
}
