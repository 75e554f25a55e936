// SPDX-License-Identifier: MIT
#include <movio/exhibitor/call/detail/machine.hpp>
#include <movio/exhibitor/call/detail/repetition.hpp>
#include <string>
#include <utility>
#include <vector>

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

const ex::RetryPolicy policy;
double most_unlucky() { return 1; }

/// A machine, for a call that may be repeated or not, with a budget that no test uses up unless it brings its own.
CallMachine machine(bool repeatable = true) {
  static ex::detail::RetryBudget plenty(1'000'000);
  return CallMachine(deadline, {policy, plenty, &most_unlucky, repeatable, policy.max_attempts});
}

const std::chrono::system_clock::time_point wall = fixtures::begun().wall;

Step answered(CallMachine& call, ex::Result<ex::HttpResponse> answer, ex::Clock::Steady now = start) {
  return call.answered(std::move(answer), now, wall);
}

/// A machine whose first request has been sent.
CallMachine sent_call() {
  CallMachine call = machine();
  REQUIRE(call.token_obtained(token_named("first"), start) == Step::send);
  return call;
}

/// A machine whose first answer was a 401, and which has been allowed to replay.
CallMachine refused_call() {
  CallMachine call = sent_call();
  REQUIRE(answered(call, refusal("the first reason")) == Step::reject_token);
  REQUIRE(call.rejection_noted(true) == Step::obtain_token);
  return call;
}

}  // namespace

TEST_CASE("call - a token, a request, an answer, and it is over", "[call]") {
  CallMachine call = machine();
  CHECK(call.deadline() == deadline);
  CHECK(call.attempts() == 0);
  CHECK(call.token_obtained(token_named("first"), start) == Step::send);
  CHECK(call.token().reveal() == "first");
  CHECK(answered(call, ex::json_response(200, "[1]")) == Step::finish);
  CHECK(call.attempts() == 1);
  const auto result = call.take_result();
  REQUIRE(result);
  CHECK(result->body == "[1]");
}

TEST_CASE("call - an answer that no repetition would change is the result", "[call]") {
  for (const int status : {200, 202, 204, 302, 400, 403, 404, 407, 422, 501, 505}) {
    CallMachine call = sent_call();
    CHECK(answered(call, ex::json_response(status)) == Step::finish);
    CHECK(call.take_result()->status == status);
  }
  for (const auto kind : {ex::ErrorKind::tls, ex::ErrorKind::proxy, ex::ErrorKind::protocol, ex::ErrorKind::too_large,
                          ex::ErrorKind::cancelled, ex::ErrorKind::invalid_argument, ex::ErrorKind::overloaded}) {
    CallMachine call = sent_call();
    CHECK(answered(call, failure(kind)) == Step::finish);
    CHECK(call.take_result().error().kind == kind);
  }
}

TEST_CASE("call - trouble that passes is followed by another try, with growing pauses", "[call]") {
  const std::vector<ex::Result<ex::HttpResponse>> troubles{
      ex::json_response(408),         ex::json_response(500), ex::json_response(502),
      ex::json_response(503),         ex::json_response(504), failure(ex::ErrorKind::connection),
      failure(ex::ErrorKind::timeout)};
  for (const auto& trouble : troubles) {
    CallMachine call = sent_call();
    for (const auto pause : {250ms, 500ms, 1000ms}) {
      REQUIRE(answered(call, trouble) == Step::pause);
      CHECK(call.pause_until() == start + pause);
      REQUIRE(call.token_obtained(token_named("first"), start) == Step::send);
    }
    CHECK(answered(call, trouble) == Step::finish);
    CHECK(call.attempts() == 4);
  }
}

