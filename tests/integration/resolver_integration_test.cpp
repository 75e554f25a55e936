// SPDX-License-Identifier: MIT

// What becomes of a request while no name server answers: libcurl leaves the look-up to a thread that cannot be
// stopped, and nobody may have to wait for it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "background.hpp"
#include "catch.hpp"
#include "fault_certificates.hpp"
#include "fixtures.hpp"
#include "integration.hpp"
#include "support.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

/// For the thread that makes it, and the threads that this one starts, nothing but a name server that is silent.
class SilentNameServer {
 public:
  SilentNameServer() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(53);
    ::inet_pton(AF_INET, address_, &address.sin_addr);
    const bool listens = ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const auto file = directory_.write("resolv.conf", "nameserver " + std::string(address_) + "\noptions timeout:30\n");
    in_force_ = listens && ::unshare(CLONE_NEWNS) == 0 &&
                ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                ::mount(file.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) == 0;
  }
  SilentNameServer(const SilentNameServer&) = delete;
  SilentNameServer& operator=(const SilentNameServer&) = delete;
  ~SilentNameServer() { ::close(socket_); }

  [[nodiscard]] bool in_force() const { return in_force_; }

 private:
  static constexpr const char* address_ = "127.9.9.9";
  const support::TemporaryDirectory directory_;
  const int socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool in_force_ = false;
};

/// For the thread that makes it, and the threads that this one starts, a hosts file that can change.
class ChangingHosts {
 public:
  ChangingHosts() {
    in_force_ = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                ::mount(file_.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) == 0;
  }

  [[nodiscard]] bool in_force() const { return in_force_; }

  void name(const std::string& host, const std::string& address) {
    directory_.write("hosts", address + " " + host + "\n");
  }

 private:
  const support::TemporaryDirectory directory_;
  const std::string file_ = directory_.write("hosts", "");
  bool in_force_ = false;
};

struct LookUps {
  bool tried = false;
  ex::Result<ex::HttpResponse> blocking = ex::HttpResponse();
  ex::Result<ex::HttpResponse> asynchronous = ex::HttpResponse();
  ex::Result<ex::HttpResponse> cancelled = ex::HttpResponse();
  ex::Result<ex::HttpResponse> abandoned = ex::HttpResponse();
  std::chrono::steady_clock::duration time{};
};

ex::TransportRequest lookup() { return request("GET", "https://api.example/films"); }

LookUps look_up_in_vain() {
  LookUps look_ups;
  const SilentNameServer name_server;
  look_ups.tried = name_server.in_force();
  if (!look_ups.tried) return look_ups;
  const auto begun = std::chrono::steady_clock::now();
  std::promise<ex::Result<ex::HttpResponse>> asynchronous, cancelled, abandoned;
  {
    ex::CurlOptions options;
    options.connect_timeout = 300ms;
    ex::CurlTransport transport(options);
    transport.start(lookup(), [&](auto result) { asynchronous.set_value(std::move(result)); });
    look_ups.blocking = transport.send(lookup());
    auto pending = asynchronous.get_future();
    look_ups.asynchronous = fixtures::outcome(pending);
  }
  {
    ex::CurlTransport transport;
    const ex::CancelSource source;
    auto request = lookup();
    request.cancel = source.token();
    transport.start(std::move(request), [&](auto result) { cancelled.set_value(std::move(result)); });
    std::this_thread::sleep_for(100ms);
    source.cancel();
    auto pending = cancelled.get_future();
    look_ups.cancelled = fixtures::outcome(pending);
    transport.start(lookup(), [&](auto result) { abandoned.set_value(std::move(result)); });
    std::this_thread::sleep_for(100ms);
  }
  auto pending = abandoned.get_future();
  look_ups.abandoned = fixtures::outcome(pending);
  look_ups.time = std::chrono::steady_clock::now() - begun;
  return look_ups;
}

struct Move {
  bool tried = false;
  bool blocking_moved = false;
  bool asynchronous_moved = false;
};

/// Asks a host whose name gets another address, where nobody listens, until a request fails for that.
Move move_host() {
  Move move;
  ChangingHosts hosts;
  move.tried = hosts.in_force();
  if (!move.tried) return move;
  const faults::Authority authority("Authority of the tests");
  const faults::FaultServer server(
      [](faults::Peer& peer) {
        while (peer.take_request() && peer.answer("200 OK")) {
        }
      },
      authority.server());
  ex::CurlOptions options;
  options.ca_file = authority.file();
  options.max_connection_age = 200ms;
  const auto asked = request("GET", "https://api.invalid:" + std::to_string(server.port()) + "/x");
  ex::CurlTransport transport(options);
  Outcomes outcomes;
  std::size_t count = 0;
  const auto ask = [&] {
    transport.start(asked, outcomes.take());
    return outcomes.await(++count).back();
  };
  hosts.name("api.invalid", "127.0.0.1");
  if (!transport.send(asked) || !ask()) return move;
  hosts.name("api.invalid", "127.0.0.2");
  const auto end = std::chrono::steady_clock::now() + 20s;  // libcurl keeps an address for 60 s
  while (!(move.blocking_moved && move.asynchronous_moved) && std::chrono::steady_clock::now() < end) {
    if (!move.blocking_moved) move.blocking_moved = !transport.send(asked);
    if (!move.asynchronous_moved) move.asynchronous_moved = !ask();
    std::this_thread::sleep_for(10ms);
  }
  return move;
}

}  // namespace

TEST_CASE("resolver - a name is looked up again although its connection is in use all the time") {
  auto trying = support::in_background(move_host);
  const Move move = fixtures::outcome(trying);
  if (!move.tried) {
    WARN("skipped: mount namespaces are not permitted here");
    return;
  }
  CHECK(move.blocking_moved);
  CHECK(move.asynchronous_moved);
}

TEST_CASE("resolver - nobody waits for a name server that does not answer") {
  auto trying = support::in_background(look_up_in_vain);  // the thread's own view of the file system
  const LookUps look_ups = fixtures::outcome(trying);
  if (!look_ups.tried) {
    WARN("skipped: neither mount namespaces nor port 53 are permitted here");
    return;
  }
  for (const auto* result : {&look_ups.blocking, &look_ups.asynchronous}) {
    REQUIRE_FALSE(*result);
    CHECK(result->error().kind == ex::ErrorKind::timeout);
    CHECK(result->error().nothing_sent);
    CHECK(support::contains(result->error().message, "Resolving timed out"));
  }
  for (const auto* result : {&look_ups.cancelled, &look_ups.abandoned}) {
    REQUIRE_FALSE(*result);
    CHECK(result->error().kind == ex::ErrorKind::cancelled);
  }
  CHECK(look_ups.time < 20s);  // a look-up takes 30 s
}
