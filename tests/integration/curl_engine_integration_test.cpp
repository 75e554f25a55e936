// SPDX-License-Identifier: MIT
#include <httplib.h>
#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "catch.hpp"
#include "integration.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

/// An API that answers nothing before the gate is open.
struct SlowApi {
  SlowApi() {
    server.intercept_api([this](const httplib::Request&, httplib::Response&) {
      gate.wait();
      return true;
    });
  }
  ~SlowApi() { gate.open(); }
  [[nodiscard]] ex::TransportRequest get() const { return request("GET", server.api_url() + "/x"); }

  CallbackGate gate;
  sandbox::Sandbox server;
};

}  // namespace

TEST_CASE("curl engine - many requests at once are each completed once", "[curl_engine]") {
  sandbox::Sandbox server;
  Outcomes outcomes;
  {
    ex::CurlTransport transport(trusting(server));
    for (int i = 0; i < 100; ++i) transport.start(request("GET", server.api_url() + "/x"), outcomes.take());
    for (const auto& result : outcomes.await(100)) {
      REQUIRE(result);
      CHECK(result->status == 404);
    }
  }
  CHECK(outcomes.size() == 100);
  CHECK(server.counters().api_calls == 100);
}

TEST_CASE("curl engine - one request after the other reuses the connection", "[curl_engine]") {
  sandbox::Sandbox server;
  ex::CurlTransport transport(trusting(server));
  Outcomes outcomes;
  for (std::size_t i = 1; i <= 50; ++i) {
    transport.start(request("GET", server.api_url() + "/x"), outcomes.take());
    outcomes.await(i);
  }
  CHECK(server.counters().api_connections == 1);
}

TEST_CASE("curl engine - a request is cancelled before, while and after it runs", "[curl_engine]") {
  SlowApi api;
  ex::CurlTransport transport(trusting(api.server));
  Outcomes outcomes;

  const ex::CancelSource while_running;
  auto asked = api.get();
  asked.cancel = while_running.token();
  transport.start(asked, outcomes.take());
  api.gate.await_arrivals(1);
  while_running.cancel();
  outcomes.await(1);
  CHECK(outcomes.count(ex::ErrorKind::cancelled) == 1);

  transport.start(asked, outcomes.take());
  outcomes.await(2);
  CHECK(outcomes.count(ex::ErrorKind::cancelled) == 2);

  api.gate.open();
  const ex::CancelSource too_late;
  asked.cancel = too_late.token();
  transport.start(asked, outcomes.take());
  CHECK(outcomes.await(3).back());
  too_late.cancel();
  transport.start(api.get(), outcomes.take());
  CHECK(outcomes.await(4).back());
}

TEST_CASE("curl engine - destruction completes what is left as cancelled and drops the timers", "[curl_engine]") {
  SlowApi api;
  Outcomes outcomes;
  std::atomic<bool> timer_ran{false};
  {
    ex::CurlTransport transport(trusting(api.server));
    for (int i = 0; i < 5; ++i) transport.start(api.get(), outcomes.take());
    CHECK(transport.after(1h, [&] { timer_ran = true; }));
    api.gate.await_arrivals(5);
  }
  CHECK(outcomes.size() == 5);
  CHECK(outcomes.count(ex::ErrorKind::cancelled) == 5);
  CHECK_FALSE(timer_ran);
}

TEST_CASE("curl engine - the last owner may go away inside a callback", "[curl_engine]") {
  SlowApi api;
  Outcomes outcomes;
  std::promise<void> dropped;
  auto transport = std::make_shared<ex::CurlTransport>(trusting(api.server));
  transport->start(api.get(), outcomes.take());
  api.gate.await_arrivals(1);
  REQUIRE(transport->after(0ms, [&] {
    transport.reset();
    dropped.set_value();
  }));
  dropped.get_future().get();
  outcomes.await(1);
  CHECK(outcomes.count(ex::ErrorKind::cancelled) == 1);
}

TEST_CASE("curl engine - a blocking call inside a callback is refused, not a deadlock", "[curl_engine]") {
  sandbox::Sandbox server;
  ex::CurlTransport transport(trusting(server));
  std::promise<ex::Result<ex::HttpResponse>> promise;
  transport.start(request("GET", server.api_url()),
                  [&](const auto&) { promise.set_value(transport.send(request("GET", server.api_url()))); });
  const auto inner = promise.get_future().get();
  REQUIRE_FALSE(inner);
  CHECK(inner.error().kind == ex::ErrorKind::invalid_argument);
}

