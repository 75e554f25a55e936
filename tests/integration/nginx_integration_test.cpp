// SPDX-License-Identifier: MIT
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "../bench/calls_library.hpp"
#include "../bench/calls_server.hpp"
#include "catch.hpp"
#include "nginx.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

/// A client that reaches the sandbox's API through nginx.
struct NginxScene {
  NginxScene() : server(with_audience(url)), nginx(servers_in_front_of(server, port)) {}

  static sandbox::Options with_audience(const std::string& audience) {
    sandbox::Options options;
    options.audience = audience;
    return options;
  }
  [[nodiscard]] ex::ExhibitorClient client() const {
    return {ex::Endpoints{server.issuer_url(), url}, credentials_of_sandbox(), client_options(server)};
  }
  static ex::Result<ex::HttpResponse> put(const ex::ExhibitorClient& client, int number) {
    const nlohmann::json cinema{{"cinema_id", std::to_string(number)}, {"name", "n"}, {"timezone", "Pacific/Auckland"}};
    return client.put("/cinemas", nlohmann::json::array({cinema}));
  }

  const int port = closed_port();
  const std::string url = "https://127.0.0.1:" + std::to_string(port);
  sandbox::Sandbox server;
  Nginx nginx;
};

}  // namespace

TEST_CASE("nginx - a thousand calls of one thread travel over one HTTP/2 connection", "[nginx]") {
  NginxScene scene;
  const auto client = scene.client();
  for (int i = 0; i < 1000; ++i) {
    const auto answer = NginxScene::put(client, i % 10);
    REQUIRE(answer);
    REQUIRE(*answer->headers.find("x-protocol") == "HTTP/2.0");
  }
  CHECK(scene.nginx.connections() == 1);
  CHECK(scene.server.counters().token_requests == 1);
}

TEST_CASE("nginx - eight threads keep at most eight connections", "[nginx]") {
  NginxScene scene;
  const auto client = scene.client();
  std::vector<std::thread> threads;
  std::atomic<int> succeeded{0};
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) succeeded += NginxScene::put(client, i) ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(succeeded == 400);
  CHECK(scene.nginx.connections() <= 8);
  CHECK(scene.server.counters().token_requests == 1);
}

TEST_CASE("nginx - an answer counts although the server has not read the request to its end", "[nginx]") {
  NginxScene scene;
  auto put = api_call("PUT", "/unread");
  put.body = ex::Body(std::string(100'000, 'b'));
  put.timeout = 2s;  // libcurl 7.88 waits for leave to send until then
  const auto answer = scene.client().send(put);
  REQUIRE(answer);
  CHECK(answer->status == 202);
  CHECK(answer->body == "ok");
}

TEST_CASE("nginx - asynchronous requests share one HTTP/2 connection", "[nginx]") {
  NginxScene scene;
  ex::CurlTransport transport(trusting(scene.server));
  std::mutex mutex;
  std::condition_variable changed;
  int done = 0;
  const auto start = [&] {
    transport.start(request("GET", scene.url + "/x"), [&](const ex::Result<ex::HttpResponse>& result) {
      const std::lock_guard<std::mutex> lock(mutex);
      done += result && result->status == 404 ? 1 : 1000;
      changed.notify_all();
    });
  };
  const auto await = [&](int count) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return done >= count; });
    CHECK(done == count);
  };
  for (int i = 0; i < 50; ++i) start();
  await(50);
  CHECK(scene.nginx.connections() == 1);
}

TEST_CASE("nginx - ten thousand calls with 64 in flight make at most 64 connections, with HTTP/2 one", "[nginx]") {
  bench::Server server;
  for (const auto& [protocol, most] : {std::pair("https", 64), std::pair("h2", 1)}) {
    INFO(protocol);
    const int before = server.connections();
    bench::Library library(server.target(protocol));
    library.get();
    library.fly(64, 10'000);
    library.get();
    CHECK(server.connections() - before <= most + 1);  // the blocking calls have one of their own
  }
}
