// SPDX-License-Identifier: MIT

// What the library needs of the process for libcurl: file descriptors, signals. Each in a forked child, whose limits
// and masks are its own.
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "forking.hpp"
#include "integration.hpp"

using namespace integration;
using namespace std::chrono_literals;
using forking::in_child;

namespace {

/// No more file descriptors for the time of its life.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

void answer_kindly(int socket) {
  RawServer::read_until(socket, "\r\n\r\n");
  RawServer::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

void keep_answering(int socket) {
  while (!RawServer::read_until(socket, "\r\n\r\n").empty()) {
    RawServer::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }
}

/// The descriptors of this process that are connections; libcurl's own pairs of sockets are of another family.
std::vector<int> connections() {
  std::vector<int> found;
  for (int number = 0; number < 256; ++number) {
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    if (::getpeername(number, reinterpret_cast<sockaddr*>(&peer), &length) == 0 && peer.sin_family == AF_INET) {
      found.push_back(number);
    }
  }
  return found;
}

using Answer = ex::Result<ex::HttpResponse>;

Answer start_and_wait(ex::Transport& transport, const std::string& url) {
  const auto promise = std::make_shared<std::promise<Answer>>();
  transport.start(request("GET", url), [promise](Answer answer) { promise->set_value(std::move(answer)); });
  return promise->get_future().get();
}

bool is_overloaded(const Answer& answer) { return !answer && answer.error().kind == ex::ErrorKind::overloaded; }

}  // namespace

TEST_CASE("curl process - a transport made without file descriptors works once there are some", "[curl_process]") {
  const RawServer server(answer_kindly);
  CHECK(in_child([&] {
    std::unique_ptr<ex::CurlTransport> transport;
    {
      const NoDescriptors shortage;
      transport = std::make_unique<ex::CurlTransport>();
      if (!is_overloaded(transport->send(request("GET", server.url())))) return false;
      if (!is_overloaded(start_and_wait(*transport, server.url()))) return false;
    }
    const bool blocking = transport->send(request("GET", server.url())).has_value();
    const bool async = start_and_wait(*transport, server.url()).has_value();
    transport.reset();  // must not hang
    return blocking && async;
  }));
}

TEST_CASE("curl process - a transport is destroyed while there are no file descriptors", "[curl_process]") {
  const RawServer server(answer_kindly);
  CHECK(in_child([&] {
    auto transport = std::make_unique<ex::CurlTransport>();
    const bool answered = start_and_wait(*transport, server.url()).has_value();
    const NoDescriptors shortage;
    auto other = std::make_unique<ex::CurlTransport>();
    const bool timer = other->after(1h, [] {});
    other.reset();
    transport.reset();
    return answered && timer;
  }));
}

TEST_CASE("curl process - a timer runs without file descriptors, a later one first", "[curl_process]") {
  CHECK(in_child([&] {
    const NoDescriptors shortage;
    ex::CurlTransport transport;
    std::promise<void> ran;
    return transport.after(1h, [] {}) && transport.after(1ms, [&] { ran.set_value(); }) &&
           ran.get_future().wait_for(20s) == std::future_status::ready;
  }));
}

TEST_CASE("curl process - a child forked without file descriptors works once there are some", "[curl_process]") {
  const RawServer server(answer_kindly);
  CHECK(in_child([&] {
    ex::CurlTransport transport;
    if (!start_and_wait(transport, server.url())) return false;
    std::optional<NoDescriptors> shortage(std::in_place);
    return in_child([&] {
      if (!is_overloaded(start_and_wait(transport, server.url()))) return false;
      shortage.reset();
      return start_and_wait(transport, server.url()).has_value();
    });
  }));
}

TEST_CASE("curl process - a connection is no standard stream, also when these are closed", "[curl_process]") {
  const RawServer server(keep_answering);
  for (const bool blocking : {true, false}) {
    CHECK(in_child([&] {
      const std::size_t inherited = connections().size();  // the server may not have closed the last one yet
      for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(stream);
      ex::CurlTransport transport;
      const auto answer =
          blocking ? transport.send(request("GET", server.url())) : start_and_wait(transport, server.url());
      const auto kept = connections();
      return answer && kept.size() == inherited + 1 && kept.front() > STDERR_FILENO;
    }));
  }
}

TEST_CASE("curl process - the engine's thread takes no signal that the program waits for", "[curl_process]") {
  CHECK(in_child([&] {
    ex::CurlTransport transport;
    std::promise<void> runs;
    if (!transport.after(0ms, [&] { runs.set_value(); })) return false;
    runs.get_future().get();
    sigset_t awaited;
    ::sigemptyset(&awaited);
    for (const int signal : {SIGTERM, SIGUSR1, SIGHUP}) ::sigaddset(&awaited, signal);
    ::pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
    const timespec patience{20, 0};
    for (const int signal : {SIGTERM, SIGUSR1, SIGHUP}) {
      ::kill(::getpid(), signal);
      if (::sigtimedwait(&awaited, nullptr, &patience) != signal) return false;
    }
    return true;
  }));
}

TEST_CASE("curl process - the thread that makes the first call keeps its own signal mask", "[curl_process]") {
  CHECK(in_child([&] {
    ex::CurlTransport transport;
    if (!transport.after(0ms, [] {})) return false;
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return ::sigismember(&mask, SIGTERM) == 0;
  }));
}
