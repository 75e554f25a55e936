#include <condition_variable>
#include <movio/exhibitor/testing.hpp>
#include <mutex>
#include <string>
#include <utility>

#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using namespace std::chrono_literals;

namespace {

ex::HttpRequest token_request() {
  auto request = fixtures::request_for("POST", "https://issuer.example/oauth/token");
  request.body = ex::Body("grant_type=client_credentials&audience=a", "application/x-www-form-urlencoded");
  return request;
}

ex::HttpRequest call(const char* path) { return fixtures::request_for("GET", path); }

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
  CHECK(transport.requests()[1].target == "/b");
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

TEST_CASE("testing - a task without delay runs at once, any other when it is told to", "[testing]") {
  ex::FakeTransport transport;
  std::string order;
  CHECK(transport.after(1s, [&order] { order += "later"; }));
  CHECK(transport.after(0s, [&order] { order += "now "; }));
  CHECK(order == "now ");
  transport.run_delayed_tasks();
  transport.run_delayed_tasks();
  CHECK(order == "now later");
}

TEST_CASE("testing - the fake clock moves only when it is told to, each hand by itself", "[testing]") {
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
  auto waiting = std::async(std::launch::async, [&] {
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
