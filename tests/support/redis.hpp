// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <movio/exhibitor/redis_token_store.hpp>
#include <movio/exhibitor/stores/detail/redis_connection.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "integration.hpp"
#include "support.hpp"

namespace integration {

/// A connection to a port of this machine; not good when nobody listens there.
inline ex::detail::Descriptor connected(int port) {
  ex::detail::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return ex::detail::Descriptor(-1);
  return socket;
}

/// A real server: redis-server, or valkey-server where that is what is installed. In memory only.
class Redis {
 public:
  explicit Redis(std::vector<std::string> options = {}) : port_(closed_port()), options_(std::move(options)) {
    start();
  }
  Redis(const Redis&) = delete;
  Redis& operator=(const Redis&) = delete;
  ~Redis() { stop(); }

  [[nodiscard]] int port() const noexcept { return port_; }
  [[nodiscard]] std::string url(const std::string& user = {}) const {
    return "redis://" + user + (user.empty() ? "" : "@") + "127.0.0.1:" + std::to_string(port_);
  }

  void start() {
    std::vector<std::string> words{"redis-server",
                                   "--port",
                                   tls() ? "0" : std::to_string(port_),
                                   "--save",
                                   "",
                                   "--bind",
                                   "127.0.0.1",
                                   "--dir",
                                   directory_.path(),
                                   "--loglevel",
                                   "warning",
                                   "--logfile",
                                   directory_.path("log")};
    if (tls()) words.insert(words.end(), {"--tls-port", std::to_string(port_)});
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (::posix_spawnp(&process_, "redis-server", nullptr, nullptr, arguments.data(), environ) != 0 &&
        ::posix_spawnp(&process_, "valkey-server", nullptr, nullptr, arguments.data(), environ) != 0) {
      throw std::runtime_error("redis-server is not installed");
    }
    await_answer();
  }
  void stop() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  void restart() {
    stop();
    start();
  }
  /// Stops its work, as a machine that is too busy does, and lets it go on.
  void freeze() const { ::kill(process_, SIGSTOP); }
  void thaw() const { ::kill(process_, SIGCONT); }

 private:
  [[nodiscard]] bool tls() const {
    return std::find(options_.begin(), options_.end(), "--tls-cert-file") != options_.end();
  }

  void await_answer() const {
    for (int i = 0; i < 1000; ++i) {
      if (connected(port_)) return;
      if (::waitpid(process_, nullptr, WNOHANG) == process_) {
        throw std::runtime_error("redis-server did not start: " + support::content_of(directory_.path("log")));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("redis-server did not answer in time");
  }

  int port_;
  std::vector<std::string> options_;
  const support::TemporaryDirectory directory_;
  pid_t process_ = -1;
};

/// What a server is told from now on, as MONITOR shows it.
class RedisMonitor {
 public:
  explicit RedisMonitor(const Redis& redis) : socket_(connected(redis.port())) {
    const std::string_view command = "MONITOR\r\n";
    if (::send(socket_.get(), command.data(), command.size(), MSG_NOSIGNAL) < 0) throw std::runtime_error("no MONITOR");
    read_until("+OK");
  }

  /// Everything until a command that has this text.
  const std::string& read_until(std::string_view end) {
    char piece[4096];
    while (!support::contains(seen_, end)) {
      const auto size = ::recv(socket_.get(), piece, sizeof piece, 0);
      if (size <= 0) throw std::runtime_error("MONITOR has ended");
      seen_.append(piece, static_cast<std::size_t>(size));
    }
    return seen_;
  }

 private:
  const ex::detail::Descriptor socket_;
  std::string seen_;
};

/// Asks the server by a connection of its own, as an operator does.
inline ex::detail::RedisReply ask(const Redis& redis, std::initializer_list<std::string_view> words) {
  const ex::detail::CurlSettings settings{ex::CurlOptions()};
  const auto address = ex::detail::parse_redis_url(redis.url()).value();
  auto connection = ex::detail::RedisConnection::open(address, {}, settings).value();
  return connection.ask(words).value();
}

}  // namespace integration
