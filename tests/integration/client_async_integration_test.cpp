// SPDX-License-Identifier: MIT

// Calls that meet with trouble, and many at once, over real sockets.
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "forking.hpp"
#include "integration.hpp"

using namespace integration;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

ex::HttpRequest upsert(const std::string& id = "f1") {
  auto made = api_call("PUT", "/films");
  made.body = ex::Body(json::array({{{"film_id", id}, {"title", "A Film"}}}).dump());
  return made;
}

/// Fails the first calls with a status.
sandbox::Sandbox::Intercept fails(int times, int status) {
  const auto left = std::make_shared<std::atomic<int>>(times);
  return [left, status](const httplib::Request&, httplib::Response& answer) {
    if ((*left)-- <= 0) return false;
    answer.status = status;
    return true;
  };
}

ex::ClientOptions quick(const sandbox::Sandbox& server) {
  auto options = client_options(server);
  options.retry.first_pause = 1ms;
  return options;
}

}  // namespace

TEST_CASE("client async - 500 calls at once are each answered, with one token and few connections",
          "[client_async_integration]") {
  sandbox::Sandbox server;
  auto options = client_options(server);
  options.curl.max_in_flight = 32;
  const auto client = client_for(server, options);
  std::vector<std::future<ex::Result<ex::HttpResponse>>> answers;
  for (int i = 0; i < 500; ++i) answers.push_back(client.send_async(upsert("f" + std::to_string(i))));
  for (auto& answer : answers) REQUIRE(answer.get());
  CHECK(server.record_count("films") == 500);
  CHECK(server.counters().token_requests == 1);
  CHECK(server.counters().api_calls == 500);
  CHECK(server.counters().api_connections <= 32);
  CHECK(client.drain(ex::Clock::Steady::max()));
}

TEST_CASE("client async - trouble that passes costs the caller nothing, blocking or not",
          "[client_async_integration]") {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    sandbox::Sandbox server;
    const auto client = client_for(server, quick(server));
    server.intercept_api(fails(2, status));
    CHECK(client.send(upsert()));
    CHECK(server.counters().api_calls == 3);
    server.intercept_api(fails(2, status));
    CHECK(client.send_async(upsert()).get());
    CHECK(server.counters().api_calls == 6);
  }
}

TEST_CASE("client async - a POST is not repeated after an answer, but when nobody was there to be asked",
          "[client_async_integration]") {
  sandbox::Sandbox server;
  server.intercept_api(fails(1, 503));
  const auto client = client_for(server, quick(server));
  CHECK_FALSE(client.send(api_call("POST", "/films")));
  CHECK(server.counters().api_calls == 1);

  auto nowhere = endpoints_of(server);
  nowhere.api_url = "https://127.0.0.1:" + std::to_string(closed_port());
  server.intercept_token([](const httplib::Request&, httplib::Response& answer) {
    answer.set_content(R"({"access_token":"opaque","token_type":"bearer"})", "application/json");
    return true;
  });
  const ex::ExhibitorClient unheard(nowhere, credentials_of_sandbox(), quick(server));
  const auto refused = unheard.send(api_call("POST", "/films"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ex::ErrorKind::connection);
  CHECK(refused.error().attempts == 4);
}

TEST_CASE("client async - an encoded answer is not decoded", "[client_async_integration]") {
  sandbox::Sandbox server;
  server.intercept_api([](const httplib::Request& asked, httplib::Response& answer) {
    CHECK_FALSE(asked.has_header("Accept-Encoding"));
    answer.status = 202;
    answer.set_header("Content-Encoding", "gzip");
    answer.body = "\x1f\x8b";
    return true;
  });
  const auto answer = client_for(server).send(upsert());
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ex::ErrorKind::protocol);
  CHECK(server.counters().api_calls == 1);
}

