#include <movio/exhibitor/detail/call.hpp>
#include <string>
#include <utility>

#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using ex::detail::CallMachine;
using fixtures::refusal;
using fixtures::token_named;
using Step = CallMachine::Step;
using namespace std::chrono_literals;

namespace {

const ex::Clock::Steady start{1h};
const ex::Clock::Steady deadline = start + 10s;

ex::Error failure(ex::ErrorKind kind) { return ex::detail::make_error(kind, "planned"); }

/// A machine whose first request has been sent.
CallMachine sent_call() {
  CallMachine call(deadline);
  REQUIRE(call.token_obtained(token_named("first"), start) == Step::send);
  return call;
}

/// A machine whose first answer was a 401, and which has been allowed to replay.
CallMachine refused_call() {
  CallMachine call = sent_call();
  REQUIRE(call.answered(refusal("the first reason")) == Step::reject_token);
  REQUIRE(call.rejection_noted(true) == Step::obtain_token);
  return call;
}

}  // namespace

TEST_CASE("call - a token, a request, an answer, and it is over", "[call]") {
  CallMachine call(deadline);
  CHECK(call.deadline() == deadline);
  CHECK(call.attempts() == 0);
  CHECK(call.token_obtained(token_named("first"), start) == Step::send);
  CHECK(call.token().reveal() == "first");
  CHECK(call.answered(ex::json_response(200, "[1]")) == Step::finish);
  CHECK(call.attempts() == 1);
  const auto result = call.take_result();
  REQUIRE(result);
  CHECK(result->body == "[1]");
}

TEST_CASE("call - any status but 401 is an answer like any other", "[call]") {
  for (const int status : {200, 202, 204, 302, 400, 403, 404, 407, 422, 429, 500, 503}) {
    CallMachine call = sent_call();
    CHECK(call.answered(ex::json_response(status)) == Step::finish);
    CHECK(call.take_result()->status == status);
  }
}

TEST_CASE("call - a failed request is not sent again", "[call]") {
  CallMachine call = sent_call();
  CHECK(call.answered(failure(ex::ErrorKind::connection)) == Step::finish);
  CHECK(call.attempts() == 1);
  CHECK(call.take_result().error().kind == ex::ErrorKind::connection);
}

TEST_CASE("call - without a token nothing is sent", "[call]") {
  CallMachine call(deadline);
  CHECK(call.token_obtained(failure(ex::ErrorKind::issuer_rejected), start) == Step::finish);
  CHECK(call.attempts() == 0);
  CHECK(call.take_result().error().kind == ex::ErrorKind::issuer_rejected);
}

TEST_CASE("call - an issuer that is unavailable is waited for within the deadline", "[call]") {
  auto busy = failure(ex::ErrorKind::issuer_unavailable);
  CallMachine call(deadline);
  busy.retry_after = 4s;
  REQUIRE(call.token_obtained(busy, start) == Step::pause);
  CHECK(call.pause_until() == start + 4s);
  REQUIRE(call.token_obtained(busy, start + 4s) == Step::pause);
  CHECK(call.pause_until() == start + 8s);
  SECTION("until it gives a token") {
    CHECK(call.token_obtained(token_named("first"), start + 8s) == Step::send);
    CHECK(call.attempts() == 1);
  }
  SECTION("and not longer") {
    CHECK(call.token_obtained(busy, start + 8s) == Step::finish);
    CHECK(call.take_result().error().kind == ex::ErrorKind::issuer_unavailable);
  }
}

TEST_CASE("call - the pause for an issuer ends before the deadline and is no busy loop", "[call]") {
  auto busy = failure(ex::ErrorKind::issuer_unavailable);
  CHECK(CallMachine(deadline).token_obtained(busy, start) == Step::finish);  // nobody says when to come back
  busy.retry_after = 10s;
  CHECK(CallMachine(deadline).token_obtained(busy, start) == Step::finish);
  busy.retry_after = 0s;
  CallMachine call(deadline);
  REQUIRE(call.token_obtained(busy, start) == Step::pause);
  CHECK(call.pause_until() == start + 1s);
}

TEST_CASE("call - no other failure to get a token is waited out", "[call]") {
  for (const auto kind : {ex::ErrorKind::issuer_rejected, ex::ErrorKind::credentials, ex::ErrorKind::tls,
                          ex::ErrorKind::proxy, ex::ErrorKind::protocol, ex::ErrorKind::cancelled}) {
    auto error = failure(kind);
    error.retry_after = 1s;
    CHECK(CallMachine(deadline).token_obtained(error, start) == Step::finish);
  }
}

