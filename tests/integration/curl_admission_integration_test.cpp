// SPDX-License-Identifier: MIT
#include <time.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "fault_certificates.hpp"
#include "fault_http2.hpp"

using namespace faults;
using namespace std::chrono_literals;
using integration::Outcomes;

namespace {

namespace ex = movio::exhibitor;

/// A server that the requests of the tests reach over HTTPS, and the transport that sends them.
struct AdmissionServer {
  explicit AdmissionServer(FaultServer::Behaviour behaviour, bool http2 = true, bool tls = true) {
    context = http2 ? speaking_http2(authority.server()) : authority.server();
    server = std::make_unique<FaultServer>(std::move(behaviour), tls ? context : nullptr);
    options.ca_file = authority.file();
  }

  void start(ex::Transport& transport, int count, std::chrono::milliseconds timeout = 60s,
             const ex::CancelToken& cancel = {}) {
    auto request = integration::request("GET", "https://127.0.0.1:" + std::to_string(server->port()) + "/x");
    request.timeout = timeout;
    request.cancel = cancel;
    for (int i = 0; i < count; ++i) transport.start(request, outcomes.take());
  }

  /// Until the server has seen so many requests; false when they do not come.
  [[nodiscard]] bool sees(int requests) const {
    return integration::within_a_minute([&] { return server->requests() >= requests; });
  }

  const Authority authority{"Authority of the tests"};
  TlsContext context;
  std::unique_ptr<FaultServer> server;
  ex::CurlOptions options;
  Outcomes outcomes;
};

/// Speaks HTTP/2 and does this with every request.
FaultServer::Behaviour in_http2(Http2::Behaviour behaviour) {
  return [behaviour = std::move(behaviour)](Peer& peer) { Http2(peer, behaviour).run(); };
}
FaultServer::Behaviour answering_in_http2() {
  return in_http2([](Http2& server, std::int32_t stream) { server.answer(stream, "{}"); });
}
FaultServer::Behaviour hanging_in_http2() {
  return in_http2([](Http2& /*server*/, std::int32_t /*stream*/) {});
}

/// How late, at most, those are told whose time is over while there is no connection yet.
std::chrono::milliseconds latest_of_many_timeouts(ex::Transport& transport, ex::TransportRequest request) {
  std::mutex mutex;
  std::condition_variable changed;
  int told = 0;
  std::chrono::milliseconds latest{0};
  constexpr int count = 40;
  for (int i = 1; i <= count; ++i) {
    request.timeout = i * 25ms;
    const auto due = std::chrono::steady_clock::now() + *request.timeout;
    transport.start(request, [&, due](const ex::Result<ex::HttpResponse>& result) {
      const auto late = std::chrono::steady_clock::now() - due;
      const std::lock_guard<std::mutex> lock(mutex);
      const bool right = !result && result.error().kind == ex::ErrorKind::timeout && result.error().nothing_sent;
      latest = std::max(latest, right ? std::chrono::ceil<std::chrono::milliseconds>(late) : 1h);
      ++told;
      changed.notify_all();
    });
  }
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return told == count; });
  return latest;
}

std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

TEST_CASE("curl admission - over HTTP/1.1 a request that hangs delays no other", "[curl_admission]") {
  std::atomic<int> connections{0};
  AdmissionServer scene(
      [&](Peer& peer) {
        const bool hangs = connections++ == 0;
        while (peer.take_request()) {
          if (hangs) return peer.wait_for_the_end();
          peer.answer("200 OK");
        }
      },
      false);
  ex::CurlTransport transport(scene.options);
  scene.start(transport, 16, 20s);
  for (const auto& result : scene.outcomes.await(15)) CHECK(result);
  CHECK(scene.outcomes.size() == 15);
}

TEST_CASE("curl admission - over HTTP/1.1 all requests are under way at once", "[curl_admission]") {
  AdmissionServer scene(
      [](Peer& peer) {
        if (peer.take_request()) peer.wait_for_the_end();
      },
      false);
  ex::CurlTransport transport(scene.options);
  scene.start(transport, 20);
  CHECK(scene.sees(20));
  CHECK(scene.server->connections() == 20);
}

TEST_CASE("curl admission - over HTTP/2 a request that hangs delays no other", "[curl_admission]") {
  AdmissionServer scene(in_http2([](Http2& server, std::int32_t stream) {
    if (server.requests() > 1) server.answer(stream, "{}");
  }));
  ex::CurlTransport transport(scene.options);
  scene.start(transport, 16, 20s);
  for (const auto& result : scene.outcomes.await(15)) CHECK(result);
  CHECK(scene.outcomes.size() == 15);
  CHECK(scene.server->connections() == 1);
}

TEST_CASE("curl admission - 64 requests at once share one HTTP/2 connection, 300 share three", "[curl_admission]") {
  const auto [requests, connections] = GENERATE(std::pair(64, 1), std::pair(300, 3));
  AdmissionServer scene(hanging_in_http2());
  ex::CurlTransport transport(scene.options);
  scene.start(transport, requests);
  CHECK(scene.sees(requests));
  CHECK(scene.server->connections() == connections);
}

