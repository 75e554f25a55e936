// SPDX-License-Identifier: MIT
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "fault_certificates.hpp"
#include "fault_kinds.hpp"
#include "fault_matrix.hpp"

using namespace faults;

namespace {

/// A server that is restarted between two calls, which ends its connections; the one after it is counted.
class Restarted : public Fault {
 public:
  explicit Restarted(TlsContext tls) : tls_(std::move(tls)), server_(std::make_unique<FaultServer>(answer_all, tls_)) {}

  [[nodiscard]] std::string url() const override { return server_->url(); }
  [[nodiscard]] int requests() const override { return server_->requests(); }
  [[nodiscard]] int connections() const override { return server_->connections(); }

  void prepare(const Send& send) override {
    send(integration::api_call("GET", "/films"));
    const int port = server_->port();
    server_.reset();
    server_ = std::make_unique<FaultServer>(answer_all, tls_, port);
  }

 private:
  const TlsContext tls_;
  std::unique_ptr<FaultServer> server_;
};

/// A server that answers one request of every connection, and does something else with the next.
class OnceOnly : public Fault {
 public:
  OnceOnly(FaultServer::Behaviour next, TlsContext tls)
      : server_(
            [next = std::move(next)](Peer& peer) {
              if (peer.take_request() && peer.answer("200 OK")) next(peer);
            },
            std::move(tls)) {}

  [[nodiscard]] std::string url() const override { return server_.url(); }
  [[nodiscard]] int requests() const override { return server_.requests(); }
  [[nodiscard]] int connections() const override { return server_.connections(); }

  void prepare(const Send& send) override {
    send(integration::api_call("GET", "/films"));
    server_.forget();
  }

 private:
  FaultServer server_;
};

/// A call that a dead connection costs nothing: the server acts on it once.
const Expected unharmed{"200", 1, 1, 1};

/// The server takes the next request and hangs up. libcurl sends it again on a new connection by itself, for its method
/// may be repeated; nothing can go wrong with a POST of no body, which gets a new connection anyway; and one with a
/// body fails, before it is sent on a new connection.
const std::vector<Expected> resent_but_for_a_post{
    {"200", 1, 2, 1}, {"200", 1, 2, 1}, {"200", 1, 2, 1}, unharmed, {"connection", 1, 1, any}};

void close_after_next(Peer& peer) { peer.take_request(); }
void reset_after_next(Peer& peer) {
  peer.take_request();
  peer.reset();
}

std::vector<Row> dead_connections(const TlsContext& tls) {
  const std::vector<Expected> restarted{unharmed, unharmed, unharmed, unharmed, post_on_dead_connection()};
  return {
      {"server restarted, http", fault<Restarted>(nullptr), restarted},
      {"server restarted, https", fault<Restarted>(tls), restarted},
      {"closed when the next request comes, http", fault<OnceOnly>(close_after_next, nullptr), resent_but_for_a_post},
      {"closed when the next request comes, https", fault<OnceOnly>(close_after_next, tls), resent_but_for_a_post},
      {"reset when the next request comes, http", fault<OnceOnly>(reset_after_next, nullptr), resent_but_for_a_post},
      {"reset when the next request comes, https", fault<OnceOnly>(reset_after_next, tls), resent_but_for_a_post},
  };
}

}  // namespace

TEST_CASE("fault matrix - connections that die while they are kept", "[fault_matrix]") {
  const Authority authority("Authority of the tests");
  Matrix({"kept connection", every_method, dead_connections(authority.server()), authority.file()}).run();
}