TEST_CASE("call - an issuer that is unavailable is waited for before the replay, too", "[call]") {
  auto busy = failure(ex::ErrorKind::issuer_unavailable);
  busy.retry_after = 2s;
  CallMachine call = refused_call();
  REQUIRE(call.token_obtained(busy, start) == Step::pause);
  CHECK(call.token_obtained(token_named("second"), start + 2s) == Step::send);
  CHECK(call.attempts() == 2);
}

TEST_CASE("call - a 401 leads to one more try with another token", "[call]") {
  CallMachine call = refused_call();
  CHECK(call.token_obtained(token_named("second"), start + 1s) == Step::send);
  CHECK(call.token().reveal() == "second");
  CHECK(call.attempts() == 2);
  CHECK(call.answered(ex::json_response(202)) == Step::finish);
  CHECK(call.take_result()->status == 202);
}

TEST_CASE("call - after a second 401 the first answer is the result: it has the meaningful reason", "[call]") {
  CallMachine call = refused_call();
  REQUIRE(call.token_obtained(token_named("second"), start) == Step::send);
  CHECK(call.answered(refusal("the second reason")) == Step::confirm_rejection);
  CHECK(call.token().reveal() == "second");
  CHECK(call.attempts() == 2);
  const auto result = call.take_result();
  REQUIRE(result);
  CHECK(support::contains(*result->headers.find("WWW-Authenticate"), "the first reason"));
}

TEST_CASE("call - whatever else the replay brings is the result", "[call]") {
  for (const int status : {400, 403, 404, 500}) {
    CallMachine call = refused_call();
    REQUIRE(call.token_obtained(token_named("second"), start) == Step::send);
    CHECK(call.answered(ex::json_response(status)) == Step::finish);
    CHECK(call.take_result()->status == status);
  }
  CallMachine call = refused_call();
  REQUIRE(call.token_obtained(token_named("second"), start) == Step::send);
  CHECK(call.answered(failure(ex::ErrorKind::timeout)) == Step::finish);
  CHECK(call.take_result().error().kind == ex::ErrorKind::timeout);
}

TEST_CASE("call - when no other token can be had, that is the result", "[call]") {
  CallMachine call = refused_call();
  CHECK(call.token_obtained(failure(ex::ErrorKind::issuer_unavailable), start) == Step::finish);
  CHECK(call.attempts() == 1);
  CHECK(call.take_result().error().kind == ex::ErrorKind::issuer_unavailable);
}

TEST_CASE("call - when another token is not worth a try, the 401 is the result", "[call]") {
  CallMachine call = sent_call();
  REQUIRE(call.answered(refusal()) == Step::reject_token);
  CHECK(call.rejection_noted(false) == Step::finish);
  CHECK(call.attempts() == 1);
  CHECK(call.take_result()->status == 401);
}

TEST_CASE("call - a missing scope is no fault of the token, first or second", "[call]") {
  CallMachine first = sent_call();
  CHECK(first.answered(refusal("needs more", "insufficient_scope")) == Step::finish);
  CHECK(first.take_result()->status == 401);

  CallMachine second = refused_call();
  REQUIRE(second.token_obtained(token_named("second"), start) == Step::send);
  CHECK(second.answered(refusal("needs more", "insufficient_scope")) == Step::finish);
  CHECK(support::contains(*second.take_result()->headers.find("WWW-Authenticate"), "needs more"));
}

TEST_CASE("call - a 401 without a reason is still a 401", "[call]") {
  CallMachine call = sent_call();
  CHECK(call.answered(ex::json_response(401)) == Step::reject_token);
}

TEST_CASE("call - nothing is sent once the time is over", "[call]") {
  CallMachine call(deadline);
  CHECK(call.token_obtained(token_named("first"), deadline) == Step::finish);
  CHECK(call.attempts() == 0);
  CHECK(call.take_result().error().kind == ex::ErrorKind::timeout);

  CallMachine just_in_time(deadline);
  CHECK(just_in_time.token_obtained(token_named("first"), deadline - 1ns) == Step::send);

  CallMachine replay = refused_call();
  CHECK(replay.token_obtained(token_named("second"), deadline + 1s) == Step::finish);
  CHECK(replay.attempts() == 1);
  const auto outcome = replay.take_result();
  CHECK(outcome.error().kind == ex::ErrorKind::timeout);
  CHECK(support::contains(outcome.error().message, "after the API had answered 401"));
}

TEST_CASE("call - the time left is rounded up, so that an attempt never has none", "[call]") {
  const CallMachine call(deadline);
  CHECK(call.time_left(start) == 10s);
  CHECK(call.time_left(deadline - 1ns) == 1ms);
  CHECK(CallMachine(ex::Clock::Steady::max()).time_left(start) > 24h);
}