TEST_CASE("client async - completions may start calls, and the last client may go in one of them",
          "[client_async_integration]") {
  sandbox::Sandbox server;
  auto client = std::make_unique<ex::ExhibitorClient>(client_for(server));
  std::promise<int> chain;
  std::atomic<int> made{0};
  std::function<void(ex::Result<ex::HttpResponse>)> next = [&](const auto& answer) {
    if (!answer || ++made == 20) return chain.set_value(made);
    client->send_async(upsert(), next);
  };
  client->send_async(upsert(), next);
  CHECK(chain.get_future().get() == 20);

  std::promise<void> dropped;
  client->send_async(upsert(), [&](const auto&) {
    client.reset();
    dropped.set_value();
  });
  dropped.get_future().get();
  CHECK(client == nullptr);
}

TEST_CASE("client async - destroying the client completes every call, and none afterwards",
          "[client_async_integration]") {
  CallbackGate gate;
  sandbox::Sandbox server;
  server.intercept_api([&](const httplib::Request&, httplib::Response&) {
    gate.wait();
    return false;
  });
  std::atomic<int> told{0};
  std::atomic<bool> ended{false};
  std::atomic<int> late{0};
  {
    const auto client = client_for(server);
    for (int i = 0; i < 50; ++i) {
      client.send_async(upsert(), [&](const ex::Result<ex::HttpResponse>& answer) {
        if (ended) ++late;
        if (!answer && answer.error().kind == ex::ErrorKind::cancelled) ++told;
      });
    }
    gate.await_arrivals(1);
  }
  ended = true;
  CHECK(told == 50);
  CHECK(late == 0);
  gate.open();
}

TEST_CASE("client async - a blocking call is cancelled within milliseconds, in a pause as well",
          "[client_async_integration]") {
  sandbox::Sandbox server;
  server.intercept_api(fails(100, 503));
  auto options = client_options(server);
  options.retry.first_pause = 20s;
  const auto client = client_for(server, options);
  auto blocked = support::in_background([&] { return client.send(upsert()); });
  while (server.counters().api_calls == 0) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(20ms);
  client.cancel_all();
  REQUIRE(blocked.wait_for(10s) == std::future_status::ready);
  const auto outcome = blocked.get();
  CHECK((outcome.has_value() || outcome.error().kind == ex::ErrorKind::cancelled));
}

TEST_CASE("client async - a call cancelled in a pause completes on the transport's thread, not on the canceller's",
          "[client_async_integration]") {
  sandbox::Sandbox server;
  auto options = client_options(server);
  options.retry.first_pause = 60s;
  std::promise<void> pausing;
  options.on_event = [&pausing](const ex::Event& event) {
    if (event.kind == ex::EventKind::retry_planned) pausing.set_value();
  };
  const auto client = client_for(server, options);
  server.intercept_api(fails(1, 503));
  const ex::CancelSource cancel;
  auto call = upsert();
  call.cancel = cancel.token();
  std::promise<std::pair<std::thread::id, ex::ErrorKind>> completed;
  client.send_async(call, [&](const ex::Result<ex::HttpResponse>& answer) {
    completed.set_value({std::this_thread::get_id(), answer ? ex::ErrorKind::protocol : answer.error().kind});
  });
  pausing.get_future().wait();
  std::this_thread::sleep_for(20ms);  // for the pause to begin, after its event
  cancel.cancel();
  const auto [thread, kind] = completed.get_future().get();
  CHECK(kind == ex::ErrorKind::cancelled);
  CHECK(thread != std::this_thread::get_id());
}

TEST_CASE("client async - a forked child's calls are its own", "[client_async_integration]") {
  sandbox::Sandbox server;
  const auto client = client_for(server);
  REQUIRE(client.send_async(upsert()).get());
  CHECK(forking::in_child([&] {
    return client.send_async(upsert()).get().has_value() &&
           client.drain(std::chrono::steady_clock::now() + 10s).has_value();
  }));
  CHECK(client.send_async(upsert()).get());
  CHECK(server.counters().token_requests == 1);
}
