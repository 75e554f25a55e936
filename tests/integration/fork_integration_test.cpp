// SPDX-License-Identifier: MIT

// fork(): the child goes on with the token and makes connections of its own; the parent is not disturbed.
// Not under AddressSanitizer: the allocator of GCC 12's is not made ready for fork(), so that a child waits for ever
// for one of its locks when another thread of the parent held it.
#include <httplib.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "forking.hpp"
#include "integration.hpp"

using namespace integration;
using forking::in_child;
using nlohmann::json;

namespace {

bool upserts(const ex::ExhibitorClient& client) {
  const auto film = json::array({{{"film_id", "f1"}, {"title", "A Film"}}});
  return client.put("/films", film).has_value();
}

/// The first token request waits at the gate, all others pass.
sandbox::Sandbox::Intercept first_waits_at(CallbackGate& gate, std::atomic<int>& asked) {
  return [&](const httplib::Request&, httplib::Response&) {
    if (asked++ == 0) gate.wait();
    return false;
  };
}

}  // namespace

TEST_CASE("fork - the child uses the cached token over connections of its own", "[fork]") {
  sandbox::Sandbox server;
  const auto client = client_for(server);
  REQUIRE(upserts(client));
  CHECK(in_child([&] { return upserts(client) && upserts(client); }));
  CHECK(server.counters().token_requests == 1);
  CHECK(server.counters().api_connections == 2);
  CHECK(upserts(client));  // over the connection that it had
  CHECK(server.counters().api_connections == 2);
  CHECK(server.counters().issuer_connections == 1);
}

TEST_CASE("fork - a child that destroys what it has from its parent ends none of the parent's connections", "[fork]") {
  sandbox::Sandbox server;
  auto client = std::make_unique<ex::ExhibitorClient>(client_for(server));
  REQUIRE(upserts(*client));
  CHECK(in_child([&] {
    client.reset();
    return true;
  }));
  CHECK(in_child([&] {
    const bool worked = upserts(*client);
    client.reset();
    return worked;
  }));
  CHECK(upserts(*client));
  CHECK(server.counters().api_connections == 2);
}

TEST_CASE("fork - during a fetch: the child starts its own, and the parent's goes on", "[fork]") {
  CallbackGate gate;
  std::atomic<int> asked{0};
  sandbox::Sandbox server;
  server.intercept_token(first_waits_at(gate, asked));
  const auto client = client_for(server);
  auto blocked = support::in_background([&] { return upserts(client); });
  auto waiting = client.provider()->token_async();
  gate.await_arrivals(1);
  CHECK(in_child([&] {
    const auto status = client.provider()->status();
    return !status.fetching && status.waiters == 0 && upserts(client) && client.provider()->status().minted == 1;
  }));
  CHECK(server.counters().token_requests == 2);
  gate.open();
  CHECK(blocked.get());
  CHECK(waiting.get());
  CHECK(server.counters().token_requests == 2);
}

TEST_CASE("fork - during a blocking call: the child makes one of its own, and the parent's goes on", "[fork]") {
  CallbackGate gate;
  std::atomic<int> calls{0};
  sandbox::Sandbox server;
  server.intercept_api([&](const httplib::Request&, httplib::Response&) {
    if (calls++ == 0) gate.wait();
    return false;
  });
  const auto client = client_for(server);
  auto blocked = support::in_background([&] { return upserts(client); });
  gate.await_arrivals(1);
  CHECK(in_child([&] { return upserts(client); }));
  gate.open();
  CHECK(blocked.get());
  CHECK(server.counters().token_requests == 1);
}

TEST_CASE("fork - with asynchronous calls in flight: the child has none of them, and the parent's go on", "[fork]") {
  CallbackGate gate;
  std::atomic<int> calls{0};
  sandbox::Sandbox server;
  server.intercept_api([&](const httplib::Request&, httplib::Response&) {
    if (calls++ < 4) gate.wait();
    return false;
  });
  auto client = std::make_unique<ex::ExhibitorClient>(client_for(server));
  std::vector<std::future<ex::Result<ex::HttpResponse>>> flying;
  for (int i = 0; i < 4; ++i) flying.push_back(client->send_async(api_call("GET", "/x")));
  gate.await_arrivals(4);
  CHECK(in_child([&] {
    const bool answered = client->send_async(api_call("GET", "/x")).get().error().http_status == 404;
    const auto drained = client->drain(std::chrono::steady_clock::now() + std::chrono::seconds(10));
    client.reset();
    return answered && drained;
  }));
  gate.open();
  for (auto& answer : flying) CHECK(answer.get().error().http_status == 404);
  CHECK(server.counters().token_requests == 1);
}

TEST_CASE("fork - while other threads are at it, no child hangs and none needs another token", "[fork]") {
  sandbox::Sandbox server;
  const auto client = client_for(server);
  const auto& provider = client.provider();
  REQUIRE(provider->token());
  std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  for (int i = 0; i < 4; ++i) {
    busy.emplace_back([&] {
      while (!stop) {
        static_cast<void>(provider->token());
        static_cast<void>(provider->status());
      }
    });
  }
  for (int i = 0; i < 50; ++i) CHECK(in_child([&] { return provider->token().has_value(); }));
  stop = true;
  for (auto& thread : busy) thread.join();
  CHECK(server.counters().token_requests == 1);
}

TEST_CASE("fork - no two processes give their calls the same id", "[fork]") {
  std::mutex mutex;
  std::multiset<std::string> ids;
  sandbox::Sandbox server;
  server.intercept_api([&](const httplib::Request& request, httplib::Response&) {
    const std::lock_guard<std::mutex> lock(mutex);
    ids.insert(request.get_header_value("X-Request-Id"));
    return false;
  });
  const auto client = client_for(server);
  const auto calls_twice = [&] { return upserts(client) && upserts(client); };
  REQUIRE(calls_twice());
  for (int i = 0; i < 3; ++i) CHECK(in_child([&] { return calls_twice() && in_child(calls_twice); }));
  CHECK(calls_twice());
  CHECK(ids.size() == 16);
  CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 16);
  CHECK(ids.count("") == 0);
}

TEST_CASE("fork - the ledger is that of the process, and a child of a child has the token too", "[fork]") {
  sandbox::Sandbox server;
  const auto client = client_for(server);
  const auto& provider = client.provider();
  REQUIRE(provider->token());
  CHECK(in_child([&] {
    return in_child([&] { return upserts(client) && provider->ledger().empty(); }) && provider->ledger().empty();
  }));
  CHECK(provider->ledger().size() == 1);
  CHECK(server.counters().token_requests == 1);
}
