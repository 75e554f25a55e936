// SPDX-License-Identifier: MIT
#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <movio/exhibitor/testing.hpp>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "background.hpp"
#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using namespace std::chrono_literals;

namespace {

ex::TransportRequest token_request() {
  ex::TransportRequest request;
  request.method = "POST";
  request.body = ex::Body("grant_type=client_credentials&audience=a", "application/x-www-form-urlencoded");
  return request;
}

ex::TransportRequest call(const char* url) {
  ex::TransportRequest request;
  request.url = url;
  return request;
}

std::string told_of(const ex::Result<ex::HttpResponse>& answer) {
  return answer ? std::to_string(answer->status) : std::string(ex::to_string(answer.error().kind));
}

ex::ExhibitorClient client_of(std::shared_ptr<ex::FakeTransport> transport, std::shared_ptr<ex::FakeClock> clock) {
  ex::ClientOptions options;
  options.transport = std::move(transport);
  options.token.clock = std::move(clock);
  options.timeout = 3s;
  return {ex::Region::eu, ex::credentials("id", ex::Secret("secret")), options};
}

/// Writes down what a completion is told, a word for each time.
ex::Transport::Completion noting(std::string& told) {
  return [&told](const ex::Result<ex::HttpResponse>& answer) { told += told_of(answer) + ' '; };
}

std::future<ex::Result<ex::HttpResponse>> begin(ex::Transport& transport, const ex::TransportRequest& request) {
  const auto promise = std::make_shared<std::promise<ex::Result<ex::HttpResponse>>>();
  transport.start(request, [promise](ex::Result<ex::HttpResponse> answer) { promise->set_value(std::move(answer)); });
  return promise->get_future();
}

}  // namespace

TEST_CASE("testing - the fake transport issues tokens by itself, each another one", "[testing]") {
  ex::FakeTransport transport;
  CHECK(transport.send(token_request())->body ==
        R"({"access_token":"fake-token-1","token_type":"Bearer","expires_in":86400})");
  transport.set_token_lifetime(60s);
  CHECK(transport.send(token_request())->body ==
        R"({"access_token":"fake-token-2","token_type":"Bearer","expires_in":60})");
}

TEST_CASE("testing - the fake transport gives the answers queued, in order, then 200 {}", "[testing]") {
  ex::FakeTransport transport;
  transport.answer(ex::json_response(404));
  transport.answer(ex::detail::make_error(ex::ErrorKind::connection, "refused"));
  transport.answer_token(ex::json_response(503));
  CHECK(transport.send(call("/a"))->status == 404);
  CHECK(transport.send(token_request())->status == 503);
  CHECK(transport.send(token_request())->status == 200);
  CHECK(transport.send(call("/b")).error().message == "refused");
  const auto last = transport.send(call("/c"));
  CHECK(last->status == 200);
  CHECK(last->body == "{}");
  CHECK(*last->headers.find("content-type") == "application/json");
}

TEST_CASE("testing - the fake transport records calls and token requests apart", "[testing]") {
  ex::FakeTransport transport;
  CHECK(transport.send(call("/a")));
  CHECK(transport.send(token_request()));
  CHECK(transport.send(call("/b")));
  REQUIRE(transport.requests().size() == 2);
  CHECK(transport.requests()[1].url == "/b");
  REQUIRE(transport.token_requests().size() == 1);
}

TEST_CASE("testing - what is held is answered by release, in order, and nothing later", "[testing]") {
  ex::FakeTransport transport;
  std::string order;
  const auto note = [&](const char* name) {
    return [&order, name](const ex::Result<ex::HttpResponse>&) { order += name; };
  };
  transport.hold();
  transport.start(call("/a"), note("a"));
  transport.start(call("/b"), note("b"));
  CHECK(order.empty());
  transport.release();
  CHECK(order == "ab");
  transport.start(call("/c"), note("c"));
  CHECK(order == "abc");
  transport.release();
  CHECK(order == "abc");
}