TEST_CASE("curl engine - a callback may start requests, and one that throws harms no other", "[curl_engine]") {
  sandbox::Sandbox server;
  ex::CurlTransport transport(trusting(server));
  Outcomes outcomes;
  transport.start(request("GET", server.api_url()), [&](const auto&) {
    transport.start(request("GET", server.api_url()), outcomes.take());
    throw std::runtime_error("a callback's own failure");
  });
  CHECK(outcomes.await(1).front());
  transport.after(0ms, [] { throw std::runtime_error("a task's own failure"); });
  transport.start(request("GET", server.api_url()), outcomes.take());
  CHECK(outcomes.await(2).back());
}

TEST_CASE("curl engine - timers run in the order of their time", "[curl_engine]") {
  ex::CurlTransport transport;
  std::promise<void> done;
  std::string order;
  const auto begun = std::chrono::steady_clock::now();
  transport.after(60ms, [&] {
    order += 'c';
    done.set_value();
  });
  transport.after(30ms, [&] { order += 'b'; });
  transport.after(0ms, [&] { order += 'a'; });
  done.get_future().get();
  CHECK(order == "abc");
  CHECK(std::chrono::steady_clock::now() - begun >= 60ms);
}

TEST_CASE("curl engine - a request that cannot be set up is answered too", "[curl_engine]") {
  ex::CurlTransport transport;
  Outcomes outcomes;
  transport.start(request("GET", "http://example.com/"), outcomes.take());
  CHECK(outcomes.await(1).front().error().kind == ex::ErrorKind::invalid_argument);
}

TEST_CASE("curl engine - requests beyond the limit of active ones wait, and begin in order", "[curl_engine]") {
  SlowApi api;
  auto options = trusting(api.server);
  options.max_in_flight = 1;
  ex::CurlTransport transport(options);
  std::string order;
  std::promise<void> done;
  for (char name = 'a'; name <= 'h'; ++name) {
    transport.start(api.get(), [&, name](const auto& answer) {
      order += answer ? name : '?';
      if (order.size() == 8) done.set_value();
    });
  }
  api.gate.await_arrivals(1);
  CHECK(api.server.counters().api_calls == 1);
  api.gate.open();
  done.get_future().get();
  CHECK(order == "abcdefgh");
  CHECK(api.server.counters().api_connections == 1);
}

TEST_CASE("curl engine - requests beyond the limit of queued ones fail as overloaded, at once", "[curl_engine]") {
  SlowApi api;
  auto options = trusting(api.server);
  options.max_in_flight = 1;
  options.max_queued = 2;
  ex::CurlTransport transport(options);
  Outcomes outcomes;
  transport.start(api.get(), outcomes.take());
  api.gate.await_arrivals(1);
  for (int i = 0; i < 5; ++i) transport.start(api.get(), outcomes.take());
  CHECK(outcomes.count(ex::ErrorKind::overloaded) == 3);
  CHECK(outcomes.size() == 3);
  api.gate.open();
  CHECK(outcomes.await(6).size() == 6);
  CHECK(outcomes.count(ex::ErrorKind::overloaded) == 3);
}

TEST_CASE("curl engine - a queued request can be cancelled and can time out", "[curl_engine]") {
  SlowApi api;
  auto options = trusting(api.server);
  options.max_in_flight = 1;
  ex::CurlTransport transport(options);
  Outcomes outcomes;
  transport.start(api.get(), outcomes.take());
  api.gate.await_arrivals(1);
  const ex::CancelSource source;
  auto cancelled = api.get();
  cancelled.cancel = source.token();
  transport.start(cancelled, outcomes.take());
  auto hurried = api.get();
  hurried.timeout = 50ms;
  transport.start(hurried, outcomes.take());
  source.cancel();
  const auto results = outcomes.await(2);
  CHECK(outcomes.count(ex::ErrorKind::cancelled) == 1);
  CHECK(outcomes.count(ex::ErrorKind::timeout) == 1);
  CHECK(results.back().error().message.find("max_in_flight") != std::string::npos);
  CHECK(results.back().error().nothing_sent);
  api.gate.open();
  CHECK(outcomes.await(3).back());
  CHECK(api.server.counters().api_calls == 1);
}

TEST_CASE("curl engine - a request whose timeout passed in the queue is not sent", "[curl_engine]") {
  SlowApi api;
  ex::CurlTransport transport(trusting(api.server));
  Outcomes outcomes;
  std::promise<void> busy, asked;
  transport.after(0ms, [&] {
    busy.set_value();
    asked.get_future().get();
    std::this_thread::sleep_for(20ms);  // the engine is busy for longer than the request has
  });
  busy.get_future().get();
  auto hurried = api.get();
  hurried.timeout = 1ms;
  transport.start(hurried, outcomes.take());
  asked.set_value();
  const auto error = outcomes.await(1).front().error();
  CHECK(error.kind == ex::ErrorKind::timeout);
  CHECK(error.message.find("max_in_flight") != std::string::npos);
  CHECK(error.nothing_sent);
  CHECK(api.server.counters().api_calls == 0);
}