TEST_CASE("call - throttling that does not say for how long is followed by pauses from a second on", "[call]") {
  const auto pauses = [](const ex::RetryPolicy& retry, const ex::HttpResponse& answer) {
    ex::detail::RetryBudget plenty(1000);
    CallMachine call(start + 1h, {retry, plenty, &most_unlucky, true, retry.max_attempts});
    std::vector<ex::Clock::Steady::duration> all;
    while (true) {
      REQUIRE(call.token_obtained(token_named("first"), start) == Step::send);
      if (answered(call, answer) == Step::finish) return all;
      all.push_back(call.pause_until() - start);
    }
  };
  using Pauses = std::vector<ex::Clock::Steady::duration>;
  CHECK(pauses({}, ex::json_response(429)) == Pauses{1s, 2s, 4s});
  CHECK(pauses({}, ex::json_response(429, "{}", {{"Retry-After", "soon"}})) == Pauses{1s, 2s, 4s});
  CHECK(pauses({}, ex::json_response(429, "{}", {{"Retry-After", "5"}})) == Pauses{5250ms, 5500ms, 6s});
  CHECK(pauses({}, ex::json_response(429, "{}", {{"Retry-After", "0"}})) == Pauses{250ms, 500ms, 1s});
  CHECK(pauses({}, ex::json_response(503)) == Pauses{250ms, 500ms, 1s});
  ex::RetryPolicy slow;
  slow.first_pause = 3s;
  CHECK(pauses(slow, ex::json_response(429)) == Pauses{3s, 6s, 12s});
  slow.longest_pause = 100ms;
  CHECK(pauses(slow, ex::json_response(429)) == Pauses{100ms, 100ms, 100ms});
}

TEST_CASE("call - only a request that is safe to repeat is repeatable, by its method or its word", "[call]") {
  ex::HttpRequest request;
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE"}) {
    request.method = method;
    CHECK(ex::detail::is_repeatable(request));
  }
  for (const char* method : {"POST", "PATCH", "OPTIONS", "MERGE", "get", "head", "Put", "delete", ""}) {
    request.method = method;
    CHECK_FALSE(ex::detail::is_repeatable(request));
  }
  request.idempotent = true;
  CHECK(ex::detail::is_repeatable(request));
}

TEST_CASE("call - the API may have acted on what broke off, 408, 5xx and 2xx, whatever the other attempts brought",
          "[call]") {
  const auto may_have_acted = [](const ex::Result<ex::HttpResponse>& first) {
    CallMachine call = sent_call();
    CHECK_FALSE(call.may_have_acted());
    Step step = answered(call, first);
    if (step == Step::reject_token) step = call.rejection_noted(true);
    if (step != Step::finish) {
      REQUIRE(call.token_obtained(token_named("second"), start) == Step::send);
      CHECK(answered(call, ex::json_response(422)) == Step::finish);
    }
    return call.may_have_acted();
  };
  for (const int status : {200, 202, 207, 299, 408, 500, 501, 502, 503, 504, 599}) {
    INFO(status);
    CHECK(may_have_acted(ex::json_response(status)));
  }
  for (const int status : {100, 302, 304, 400, 401, 403, 404, 407, 409, 413, 422, 429}) {
    INFO(status);
    CHECK_FALSE(may_have_acted(ex::json_response(status)));
  }
  auto broken = failure(ex::ErrorKind::connection);
  CHECK(may_have_acted(broken));
  broken.nothing_sent = true;
  CHECK_FALSE(may_have_acted(broken));
}

TEST_CASE("call - a repetition that succeeds is the result", "[call]") {
  CallMachine call = sent_call();
  REQUIRE(answered(call, ex::json_response(503)) == Step::pause);
  REQUIRE(call.token_obtained(token_named("first"), start) == Step::send);
  CHECK(answered(call, ex::json_response(202)) == Step::finish);
  CHECK(call.take_result()->status == 202);
  CHECK(call.attempts() == 2);
}

