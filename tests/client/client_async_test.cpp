// SPDX-License-Identifier: MIT
#include <future>
#include <memory>
#include <movio/exhibitor/call/detail/caller.hpp>
#include <movio/exhibitor/client.hpp>
#include <movio/exhibitor/testing.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "fixtures.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using fixtures::outcome;
using fixtures::refusal;
using fixtures::request_for;
using fixtures::Rig;
using support::contains;
using Answer = ex::Result<ex::HttpResponse>;
using namespace std::chrono_literals;

namespace {

std::string word_for(const Answer& answer) {
  return answer ? std::to_string(answer->status) : std::string(ex::to_string(answer.error().kind));
}

/// Writes down what a completion is told, a word for each time.
ex::Caller::Completion noting(std::string& told) {
  return [&told](const Answer& answer) { told += word_for(answer) + ' '; };
}

/// A rig whose calls are repeated.
struct RetryingRig : Rig {
  RetryingRig() { client_options = {}; }
};

/// A refusal after which the pause is never none, however the lot falls.
ex::HttpResponse busy() { return ex::json_response(503, "{}", {{"Retry-After", "1"}}); }

ex::HttpRequest upsert() { return request_for("PUT", "/films"); }

}  // namespace

TEST_CASE("client async - a call is authorized, sent and explained as a blocking one is", "[client_async]") {
  const Rig rig;
  const auto client = rig.client();
  rig.transport->answer(ex::json_response(202));
  rig.transport->answer(ex::json_response(404, R"({"message":"no such film"})"));
  CHECK(word_for(client.send_async(upsert()).get()) == "202");
  const auto missing = client.send_async(request_for("DELETE", "/films/f1")).get();
  CHECK(word_for(missing) == "not_found");
  CHECK(contains(missing.error().message, "DELETE /films/{id}: the API answered HTTP 404 (no such film)"));
  CHECK(fixtures::tokens_sent(*rig.transport) == std::vector<std::string>{"fake-token-1", "fake-token-1"});
}

TEST_CASE("client async - a 401 costs one new token and one replay, and a second one is explained by the first",
          "[client_async]") {
  const Rig rig;
  const auto client = rig.client();
  rig.transport->answer(refusal());
  CHECK(word_for(client.send_async(upsert()).get()) == "200");
  CHECK(rig.minted() == 2);
  rig.transport->answer(refusal("the first reason"));
  rig.transport->answer(refusal("the second reason"));
  const auto refused = client.send_async(upsert()).get();
  CHECK(word_for(refused) == "unauthorized");
  CHECK(contains(refused.error().message, "the first reason"));
  CHECK(contains(rig.log.text(), "token_rejected"));
}

TEST_CASE("client async - what is refused is told by the call itself, and nothing is sent", "[client_async]") {
  const Rig rig;
  std::string told;
  rig.client().send_async(request_for("GET", "https://elsewhere.example/"), noting(told));
  rig.client(nullptr).send_async(upsert(), noting(told));
  CHECK(told == "invalid_argument invalid_argument ");
  CHECK(rig.sent() == 0);
}

TEST_CASE("client async - trouble that passes is followed by another try when its time has come", "[client_async]") {
  RetryingRig rig;
  rig.client_options.retry.first_pause = rig.client_options.retry.longest_pause = 100s;  // hardly ever less than 1 ms
  const auto client = rig.client();
  std::string told;
  rig.transport->answer(busy());
  rig.transport->answer(ex::detail::make_error(ex::ErrorKind::connection, "reset"));
  rig.transport->answer(ex::json_response(202));
  client.send_async(upsert(), noting(told));
  CHECK(rig.sent() == 1);
  rig.transport->run_delayed_tasks();
  CHECK(rig.sent() == 2);
  CHECK(told.empty());
  rig.transport->run_delayed_tasks();
  CHECK(told == "202 ");
  CHECK(rig.sent() == 3);
}

TEST_CASE("client async - what may not be repeated is not", "[client_async]") {
  const RetryingRig rig;
  const auto client = rig.client();
  for (const char* method : {"POST", "PATCH"}) {
    rig.transport->answer(ex::json_response(503));
    CHECK(word_for(client.send_async(request_for(method, "/films")).get()) == "server_error");
  }
  CHECK(rig.sent() == 2);
  auto marked = request_for("POST", "/films");
  marked.idempotent = true;
  rig.transport->answer(ex::json_response(503));
  auto repeated = client.send_async(marked);
  rig.transport->run_delayed_tasks();
  CHECK(word_for(repeated.get()) == "200");
}

