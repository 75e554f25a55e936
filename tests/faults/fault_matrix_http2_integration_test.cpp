// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "fault_certificates.hpp"
#include "fault_http2.hpp"
#include "fault_kinds.hpp"
#include "fault_matrix.hpp"

using namespace faults;

namespace {

/// A server that treats its first request as it is told, and answers all others.
std::function<std::shared_ptr<Fault>()> first(const TlsContext& tls, Http2::Behaviour behaviour) {
  return served(
      [behaviour = std::move(behaviour)](Peer& peer) {
        Http2(peer, [&behaviour](Http2& server, std::int32_t stream) {
          if (server.requests() > 1) return server.answer(stream, "{}");
          behaviour(server, stream);
        }).run();
      },
      tls);
}

/// A server that says GOAWAY after its first answer; the connections and requests from then on are counted.
class GoneAway : public Fault {
 public:
  GoneAway(const TlsContext& tls, bool hangs_up)
      : server_(
            [this, hangs_up](Peer& peer) {
              Http2(peer, [&](Http2& server, std::int32_t stream) {
                server.answer(stream, "{}");
                if (gone_) return;
                server.go_away(stream);
                if (hangs_up) server.hang_up();
                gone_ = true;
              }).run();
            },
            tls) {}

  [[nodiscard]] std::string url() const override { return server_.url(); }
  [[nodiscard]] int requests() const override { return server_.requests(); }
  [[nodiscard]] int connections() const override { return server_.connections(); }

  void prepare(const Send& send) override {
    send(integration::api_call("GET", "/films"));
    while (!gone_) std::this_thread::yield();
    server_.forget();
  }

 private:
  std::atomic<bool> gone_{false};
  FaultServer server_;
};

/// The GET is answered at its second attempt.
std::vector<Expected> recovers(int connections) { return {{"200", 2, 2, connections}, {"connection", 1, 1, 1}}; }

/// The server says that it has not looked at the request. The GET is sent again, by libcurl itself if its version does
/// that. libcurl does not tell of it, so that a POST is not sent again even then.
std::vector<Expected> not_looked_at(int connections) {
  return {{"200", any, 2, connections}, {"connection", 1, 1, any}};
}

std::vector<Row> streams(const TlsContext& tls) {
  return {
      {"a good server", first(tls, [](Http2& server, std::int32_t stream) { server.answer(stream, "{}"); }),
       both({"200", 1, 1, 1})},
      {"GOAWAY without the request, closed",
       first(tls,
             [](Http2& server, std::int32_t) {
               server.go_away(0);
               server.hang_up();
             }),
       not_looked_at(2)},
      {"GOAWAY without the request", first(tls, [](Http2& server, std::int32_t) { server.go_away(0); }),
       not_looked_at(2)},
      {"GOAWAY with the request, answered",
       first(tls,
             [](Http2& server, std::int32_t stream) {
               server.go_away(stream);
               server.answer(stream, "{}");
             }),
       both({"200", 1, 1, 1})},
      {"RST_STREAM(REFUSED_STREAM)",
       first(tls, [](Http2& server, std::int32_t stream) { server.reset(stream, NGHTTP2_REFUSED_STREAM); }),
       not_looked_at(any)},
      {"RST_STREAM(INTERNAL_ERROR)",
       first(tls, [](Http2& server, std::int32_t stream) { server.reset(stream, NGHTTP2_INTERNAL_ERROR); }),
       recovers(1)},
      {"RST_STREAM(INTERNAL_ERROR) amid the body",
       first(tls,
             [](Http2& server, std::int32_t stream) {
               server.answer(stream, "abc", false);
               server.reset(stream, NGHTTP2_INTERNAL_ERROR);
             }),
       recovers(1)},
      {"closed without an answer", first(tls, [](Http2& server, std::int32_t) { server.hang_up(); }), recovers(2)},
      {"closed amid the body",
       first(tls,
             [](Http2& server, std::int32_t stream) {
               server.answer(stream, "abc", false);
               server.hang_up();
             }),
       recovers(2)},
      {"bytes of no frame", first(tls, [](Http2& server, std::int32_t) { server.say(std::string(64, '\x7f')); }),
       recovers(2)},
  };
}

std::vector<Row> kept(const TlsContext& tls) {
  const Expected unharmed{"200", 1, 1, 1};
  const std::vector<Expected> gone{unharmed, unharmed, unharmed, unharmed, post_on_dead_connection()};
  return {
      {"GOAWAY, closed", fault<GoneAway>(tls, true), gone},
      {"GOAWAY, left open", fault<GoneAway>(tls, false), gone},
  };
}

}  // namespace

TEST_CASE("fault matrix - HTTP/2", "[fault_matrix]") {
  const Authority authority("Authority of the tests");
  const TlsContext tls = speaking_http2(authority.server());
  Matrix({"HTTP/2", get_and_post, streams(tls), authority.file()}).run();
  Matrix({"kept HTTP/2 connection", every_method, kept(tls), authority.file()}).run();
}

TEST_CASE("fault matrix - an HTTP/2 answer counts although the server closes the stream amid the request") {
  const Authority authority("Authority of the tests");
  FaultServer server(
      [](Peer& peer) {
        const bool impatient = true;
        Http2(
            peer,
            [](Http2& http2, std::int32_t stream) {
              http2.answer(stream, "{}");
              http2.reset(stream, NGHTTP2_NO_ERROR);
            },
            impatient)
            .run();
      },
      speaking_http2(authority.server()));
  ex::CurlOptions options;
  options.ca_file = authority.file();
  ex::CurlTransport transport(options);
  auto put = integration::request("PUT", server.url() + "/films");
  put.body = ex::Body(std::string(1'000'000, 'b'));
  const auto answer = transport.send(put);
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "{}");
}