TEST_CASE("testing - what is held ends when it is cancelled, and is not answered afterwards", "[testing]") {
  ex::FakeTransport transport;
  transport.hold();
  const ex::CancelSource source;
  auto request = call("/a");
  request.cancel = source.token();
  std::string told;
  SECTION("asynchronous") {
    transport.start(request, noting(told));
    CHECK(told.empty());
    source.cancel();
    CHECK(told == "cancelled ");
  }
  SECTION("asynchronous, cancelled before") {
    source.cancel();
    transport.start(request, noting(told));
    CHECK(told == "cancelled ");
  }
  SECTION("blocking") {
    auto blocked = support::in_background([&] { return transport.send(request); });
    fixtures::await([&] { return !transport.requests().empty(); });
    source.cancel();
    noting(told)(fixtures::outcome(blocked));
    CHECK(told == "cancelled ");
  }
  transport.release();
  CHECK(told == "cancelled ");
}

TEST_CASE("testing - what is held ends at its timeout on the transport's clock, and is not answered afterwards",
          "[testing]") {
  const auto clock = std::make_shared<ex::FakeClock>();
  ex::FakeTransport transport(clock);
  transport.hold();
  auto hurried = call("/a");
  hurried.timeout = 2s;
  auto patient = call("/b");
  patient.timeout = std::chrono::milliseconds::max();
  auto first = begin(transport, hurried);
  auto second = begin(transport, patient);
  auto third = begin(transport, call("/c"));
  auto blocked = support::in_background([&] { return transport.send(hurried); });
  fixtures::await([&] { return transport.requests().size() == 4; });
  clock->advance(1999ms);
  transport.run_delayed_tasks();  // a timeout is none
  CHECK(first.wait_for(20ms) == std::future_status::timeout);
  while (blocked.wait_for(1ms) != std::future_status::ready) clock->advance(1s);  // may have begun just now
  CHECK(told_of(blocked.get()) == "timeout");
  CHECK(told_of(fixtures::outcome(first)) == "timeout");
  CHECK(second.wait_for(20ms) == std::future_status::timeout);
  transport.release();
  CHECK(told_of(second.get()) == "200");
  CHECK(told_of(third.get()) == "200");
}

TEST_CASE("testing - without a clock of the test's, the time of what is held is the machine's", "[testing]") {
  ex::FakeTransport transport;
  transport.hold();
  auto request = call("/a");
  request.timeout = 1ms;
  CHECK(told_of(transport.send(request)) == "timeout");
  auto running = begin(transport, request);
  CHECK(told_of(fixtures::outcome(running)) == "timeout");
}

TEST_CASE("testing - what is held at the end of the fake transport is cancelled", "[testing]") {
  std::string told;
  {
    ex::FakeTransport transport;
    transport.hold();
    transport.start(call("/a"), noting(told));
  }
  CHECK(told == "cancelled ");
}

TEST_CASE("testing - a client ends although the fake transport holds its call", "[testing]") {
  const auto transport = std::make_shared<ex::FakeTransport>();
  ex::ClientOptions options;
  options.transport = transport;
  std::string told;
  {
    const ex::ExhibitorClient client(ex::Region::eu, ex::credentials("id", ex::Secret("secret")), options);
    REQUIRE(client.get("/members"));
    transport->hold();
    client.send_async(fixtures::request_for("GET", "/members"), noting(told));
    CHECK(told.empty());
  }
  CHECK(told == "cancelled ");
}

TEST_CASE("testing - held calls of a client end at its timeout, blocking and asynchronous ones", "[testing]") {
  const auto clock = std::make_shared<ex::FakeClock>();
  const auto transport = std::make_shared<ex::FakeTransport>(clock);
  const auto client = client_of(transport, clock);
  SECTION("without a token") { transport->hold(); }
  SECTION("with one") {
    REQUIRE(client.get("/members"));
    transport->hold();
  }
  auto running = client.send_async(fixtures::request_for("GET", "/members"));
  auto blocked = support::in_background([&] { return client.get("/members"); });
  while (blocked.wait_for(1ms) != std::future_status::ready) clock->advance(1s);
  CHECK(told_of(blocked.get()) == "timeout");
  CHECK(told_of(fixtures::outcome(running)) == "timeout");
}