TEST_CASE("curl engine - destruction completes queued requests, too", "[curl_engine]") {
  SlowApi api;
  Outcomes outcomes;
  {
    auto options = trusting(api.server);
    options.max_in_flight = 1;
    ex::CurlTransport transport(options);
    for (int i = 0; i < 5; ++i) transport.start(api.get(), outcomes.take());
    api.gate.await_arrivals(1);
  }
  CHECK(outcomes.count(ex::ErrorKind::cancelled) == 5);
}

TEST_CASE("curl engine - an answer tells how it came", "[curl_engine]") {
  sandbox::Sandbox server;
  ex::CurlTransport transport(trusting(server));
  const auto first = transport.send(request("GET", server.api_url() + "/x"));
  const auto second = transport.send(request("GET", server.api_url() + "/x"));
  REQUIRE((first && second));
  CHECK_FALSE(first->metrics.reused_connection);
  CHECK(first->metrics.secured >= first->metrics.connected);
  CHECK(first->metrics.secured.count() > 0);
  CHECK(second->metrics.reused_connection);
  CHECK(second->metrics.secured.count() == 0);
  CHECK(second->metrics.total >= second->metrics.first_byte);
  CHECK(second->metrics.bytes_sent > 50);
  CHECK(second->metrics.bytes_received > static_cast<std::int64_t>(second->body.size()));
  CHECK(second->metrics.http_version == 11);
}

TEST_CASE("curl engine - an error tells whether anything was sent", "[curl_engine]") {
  ex::CurlTransport transport;
  const auto refused = transport.send(request("GET", "http://127.0.0.1:" + std::to_string(closed_port())));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().nothing_sent);
  const RawServer hangs_up([](int socket) { RawServer::read_until(socket, "\r\n\r\n"); });
  const auto broken = transport.send(request("GET", hangs_up.url()));
  REQUIRE_FALSE(broken);
  CHECK_FALSE(broken.error().nothing_sent);
}

TEST_CASE("curl engine - a request cancelled before it is queued is told so, not lost", "[curl_engine]") {
  SlowApi api;
  Outcomes outcomes;
  auto options = trusting(api.server);
  options.max_in_flight = 1;
  ex::CurlTransport transport(options);
  transport.start(api.get(), outcomes.take());
  api.gate.await_arrivals(1);
  const ex::CancelSource source;
  source.cancel();
  auto cancelled = api.get();
  cancelled.cancel = source.token();
  cancelled.timeout = 20s;
  for (int i = 0; i < 3000; ++i) {
    transport.start(cancelled, outcomes.take());
    if (i % 3 == 0) std::this_thread::sleep_for(100us);  // so that the engine looks between cancellation and queueing
  }
  outcomes.await(3000);
  CHECK(outcomes.count(ex::ErrorKind::cancelled) == 3000);
}

TEST_CASE("curl engine - a token can be had while slow calls take all places and the whole queue", "[curl_engine]") {
  SlowApi api;
  Outcomes outcomes;
  auto options = trusting(api.server);
  options.max_in_flight = 2;
  options.max_queued = 1;
  const auto transport = std::make_shared<ex::CurlTransport>(options);
  for (int i = 0; i < 4; ++i) transport->start(api.get(), outcomes.take());
  api.gate.await_arrivals(2);
  CHECK(outcomes.await(1).front().error().kind == ex::ErrorKind::overloaded);
  ex::TokenOptions token_options;
  token_options.timeout = 20s;
  ex::TokenProvider provider(endpoints_of(api.server), credentials_of_sandbox(), token_options, transport);
  CHECK(provider.token());
}

TEST_CASE("curl engine - token exchanges are bounded, too, apart from calls", "[curl_engine]") {
  SlowApi api;
  Outcomes outcomes;
  auto options = trusting(api.server);
  options.max_in_flight = 1;
  options.max_queued = 1;
  ex::CurlTransport transport(options);
  auto exchange = api.get();
  exchange.token_exchange = true;
  for (int i = 0; i < 3; ++i) transport.start(exchange, outcomes.take());
  CHECK(outcomes.await(1).front().error().kind == ex::ErrorKind::overloaded);
  transport.start(api.get(), outcomes.take());
  api.gate.await_arrivals(2);
  CHECK(outcomes.size() == 1);
}