TEST_CASE("client async - all attempts in vain: the first failure, and how many there were", "[client_async]") {
  const RetryingRig rig;
  const auto client = rig.client();
  rig.transport->answer(ex::json_response(503, R"({"message":"the first"})"));
  for (int i = 0; i < 3; ++i) rig.transport->answer(ex::json_response(500, R"({"message":"another"})"));
  auto failing = client.send_async(upsert());
  for (int i = 0; i < 3; ++i) rig.transport->run_delayed_tasks();
  const auto failed = failing.get();
  CHECK(word_for(failed) == "server_error");
  CHECK(contains(failed.error().message, "the first"));
  CHECK(failed.error().attempts == 4);
}

TEST_CASE("client async - an issuer that is unavailable is waited for without a thread that waits", "[client_async]") {
  const Rig rig;
  const auto client = rig.client();
  std::string told;
  rig.transport->answer_token(ex::json_response(503, "{}", {{"Retry-After", "5"}}));
  client.send_async(upsert(), noting(told));
  CHECK(told.empty());
  rig.clock->advance(5s);
  rig.transport->run_delayed_tasks();
  CHECK(told == "200 ");
}

TEST_CASE("client async - a call is cancelled in a pause by its own token or with all others", "[client_async]") {
  const RetryingRig rig;
  const auto client = rig.client();
  const ex::CancelSource source;
  std::string told;
  auto request = upsert();
  rig.transport->answer(busy());
  SECTION("its own") {
    request.cancel = source.token();
    client.send_async(request, noting(told));
    source.cancel();
  }
  SECTION("all") {
    client.send_async(request, noting(told));
    client.cancel_all();
  }
  CHECK(told == "cancelled ");
  rig.transport->run_delayed_tasks();
  CHECK(told == "cancelled ");
  CHECK(rig.sent() == 1);
  CHECK(word_for(client.send(upsert())) == "200");  // what comes later is not cancelled
}

TEST_CASE("client async - cancelling ends the wait for a token, and blocking calls too", "[client_async]") {
  const Rig rig;
  const auto client = rig.client();
  std::string told;
  rig.transport->hold();
  client.send_async(upsert(), noting(told));
  auto blocked = support::in_background([&] { return client.send(upsert()); });
  rig.clock->await_waiting(1);
  client.cancel_all();
  CHECK(told == "cancelled ");
  CHECK(word_for(outcome(blocked)) == "cancelled");
  rig.transport->release();
  CHECK(rig.sent() == 0);
}

TEST_CASE("client async - cancelling all reaches calls with a token of their own, and the client goes on",
          "[client_async]") {
  const RetryingRig rig;
  const auto client = rig.client();
  const ex::CancelSource own;
  for (int round = 0; round < 2; ++round) {
    std::string told;
    auto request = upsert();
    request.cancel = own.token();
    rig.transport->answer(busy());
    client.send_async(request, noting(told));
    rig.transport->answer(busy());
    rig.clock->forget_waiting();
    auto blocked = support::in_background([&] { return client.send(request); });
    rig.clock->await_waiting(1);
    CHECK(told.empty());
    client.cancel_all();
    CHECK(told == "cancelled ");
    CHECK(word_for(outcome(blocked)) == "cancelled");
    CHECK_FALSE(own.token().cancelled());
    CHECK(word_for(client.send(request)) == "200");
    CHECK(word_for(client.send_async(request).get()) == "200");
  }
}

TEST_CASE("client async - a pause that no timer can end is cancelled, not waited for", "[client_async]") {
  class Timerless : public ex::FakeTransport {
   public:
    bool after(std::chrono::milliseconds delay, Task task) override {
      return delay.count() <= 0 && FakeTransport::after(delay, std::move(task));
    }
  };
  RetryingRig rig;
  rig.transport = std::make_shared<Timerless>();
  const auto client = rig.client();
  std::string told;
  rig.transport->answer(busy());
  client.send_async(upsert(), noting(told));
  CHECK(told == "cancelled ");
  CHECK(client.drain(rig.clock->now()));
  CHECK(word_for(client.send(upsert())) == "200");
}