TEST_CASE("curl admission - requests that wait for a lost HTTP/2 connection share the next", "[curl_admission]") {
  std::atomic<int> connections{0};
  AdmissionServer scene([&](Peer& peer) {
    const bool is_first = connections++ == 0;
    Http2(peer, [is_first](Http2& server, std::int32_t stream) {
      if (!is_first) return;
      server.answer(stream, "{}");
      server.hang_up();
    }).run();
  });
  ex::CurlTransport transport(scene.options);
  scene.start(transport, 1);
  CHECK(scene.outcomes.await(1).front());
  scene.start(transport, 64);
  // libcurl 8.22 and newer look at a kept connection once a second at most: the first request may meet the lost one.
  const auto failed = [&] { return static_cast<int>(scene.outcomes.count(ex::ErrorKind::connection)); };
  CHECK(integration::within_a_minute([&] { return scene.server->requests() + failed() >= 65; }));
  CHECK(failed() <= 1);
  CHECK(scene.server->connections() == 2);
}

TEST_CASE("curl admission - many requests through a proxy's tunnel share one HTTP/2 connection", "[curl_admission]") {
  AdmissionServer scene([](Peer&) {}, true, false);
  const TlsContext context = scene.context;
  const FaultServer proxy([&context](Peer& peer) {
    if (!peer.take_request() || !peer.pause(100ms)) return;
    if (!peer.write("HTTP/1.1 200 Connection established\r\n\r\n") || !peer.start_tls(context)) return;
    hanging_in_http2()(peer);
  });
  const integration::EnvironmentVariable variable("https_proxy", proxy.url());
  ex::CurlTransport transport(scene.options);
  for (int i = 0; i < 64; ++i) {
    transport.start(integration::request("GET", "https://api.invalid/x"), scene.outcomes.take());
  }
  CHECK(integration::within_a_minute([&] { return proxy.requests() == 65; }));  // the CONNECT among them
  CHECK(proxy.connections() == 1);
}

TEST_CASE("curl admission - many short timeouts are told in time while a connection is made", "[curl_admission]") {
  constexpr auto slack = 1s;  // for a loaded machine
  const FaultServer silent([](Peer& peer) { peer.wait_for_the_end(); });
  SECTION("by a server that is slow to answer the TLS handshake") {
    ex::CurlTransport transport;
    const auto request = integration::request("GET", "https://127.0.0.1:" + std::to_string(silent.port()));
    CHECK(latest_of_many_timeouts(transport, request) < slack);
  }
  SECTION("by a proxy that is slow to answer CONNECT") {
    const integration::EnvironmentVariable variable("https_proxy", silent.url());
    ex::CurlTransport transport;
    CHECK(latest_of_many_timeouts(transport, integration::request("GET", "https://api.invalid/")) < slack);
  }
}

TEST_CASE("curl admission - waiting for a connection takes no processor time", "[curl_admission]") {
  AdmissionServer scene([](Peer& peer) { peer.wait_for_the_end(); }, true, false);
  ex::CurlTransport transport(scene.options);
  scene.start(transport, 1);
  scene.start(transport, 20, 100ms);
  scene.start(transport, 20);
  scene.outcomes.await(20);
  const auto before = processor_time();
  std::this_thread::sleep_for(1s);
  CHECK(processor_time() - before < 200ms);
  CHECK(scene.outcomes.size() == 20);
}

TEST_CASE("curl admission - a first request that comes to nothing is followed by the next", "[curl_admission]") {
  std::atomic<bool> resets{false};
  std::atomic<int> connections{0};
  TlsContext context;
  AdmissionServer scene(
      [&](Peer& peer) {
        if (connections++ == 0) {
          if (resets) return peer.reset();
          return peer.wait_for_the_end();
        }
        if (peer.start_tls(context)) answering_in_http2()(peer);
      },
      true, false);
  context = scene.context;
  ex::CurlTransport transport(scene.options);
  const ex::CancelSource source;
  const auto kind = [&] { return scene.outcomes.await(1).front().error().kind; };
  SECTION("because it is cancelled") {
    scene.start(transport, 1, 60s, source.token());
    scene.start(transport, 20);
    CHECK(integration::within_a_minute([&] { return connections == 1; }));
    source.cancel();
    CHECK(kind() == ex::ErrorKind::cancelled);
  }
  SECTION("because its time is over") {
    scene.start(transport, 1, 200ms);
    scene.start(transport, 20);
    CHECK(kind() == ex::ErrorKind::timeout);
  }
  SECTION("because it fails") {
    resets = true;
    scene.start(transport, 21);
    CHECK(kind() == ex::ErrorKind::connection);
  }
  const auto results = scene.outcomes.await(21);
  for (std::size_t i = 1; i < results.size(); ++i) CHECK(results[i]);
  CHECK(scene.server->connections() == 2);
}

TEST_CASE("curl admission - no request waits long for a connection that is not made", "[curl_admission]") {
  std::atomic<int> connections{0};
  TlsContext context;
  AdmissionServer scene(
      [&](Peer& peer) {
        if (connections++ == 0) return peer.wait_for_the_end();
        if (peer.start_tls(context)) answering_in_http2()(peer);
      },
      true, false);
  context = scene.context;
  ex::CurlTransport transport(scene.options);
  scene.start(transport, 10, 9s);
  for (const auto& result : scene.outcomes.await(9)) CHECK(result);
}