TEST_CASE("call - the first failure is the result, but an answer says more than that there was none", "[call]") {
  const auto outcome_of = [](const ex::Result<ex::HttpResponse>& first, const ex::Result<ex::HttpResponse>& others) {
    CallMachine call = sent_call();
    Step step = answered(call, first);
    while (step == Step::pause) {
      REQUIRE(call.token_obtained(token_named("first"), start) == Step::send);
      step = answered(call, others);
    }
    const auto result = call.take_result();
    return result ? std::to_string(result->status) : std::string(ex::to_string(result.error().kind));
  };
  CHECK(outcome_of(ex::json_response(503), failure(ex::ErrorKind::connection)) == "503");
  CHECK(outcome_of(ex::json_response(503), ex::json_response(500)) == "503");
  CHECK(outcome_of(failure(ex::ErrorKind::connection), failure(ex::ErrorKind::timeout)) == "connection");
  CHECK(outcome_of(failure(ex::ErrorKind::connection), ex::json_response(503)) == "503");
  CHECK(outcome_of(ex::json_response(503), ex::json_response(400)) == "400");  // no trouble that passes
}

TEST_CASE("call - what may not be repeated is repeated only when nothing of it was sent", "[call]") {
  CallMachine answered_badly = machine(false);
  REQUIRE(answered_badly.token_obtained(token_named("first"), start) == Step::send);
  CHECK(answered(answered_badly, ex::json_response(503)) == Step::finish);

  CallMachine broken = machine(false);
  REQUIRE(broken.token_obtained(token_named("first"), start) == Step::send);
  CHECK(answered(broken, failure(ex::ErrorKind::connection)) == Step::finish);

  CallMachine unsent = machine(false);
  auto refused = failure(ex::ErrorKind::connection);
  refused.nothing_sent = true;
  REQUIRE(unsent.token_obtained(token_named("first"), start) == Step::send);
  CHECK(answered(unsent, refused) == Step::pause);
}

TEST_CASE("call - a Retry-After is waited for in addition, within the deadline", "[call]") {
  CallMachine call = sent_call();
  REQUIRE(answered(call, ex::json_response(429, "{}", {{"Retry-After", "3"}})) == Step::pause);
  CHECK(call.pause_until() == start + 3s + 250ms);
  CallMachine hurried = sent_call();
  CHECK(answered(hurried, ex::json_response(503, "{}", {{"Retry-After", "10"}})) == Step::finish);
  CHECK(hurried.take_result()->status == 503);
}

TEST_CASE("call - nothing is repeated beyond the deadline", "[call]") {
  CallMachine call = sent_call();
  CHECK(answered(call, failure(ex::ErrorKind::timeout), deadline - 1ms) == Step::finish);
  CallMachine late = sent_call();
  REQUIRE(answered(late, ex::json_response(503)) == Step::pause);
  CHECK(late.token_obtained(token_named("first"), deadline) == Step::finish);
  CHECK(late.take_result()->status == 503);
}

TEST_CASE("call - the budget bounds what all calls repeat, and successes fill it", "[call]") {
  ex::detail::RetryBudget budget(1);
  const auto call = [&budget] {
    CallMachine made(deadline, {policy, budget, &most_unlucky, true, policy.max_attempts});
    REQUIRE(made.token_obtained(token_named("first"), start) == Step::send);
    return made;
  };
  CallMachine first = call();
  CHECK(answered(first, ex::json_response(503)) == Step::pause);
  CallMachine second = call();
  CHECK(answered(second, ex::json_response(503)) == Step::finish);
  for (int i = 0; i < 10; ++i) {
    CallMachine good = call();
    CHECK(answered(good, ex::json_response(202)) == Step::finish);
  }
  CallMachine third = call();
  CHECK(answered(third, ex::json_response(503)) == Step::pause);
}

