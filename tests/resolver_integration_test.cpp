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

#include "catch.hpp"
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

struct LookUps {
  bool tried = false;
  ex::Result<ex::HttpResponse> blocking = ex::HttpResponse();
  ex::Result<ex::HttpResponse> asynchronous = ex::HttpResponse();
  ex::Result<ex::HttpResponse> cancelled = ex::HttpResponse();
  ex::Result<ex::HttpResponse> abandoned = ex::HttpResponse();
  std::chrono::steady_clock::duration time{};
};

ex::HttpRequest lookup() { return request("GET", "https://api.example/films"); }

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

}  // namespace

TEST_CASE("resolver - nobody waits for a name server that does not answer") {
  auto trying = std::async(std::launch::async, look_up_in_vain);  // the thread's own view of the file system
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