TEST_CASE("client async - a completion never runs inside send_async, however early the answer", "[client_async]") {
  /// Keeps tasks without delay until it is told to, as an engine's thread would.
  class Queueing : public ex::FakeTransport {
   public:
    bool after(std::chrono::milliseconds delay, Task task) override {
      if (!queues || delay.count() > 0) return FakeTransport::after(delay, std::move(task));
      tasks.push_back(std::move(task));
      return true;
    }
    [[nodiscard]] bool may_block() const noexcept override { return blocks; }
    std::vector<Task> tasks;
    bool queues = false;
    bool blocks = true;
  };
  Rig rig;
  const auto transport = std::make_shared<Queueing>();
  rig.transport = transport;
  const auto client = rig.client();
  CHECK(client.provider()->token());
  transport->queues = true;
  for (const bool blocks : {true, false}) {  // called by a program's thread, or by a completion on the engine's
    transport->blocks = blocks;
    std::string told;
    client.send_async(upsert(), noting(told));
    CHECK(told.empty());
    REQUIRE(transport->tasks.size() == 1);
    std::exchange(transport->tasks, {}).front()();
    CHECK(told == "200 ");
  }
}

TEST_CASE("client async - draining waits for what is under way, and tells when the time is over", "[client_async]") {
  const Rig rig;
  const auto client = rig.client();
  CHECK(client.drain(rig.clock->now()));
  CHECK(client.provider()->token());
  rig.transport->hold();
  auto answered = client.send_async(upsert());
  auto late = client.drain(rig.clock->now());
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == ex::ErrorKind::timeout);
  auto draining = support::in_background([&] { return client.drain(ex::Clock::Steady::max()).has_value(); });
  rig.clock->await_waiting(1);
  rig.transport->release();
  CHECK(outcome(draining));
  CHECK(word_for(answered.get()) == "200");
}

TEST_CASE("client async - draining for a duration ends when it is over", "[client_async]") {
  const Rig rig;
  const auto client = rig.client();
  CHECK(client.drain(std::chrono::milliseconds(0)));
  CHECK(client.provider()->token());
  rig.transport->hold();
  auto answered = client.send_async(upsert());
  auto draining = support::in_background([&] { return client.drain(10s).has_value(); });
  rig.clock->await_waiting(1);
  rig.clock->advance(9s);
  CHECK(draining.wait_for(20ms) == std::future_status::timeout);
  rig.clock->advance(1s);
  CHECK_FALSE(outcome(draining));
  rig.transport->release();
  CHECK(word_for(answered.get()) == "200");
}

TEST_CASE("client async - destroying the last client cancels the active calls and waits for them", "[client_async]") {
  const RetryingRig rig;
  std::string told;
  {
    const auto client = rig.client();
    rig.transport->answer(busy());
    client.send_async(upsert(), noting(told));
    const auto copy = client;  // NOLINT(performance-unnecessary-copy-initialization): one of two
    CHECK(told.empty());
  }
  CHECK(told == "cancelled ");
  rig.transport->run_delayed_tasks();
  CHECK(told == "cancelled ");
}

TEST_CASE("client async - a completion may start a call, cancel all, drop the client, or throw", "[client_async]") {
  const Rig rig;
  std::optional<ex::ExhibitorClient> client = rig.client();
  std::string told;
  SECTION("start") {
    client->send_async(upsert(), [&](const Answer&) { client->send_async(upsert(), noting(told)); });
    CHECK(told == "200 ");
  }
  SECTION("cancel") {
    client->send_async(upsert(), [&](const Answer& answer) {
      client->cancel_all();
      told = word_for(answer);
    });
    CHECK(told == "200");
  }
  SECTION("drop") {
    client->send_async(upsert(), [&](const Answer& answer) {
      CHECK(client->drain(rig.clock->now()).error().kind == ex::ErrorKind::invalid_argument);
      client.reset();
      told = word_for(answer);
    });
    CHECK(told == "200");
  }
  SECTION("hold the last client") {
    rig.transport->hold();
    client->send_async(upsert(), [&told, held = *client](const Answer& answer) { told = word_for(answer); });
    client.reset();
    rig.transport->release();
    rig.transport->release();
    CHECK(told == "200");
  }
  SECTION("throw") {
    ex::SharedClientOptions options;
    options.on_event = rig.log.hook();
    client.emplace(rig.provider(), options);
    client->send_async(upsert(), [](const Answer&) { throw std::runtime_error("planted in an exception"); });
    CHECK(contains(rig.log.lines().back(), "callback_failed method=PUT route=/films"));
    CHECK_FALSE(contains(rig.log.text(), "planted"));
    CHECK(client->drain(rig.clock->now()));
  }
  SECTION("throw when the request is refused") {
    ex::SharedClientOptions options;
    options.on_event = rig.log.hook();
    client.emplace(rig.provider(), options);
    client->send_async(request_for("GET", "//elsewhere.example"), [](const Answer&) { throw std::runtime_error(""); });
    CHECK(contains(rig.log.lines().back(), "callback_failed"));
    rig.client(nullptr).send_async(upsert(), [](const Answer&) { throw std::runtime_error(""); });
  }
}

