// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <movio/exhibitor/curl/detail/admission.hpp>
#include <string>
#include <thread>
#include <utility>

#include "catch.hpp"
#include "fault_certificates.hpp"
#include "fault_http2.hpp"

using namespace faults;
using namespace std::chrono_literals;
using integration::Outcomes;

namespace {

namespace ex = movio::exhibitor;

/// A server that counts the connections that are open, and options by which they soon are too old.
class RenewalServer {
 public:
  explicit RenewalServer(const FaultServer::Behaviour& behaviour, TlsContext tls = nullptr)
      : server_(
            [this, behaviour](Peer& peer) {
              ++open_;
              behaviour(peer);
              --open_;
            },
            std::move(tls)) {
    options.max_connection_age = 100ms;
  }

  [[nodiscard]] ex::TransportRequest get() const {
    auto request = integration::request("GET", server_.url() + "/x");
    request.timeout = 60s;
    return request;
  }
  [[nodiscard]] int connections() const { return server_.connections(); }
  [[nodiscard]] int requests() const { return server_.requests(); }
  [[nodiscard]] int port() const { return server_.port(); }
  [[nodiscard]] bool keeps_open(int count) const {
    return integration::within_a_minute([&] { return open_ == count; });
  }

  ex::CurlOptions options;

 private:
  std::atomic<int> open_{0};
  FaultServer server_;
};

void answer_requests(Peer& peer) {
  while (peer.take_request() && peer.answer("200 OK")) {
  }
}

/// Answers each HTTP/2 request when the next one has come, on whatever connection: one is always under way.
class OverlappingAnswers {
 public:
  void serve(Peer& peer) {
    std::map<int, std::int32_t> held;  // streams, by the number of the request
    const auto answer_earlier = [&](Http2& server) {
      while (!held.empty() && held.begin()->first < latest_) {
        server.answer(held.begin()->second, "{}");
        held.erase(held.begin());
      }
    };
    Http2(peer, [&](Http2& server, std::int32_t stream) {
      held.emplace(++latest_, stream);
      answer_earlier(server);
    }).run(answer_earlier);
  }
  void answer_the_last() { ++latest_; }

 private:
  std::atomic<int> latest_{0};
};

}  // namespace

TEST_CASE("curl renewal - a blocking call renews a connection that is too old", "[curl_renewal]") {
  RenewalServer server(answer_requests);
  ex::CurlTransport transport(server.options);
  CHECK(integration::within_a_minute([&] { return !transport.send(server.get()) || server.connections() == 4; }));
  CHECK(server.connections() == 4);
  CHECK(server.keeps_open(1));
}

TEST_CASE("curl renewal - asynchronous calls over HTTP/1.1 renew connections that are too old", "[curl_renewal]") {
  RenewalServer server(answer_requests);
  Outcomes outcomes;
  ex::CurlTransport transport(server.options);
  std::size_t count = 0;
  CHECK(integration::within_a_minute([&] {
    for (int i = 0; i < 3; ++i) transport.start(server.get(), outcomes.take());
    outcomes.await(count += 3);
    return server.connections() >= 10;
  }));
  for (const auto& result : outcomes.await(count)) CHECK(result);
  CHECK(server.connections() <= 12);  // three and one at each change
  CHECK(integration::within_a_minute([&] {
    transport.start(server.get(), outcomes.take());
    outcomes.await(++count);
    return server.connections() >= 13;
  }));
  CHECK(server.keeps_open(1));
}

TEST_CASE("curl renewal - an HTTP/2 connection that is always in use is renewed, and the old one ends",
          "[curl_renewal]") {
  const Authority authority("Authority of the tests");
  OverlappingAnswers answers;
  RenewalServer server([&](Peer& peer) { answers.serve(peer); }, speaking_http2(authority.server()));
  server.options.ca_file = authority.file();
  Outcomes outcomes;
  ex::CurlTransport transport(server.options);
  int count = 0;
  CHECK(integration::within_a_minute([&] {
    transport.start(server.get(), outcomes.take());
    ++count;
    return integration::within_a_minute([&] { return server.requests() == count; }) && server.connections() == 4;
  }));
  CHECK(server.keeps_open(1));  // the last request is still under way
  answers.answer_the_last();
  for (const auto& result : outcomes.await(static_cast<std::size_t>(count))) CHECK(result);
  CHECK(server.connections() == 4);
}

TEST_CASE("curl renewal - a first request that hangs keeps no other from the new connection", "[curl_renewal]") {
  const Authority authority("Authority of the tests");
  RenewalServer server(
      [](Peer& peer) {
        bool is_first = true;
        Http2(peer, [&](Http2& answering, std::int32_t stream) {
          if (!std::exchange(is_first, false)) answering.answer(stream, "{}");
        }).run();
      },
      speaking_http2(authority.server()));
  server.options.ca_file = authority.file();
  Outcomes outcomes;
  ex::CurlTransport transport(server.options);
  CHECK(integration::within_a_minute([&] {
    transport.start(server.get(), outcomes.take());
    return server.connections() == 4;
  }));
  CHECK(integration::within_a_minute([&] { return server.requests() - 4 == static_cast<int>(outcomes.size()); }));
  for (const auto& result : outcomes.await(1)) CHECK(result);
}

TEST_CASE("curl renewal - a new connection that is not made delays and fails no other request", "[curl_renewal]") {
  const Authority authority("Authority of the tests");
  const auto tls = speaking_http2(authority.server());
  std::atomic<int> connections{0};
  RenewalServer server([&](Peer& peer) {
    if (++connections == 2) return peer.wait_for_the_end();
    if (!peer.start_tls(tls)) return;
    Http2(peer, [](Http2& answering, std::int32_t stream) { answering.answer(stream, "{}"); }).run();
  });
  server.options.ca_file = authority.file();
  server.options.max_connection_age = 1s;
  Outcomes outcomes, renewing;
  ex::CurlTransport transport(server.options);
  auto request = server.get();
  request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/x";
  transport.start(request, outcomes.take());
  CHECK(outcomes.await(1).front());
  std::this_thread::sleep_for(server.options.max_connection_age);
  const ex::CancelSource source;
  auto first_to_renew = request;
  first_to_renew.cancel = source.token();
  transport.start(first_to_renew, renewing.take());
  CHECK(integration::within_a_minute([&] { return connections == 2; }));
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) transport.start(request, outcomes.take());
  for (const auto& result : outcomes.await(11)) CHECK(result);
  CHECK(std::chrono::steady_clock::now() - begun < ex::detail::CurlAdmission::longest_hold);
  CHECK(connections == 2);
  CHECK(renewing.size() == 0);
  source.cancel();
  CHECK(renewing.await(1).front().error().kind == ex::ErrorKind::cancelled);
  std::size_t count = 11;
  CHECK(integration::within_a_minute([&] {
    transport.start(request, outcomes.take());
    return outcomes.await(++count).back() && connections == 3;
  }));
  CHECK(server.keeps_open(1));
}