TEST_CASE("testing - the pause of an asynchronous call ends by the transport's clock", "[testing]") {
  const auto clock = std::make_shared<ex::FakeClock>();
  const auto transport = std::make_shared<ex::FakeTransport>(clock);
  const auto client = client_of(transport, clock);
  transport->answer(ex::json_response(503, "{}", {{"Retry-After", "1"}}));
  auto answer = client.send_async(fixtures::request_for("GET", "/members"));
  CHECK(answer.wait_for(20ms) == std::future_status::timeout);
  CHECK(transport->requests().size() == 1);
  clock->advance(2s);
  CHECK(told_of(fixtures::outcome(answer)) == "200");
  CHECK(transport->requests().size() == 2);
}

TEST_CASE("testing - the fake transport may go away in one of its own tasks, where nobody may wait", "[testing]") {
  const auto clock = std::make_shared<ex::FakeClock>();
  auto transport = std::make_shared<ex::FakeTransport>(clock);
  std::promise<bool> ended;
  CHECK(transport->may_block());
  CHECK(transport->after(1s, [last = std::make_shared<std::shared_ptr<ex::FakeTransport>>(transport), &ended] {
    const bool may_block = (*last)->may_block();
    last->reset();
    ended.set_value(may_block);
  }));
  transport.reset();
  clock->advance(1s);
  auto future = ended.get_future();
  CHECK_FALSE(fixtures::outcome(future));
}

TEST_CASE("testing - a task without delay runs at once, any other when its time has come or it is told to",
          "[testing]") {
  const auto clock = std::make_shared<ex::FakeClock>();
  ex::FakeTransport transport(clock);
  std::string order;
  std::promise<void> ran;
  CHECK(transport.after(2s, [&order] { order += "last"; }));
  CHECK(transport.after(1s, [&order] { order += "later "; }));
  CHECK(transport.after(0s, [&order] { order += "now "; }));
  CHECK(order == "now ");
  SECTION("told to") {
    transport.run_delayed_tasks();
    transport.run_delayed_tasks();
    CHECK(order == "now later last");
    clock->advance(2s);
  }
  SECTION("its time has come") {
    CHECK(transport.after(3s, [&ran] { ran.set_value(); }));
    clock->advance(3s);
    auto future = ran.get_future();
    fixtures::outcome(future);
    transport.run_delayed_tasks();
    CHECK(order == "now later last");
  }
}

TEST_CASE("testing - the fake clock moves only when told to, each of its times separately", "[testing]") {
  ex::FakeClock clock;
  const auto now = clock.now();
  const auto moment = clock.moment();
  const auto moved = [&] {
    const auto later = clock.moment();
    return std::to_string((clock.now() - now) / 1s) + ' ' + std::to_string((later.uptime - moment.uptime) / 1s) + ' ' +
           std::to_string((later.wall - moment.wall) / 1s);
  };
  CHECK(moved() == "0 0 0");
  clock.advance(5s);
  CHECK(moved() == "5 5 5");
  clock.suspend(10s);
  CHECK(moved() == "5 15 15");
  clock.step_wall(-1h);
  CHECK(moved() == "5 15 -3585");
}

TEST_CASE("testing - waiting on the fake clock ends when its time has come, or something changed", "[testing]") {
  ex::FakeClock clock;
  std::mutex mutex;
  std::condition_variable changed;
  bool ready = false;
  const auto until = clock.now() + 1h;
  auto waiting = support::in_background([&] {
    std::unique_lock<std::mutex> lock(mutex);
    while (!ready && clock.now() < until) clock.wait_until(lock, changed, until);
    return clock.now() >= until;
  });
  SECTION("by time") {
    clock.advance(1h);
    CHECK(fixtures::outcome(waiting));
  }
  SECTION("by a change") {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      ready = true;
    }
    changed.notify_all();
    CHECK_FALSE(fixtures::outcome(waiting));
  }
}