TEST_CASE("client async - a transport that drops its tasks still leaves nobody without an answer", "[client_async]") {
  class Dropping : public ex::FakeTransport {
   public:
    bool after(std::chrono::milliseconds delay, Task task) override {
      return delay.count() > 0 || drops || FakeTransport::after(delay, std::move(task));
    }
    bool drops = false;
  };
  Rig rig;
  const auto transport = std::make_shared<Dropping>();
  rig.transport = transport;
  const auto client = rig.client();
  CHECK(client.provider()->token());
  transport->drops = true;
  std::string told;
  client.send_async(upsert(), noting(told));
  CHECK(told == "200 ");
}

TEST_CASE("client async - every attempt, pause and call is told of, under one id", "[client_async]") {
  RetryingRig rig;
  rig.client_options.on_event = rig.log.hook();
  const auto client = rig.client();
  CHECK(client.provider()->token());
  rig.transport->answer(ex::json_response(503, "{}", {{"Retry-After", "2"}}));
  int span = 0;
  auto request = request_for("DELETE", "/members/planted-id");
  request.context = std::shared_ptr<void>(&span, [](void*) {});
  auto answered = client.send_async(request);
  rig.transport->run_delayed_tasks();
  CHECK(answered.get());
  const auto lines = rig.log.lines();
  REQUIRE(lines.size() == 7);
  CHECK(contains(lines[1], "attempt_started method=DELETE route=/members/{id} attempt=1"));
  CHECK(contains(lines[2], "attempt_finished method=DELETE route=/members/{id} status=503 attempt=1"));
  CHECK(contains(lines[3], "retry_planned method=DELETE route=/members/{id} status=503 attempt=1 pause_ms=2"));
  CHECK(contains(lines[4], "attempt_started method=DELETE route=/members/{id} attempt=2"));
  CHECK(contains(lines[5], "attempt_finished method=DELETE route=/members/{id} status=200 attempt=2"));
  CHECK(contains(lines[6], "call_finished method=DELETE route=/members/{id} status=200 attempt=2"));
  const auto requests = rig.transport->requests();
  const std::string* id = requests.at(0).headers.find("X-Request-Id");
  REQUIRE(id != nullptr);
  CHECK(*requests.at(1).headers.find("X-Request-Id") == *id);
  for (std::size_t i = 1; i < lines.size(); ++i) CHECK(contains(lines[i], " call_id=" + *id));
  CHECK_FALSE(contains(rig.log.text(), "planted"));
}

TEST_CASE("client async - each call has an id of its own or the caller's, and its error keeps it", "[client_async]") {
  const Rig rig;
  const auto client = rig.client();
  for (int i = 0; i < 3; ++i) rig.transport->answer(ex::detail::make_error(ex::ErrorKind::connection, "reset"));
  const auto first = client.send(upsert());
  const auto second = client.send(upsert());
  auto own = upsert();
  own.headers.add("x-request-id", "mine-1");
  const auto third = client.send(own);
  CHECK_FALSE(first.error().request_id.empty());
  CHECK(first.error().request_id != second.error().request_id);
  CHECK(third.error().request_id == "mine-1");
  const auto requests = rig.transport->requests();
  CHECK(*requests.at(0).headers.find("X-Request-Id") == first.error().request_id);
  CHECK(requests.at(2).headers.find("x-request-id") != nullptr);
}