TEST_CASE("call - the budget is filled by successes alone, and a pause that is not made takes nothing from it",
          "[call]") {
  ex::detail::RetryBudget budget(1);
  const auto call = [&budget](const ex::Result<ex::HttpResponse>& answer, ex::Clock::Steady now = start) {
    CallMachine made(deadline, {policy, budget, &most_unlucky, true, policy.max_attempts});
    REQUIRE(made.token_obtained(token_named("first"), start) == Step::send);
    return answered(made, answer, now);
  };
  CHECK(call(ex::json_response(503), deadline - 1ms) == Step::finish);  // no time for a pause
  CHECK(call(ex::json_response(503, "{}", {{"Retry-After", "60"}})) == Step::finish);
  CHECK(call(ex::json_response(503)) == Step::pause);
  for (int i = 0; i < 10; ++i) {
    for (const int status : {100, 302, 400, 403, 404, 422, 501}) CHECK(call(ex::json_response(status)) == Step::finish);
    CHECK(call(ex::detail::make_error(ex::ErrorKind::tls, "planned")) == Step::finish);
  }
  CHECK(call(ex::json_response(503)) == Step::finish);
}

TEST_CASE("call - a token that cannot be had does not hide why the request had failed before", "[call]") {
  for (const auto kind : {ex::ErrorKind::issuer_rejected, ex::ErrorKind::credentials, ex::ErrorKind::timeout,
                          ex::ErrorKind::issuer_unavailable, ex::ErrorKind::cancelled}) {
    CallMachine call = sent_call();
    REQUIRE(answered(call, ex::json_response(503)) == Step::pause);
    CHECK(call.token_obtained(failure(kind), start) == Step::finish);
    const auto result = call.take_result();
    REQUIRE(result);
    CHECK(result->status == 503);
  }
}

TEST_CASE("call - a 401 among other troubles is still refused, replaced once, and the first one explained", "[call]") {
  CallMachine call = refused_call();
  REQUIRE(call.token_obtained(token_named("second"), start) == Step::send);
  REQUIRE(answered(call, ex::json_response(503)) == Step::pause);
  REQUIRE(call.token_obtained(token_named("second"), start) == Step::send);
  CHECK(answered(call, refusal("the second reason")) == Step::confirm_rejection);
  CHECK(support::contains(*call.take_result()->headers.find("WWW-Authenticate"), "the first reason"));
}

TEST_CASE("call - a cancellation during a pause is the result", "[call]") {
  CallMachine call = sent_call();
  REQUIRE(answered(call, ex::json_response(503)) == Step::pause);
  CHECK(call.cancelled() == Step::finish);
  CHECK(call.take_result().error().kind == ex::ErrorKind::cancelled);
}

TEST_CASE("call - without a token nothing is sent", "[call]") {
  CallMachine call = machine();
  CHECK(call.token_obtained(failure(ex::ErrorKind::issuer_rejected), start) == Step::finish);
  CHECK(call.attempts() == 0);
  CHECK(call.take_result().error().kind == ex::ErrorKind::issuer_rejected);
}

TEST_CASE("call - an issuer that is unavailable is waited for within the deadline", "[call]") {
  auto busy = failure(ex::ErrorKind::issuer_unavailable);
  CallMachine call = machine();
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
  CHECK(machine().token_obtained(busy, start) == Step::finish);  // nobody says when to come back
  busy.retry_after = 10s;
  CHECK(machine().token_obtained(busy, start) == Step::finish);
  busy.retry_after = 0s;
  CallMachine call = machine();
  REQUIRE(call.token_obtained(busy, start) == Step::pause);
  CHECK(call.pause_until() == start + 1s);
}

