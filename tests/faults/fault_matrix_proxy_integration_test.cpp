// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "fault_certificates.hpp"
#include "fault_kinds.hpp"
#include "fault_matrix.hpp"

using namespace faults;
using namespace std::chrono_literals;

namespace {

/// A proxy that the environment names, on the way to a host that only a proxy could find. The requests that it counts
/// are the CONNECTs and what comes through its tunnels.
class Proxied : public Fault {
 public:
  /// What a behaviour notes. The server's threads may outlive a derived class, but not this.
  struct Notes {
    std::atomic<int> requests{0};
    std::atomic<int> strays{0};
  };
  using Behaviour = std::function<void(Peer&, Notes&)>;

  Proxied(Behaviour behaviour, const std::string& user, const std::string& direct)
      : server_([this, behaviour = std::move(behaviour)](Peer& peer) { behaviour(peer, notes_); }),
        proxy_("https_proxy", "http://" + user + "127.0.0.1:" + std::to_string(server_.port())),
        direct_("no_proxy", direct) {}

  [[nodiscard]] std::string url() const override { return "https://api.invalid"; }
  [[nodiscard]] int requests() const override { return server_.requests(); }
  [[nodiscard]] int connections() const override { return server_.connections(); }
  [[nodiscard]] int strays() const override { return notes_.strays; }

 protected:
  Notes notes_;

 private:
  FaultServer server_;
  const integration::EnvironmentVariable proxy_;
  const integration::EnvironmentVariable direct_;
};

/// A proxy that lets those through who are `user`, to an API that answers all the same. Strays are requests with what
/// only the other of the two may see.
class Tunnel : public Proxied {
 public:
  Tunnel(const TlsContext& api, const std::string& status)
      : Proxied(
            [api, status](Peer& peer, Notes& notes) {
              if (!peer.take_request()) return;
              if (!peer.header("Authorization").empty()) ++notes.strays;
              if (peer.header("Proxy-Authorization").empty()) {
                peer.answer("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"x\"\r\n");
                return;
              }
              if (!peer.write("HTTP/1.1 200 Connection established\r\n\r\n") || !peer.start_tls(api)) return;
              while (peer.take_request()) {
                if (!peer.header("Proxy-Authorization").empty()) ++notes.strays;
                if (peer.header("Authorization") != std::string("Bearer ") + bearer) ++notes.strays;
                if (!peer.answer(status)) return;
              }
            },
            "user:PLANTED@", "") {}
};

/// A tunnel that is kept, and breaks when a request has come through it. Only what comes through it is counted.
class BrokenTunnel : public Proxied {
 public:
  explicit BrokenTunnel(const TlsContext& api)
      : Proxied(
            [api](Peer& peer, Notes& notes) {
              const auto take = [&] {
                const bool came = peer.take_request();
                if (came) ++notes.requests;
                return came;
              };
              if (!peer.take_request() || !peer.write("HTTP/1.1 200 Connection established\r\n\r\n")) return;
              if (peer.start_tls(api) && take() && peer.answer("200 OK")) take();
            },
            "", "") {}

  [[nodiscard]] int requests() const override { return notes_.requests; }
  [[nodiscard]] int connections() const override { return 0; }

  void prepare(const Send& send) override {
    send(integration::api_call("GET", "/films"));
    notes_.requests = 0;
  }
};

const char* const nobody = "";
const char* const somebody = "user:PLANTED@";

std::function<std::shared_ptr<Fault>()> proxy(FaultServer::Behaviour behaviour, const char* user = nobody) {
  return fault<Proxied>(
      [=](Peer& peer, Proxied::Notes&) {
        if (peer.take_request()) behaviour(peer);
      },
      user, "");
}

std::vector<Row> proxies(const Authority& authority) {
  const TlsContext api = authority.server();
  const TlsContext other = authority.server({"DNS:other.invalid"});
  const Expected refused{"proxy", 1, 1, 1};
  return {
      {"CONNECT answered 403", proxy([](Peer& peer) { peer.answer("403 Forbidden"); }), both(refused),
       "the proxy refused to connect to https://api.invalid:443 (HTTP 403)"},
      {"CONNECT answered 407", proxy([](Peer& peer) {
         peer.answer("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"x\"\r\n");
       }),
       both(refused), "(HTTP 407)"},
      {"CONNECT answered 407, credentials in the URL",
       proxy(
           [](Peer& peer) {
             peer.answer("407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"x\"\r\n");
           },
           somebody),
       both(refused), "(HTTP 407)"},
      {"CONNECT answered 503", proxy([](Peer& peer) { peer.answer("503 Service Unavailable"); }), both(refused),
       "(HTTP 503)"},
      {"CONNECT answered with bytes of no protocol", proxy([](Peer& peer) { end_after(peer, "SSH-2.0-x\r\n\r\n"); }),
       both(refused), "proxy"},
      {"CONNECT not answered, closed", proxy([](Peer&) {}), both(refused), "proxy"},
      {"CONNECT not answered, reset", proxy([](Peer& peer) { peer.reset(); }), both(refused), "proxy"},
      {"CONNECT not answered", proxy([](Peer& peer) { peer.wait_for_the_end(); }, somebody),
       both({"timeout", 2, 2, 2, 300ms}), "the proxy did not answer", connect_timeout(150ms), "within"},
      {"a proxy that works, credentials in the URL", fault<Tunnel>(api, "200 OK"), both({"200", 1, 2, 1})},
      {"503 of the API behind it",
       fault<Tunnel>(api, "503 Service Unavailable"),
       {{"server_error 503", 2, 3, 1}, {"server_error 503", 1, 2, 1}}},
      {"a kept tunnel breaks after the request", fault<BrokenTunnel>(api), {{"200", 1, 2, 0}, {"connection", 1, 1, 0}}},
      {"certificate of another host behind it", fault<Tunnel>(other, "200 OK"), both({"tls", 1, 1, 1}), "api.invalid"},
      {"NO_PROXY has the host",
       fault<Proxied>([](Peer&, Proxied::Notes&) {}, somebody, "api.invalid"),
       both({"connection", 2, 0, 0}),
       "Could not resolve host: api.invalid",
       {},
       "proxy"},
  };
}

}  // namespace

TEST_CASE("fault matrix - proxies", "[fault_matrix]") {
  const Authority authority("Authority of the tests");
  Matrix({"proxy (CONNECTs count as requests)", get_and_post, proxies(authority), authority.file(), 1}).run();
}