TEST_CASE("call - no other failure to get a token is waited out", "[call]") {
  for (const auto kind : {ex::ErrorKind::issuer_rejected, ex::ErrorKind::credentials, ex::ErrorKind::tls,
                          ex::ErrorKind::proxy, ex::ErrorKind::protocol, ex::ErrorKind::cancelled}) {
    auto error = failure(kind);
    error.retry_after = 1s;
    CHECK(machine().token_obtained(error, start) == Step::finish);
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
  CHECK(answered(call, ex::json_response(202)) == Step::finish);
  CHECK(call.take_result()->status == 202);
}

TEST_CASE("call - after a second 401 the first answer is the result: it has the meaningful reason", "[call]") {
  CallMachine call = refused_call();
  REQUIRE(call.token_obtained(token_named("second"), start) == Step::send);
  CHECK(answered(call, refusal("the second reason")) == Step::confirm_rejection);
  CHECK(call.token().reveal() == "second");
  CHECK(call.attempts() == 2);
  const auto result = call.take_result();
  REQUIRE(result);
  CHECK(support::contains(*result->headers.find("WWW-Authenticate"), "the first reason"));
}

TEST_CASE("call - whatever else the replay brings is the result", "[call]") {
  for (const int status : {400, 403, 404}) {
    CallMachine call = refused_call();
    REQUIRE(call.token_obtained(token_named("second"), start) == Step::send);
    CHECK(answered(call, ex::json_response(status)) == Step::finish);
    CHECK(call.take_result()->status == status);
  }
  CallMachine call = refused_call();
  REQUIRE(call.token_obtained(token_named("second"), start) == Step::send);
  CHECK(answered(call, failure(ex::ErrorKind::tls)) == Step::finish);
  CHECK(call.take_result().error().kind == ex::ErrorKind::tls);
}

TEST_CASE("call - when no other token can be had, that is the result", "[call]") {
  CallMachine call = refused_call();
  CHECK(call.token_obtained(failure(ex::ErrorKind::issuer_unavailable), start) == Step::finish);
  CHECK(call.attempts() == 1);
  CHECK(call.take_result().error().kind == ex::ErrorKind::issuer_unavailable);
}

TEST_CASE("call - when another token is not worth a try, the 401 is the result", "[call]") {
  CallMachine call = sent_call();
  REQUIRE(answered(call, refusal()) == Step::reject_token);
  CHECK(call.rejection_noted(false) == Step::finish);
  CHECK(call.attempts() == 1);
  CHECK(call.take_result()->status == 401);
}

TEST_CASE("call - a missing scope is no fault of the token, first or second", "[call]") {
  CallMachine first = sent_call();
  CHECK(answered(first, refusal("needs more", "insufficient_scope")) == Step::finish);
  CHECK(first.take_result()->status == 401);

  CallMachine second = refused_call();
  REQUIRE(second.token_obtained(token_named("second"), start) == Step::send);
  CHECK(answered(second, refusal("needs more", "insufficient_scope")) == Step::finish);
  CHECK(support::contains(*second.take_result()->headers.find("WWW-Authenticate"), "needs more"));
}

TEST_CASE("call - a 401 without a reason is still a 401", "[call]") {
  CallMachine call = sent_call();
  CHECK(answered(call, ex::json_response(401)) == Step::reject_token);
}

TEST_CASE("call - nothing is sent once the time is over", "[call]") {
  CallMachine call = machine();
  CHECK(call.token_obtained(token_named("first"), deadline) == Step::finish);
  CHECK(call.attempts() == 0);
  CHECK(call.take_result().error().kind == ex::ErrorKind::timeout);

  CallMachine just_in_time = machine();
  CHECK(just_in_time.token_obtained(token_named("first"), deadline - 1ns) == Step::send);

  CallMachine replay = refused_call();
  CHECK(replay.token_obtained(token_named("second"), deadline + 1s) == Step::finish);
  CHECK(replay.attempts() == 1);
  const auto outcome = replay.take_result();
  CHECK(outcome.error().kind == ex::ErrorKind::timeout);
  CHECK(support::contains(outcome.error().message, "after the API had answered 401"));
}

TEST_CASE("call - the time left is rounded up, so that an attempt never has none", "[call]") {
  const CallMachine call = machine();
  CHECK(call.time_left(start) == 10s);
  CHECK(call.time_left(deadline - 1ns) == 1ms);
}
