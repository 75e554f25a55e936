// SPDX-License-Identifier: MIT
#pragma once

#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "integration.hpp"
#include "tls.hpp"

namespace faults {

using TlsContext = std::shared_ptr<SSL_CTX>;

/// One accepted connection, as a server that does wrong sees it.
class Peer {
 public:
  Peer(int socket, std::atomic<int>& requests) : socket_(socket), requests_(requests) {}

  /// Answers the client's handshake; false when it came to nothing.
  bool start_tls(const TlsContext& context) {
    tls_.reset(SSL_new(context.get()));
    return tls_ && SSL_set_fd(tls_.get(), socket_) == 1 && SSL_accept(tls_.get()) == 1;
  }

  /// Reads a request, its body included, and counts it; false when the client went away before.
  bool take_request() {
    constexpr std::string_view end = "\r\n\r\n";
    while (unread_.find(end) == std::string::npos) {
      if (!read_more()) return false;
    }
    head_ = unread_.substr(0, unread_.find(end) + end.size());
    const std::string length = header("content-length");
    const std::size_t size = head_.size() + (length.empty() ? 0 : std::stoul(length));
    while (unread_.size() < size) {
      if (!read_more()) return false;
    }
    unread_.erase(0, size);
    ++requests_;
    return true;
  }

  /// The value of a field of the last request; empty when it is not there.
  [[nodiscard]] std::string header(std::string name) const {
    std::string head = head_;
    const auto lower = [](std::string& text) {
      std::transform(text.begin(), text.end(), text.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    };
    lower(head);
    lower(name);
    const auto place = head.find("\r\n" + name + ": ");
    if (place == std::string::npos) return {};
    const auto begin = place + name.size() + 4;
    return head_.substr(begin, head_.find("\r\n", begin) - begin);
  }

  void count_request() { ++requests_; }

  /// How many requests the server has seen so far, on this connection and others.
  [[nodiscard]] int requests() const { return requests_; }

  /// What has come; empty when the client has gone.
  std::string take_bytes() {
    if (unread_.empty()) read_more();
    return std::exchange(unread_, {});
  }

  /// Waits for anything of a request and leaves the rest unread; false when the client went away before.
  bool take_something() { return read_more(); }

  /// False when the client has gone.
  bool write(std::string_view text) {
    while (!text.empty()) {
      const auto sent = tls_ ? SSL_write(tls_.get(), text.data(), static_cast<int>(text.size()))
                             : ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// A complete answer.
  bool answer(std::string_view status, std::string_view fields = {}, std::string_view body = {}) {
    return write("HTTP/1.1 " + std::string(status) + "\r\n" + std::string(fields) +
                 "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  }

  /// Makes the end of this connection a reset.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  /// Tells the client that nothing more will come.
  void half_close() { ::shutdown(socket_, SHUT_WR); }

  /// Until the client has gone, or the server ends.
  void wait_for_the_end() {
    std::array<char, 4096> ignored{};
    while (::recv(socket_, ignored.data(), ignored.size(), 0) > 0) {
    }
  }

  /// False when the client has gone, or has said something meanwhile.
  bool pause(std::chrono::milliseconds time) {
    pollfd watched{socket_, POLLIN, 0};
    return ::poll(&watched, 1, static_cast<int>(time.count())) == 0;
  }

 private:
  bool read_more() {
    std::array<char, 16384> bytes{};
    const auto got = tls_ ? SSL_read(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                          : ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    unread_.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
  }

  const int socket_;
  std::atomic<int>& requests_;
  std::unique_ptr<SSL, FreeTls> tls_;
  std::string unread_;
  std::string head_;
};

/// A server of 127.0.0.1 that treats every connection as it is told, each in a thread of its own, and counts.
class FaultServer {
 public:
  using Behaviour = std::function<void(Peer&)>;

  /// Port 0 picks a free one. With a context every connection begins with a TLS handshake; one that fails is over.
  explicit FaultServer(Behaviour behaviour, TlsContext tls = nullptr, int port = 0)
      : behaviour_(std::move(behaviour)), tls_(std::move(tls)), listener_(port) {
    if (::listen(listener_.descriptor(), 64) != 0) throw std::runtime_error("cannot listen");
    acceptor_ = std::thread([this] { accept_all(); });
  }
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;
  ~FaultServer() {
    ::shutdown(listener_.descriptor(), SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const auto& connection : connections_) {
        if (connection.socket >= 0) ::shutdown(connection.socket, SHUT_RDWR);
      }
    }
    for (auto& connection : connections_) connection.thread.join();
  }

  [[nodiscard]] int port() const { return listener_.port(); }
  [[nodiscard]] std::string url() const {
    return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port());
  }
  [[nodiscard]] int requests() const { return requests_; }  ///< That came completely.
  [[nodiscard]] int connections() const { return accepted_; }

  /// Begins to count anew.
  void forget() { requests_ = accepted_ = 0; }

 private:
  struct Connection {
    int socket;
    std::thread thread;
  };

  void accept_all() {
    sigset_t broken_pipe;  // OpenSSL writes without MSG_NOSIGNAL
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    while (true) {
      const int socket = ::accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      ++accepted_;
      const std::lock_guard<std::mutex> lock(mutex_);
      Connection& connection = connections_.emplace_back(Connection{socket, {}});
      connection.thread = std::thread([this, &connection] { serve(connection); });
    }
  }

  void serve(Connection& connection) {
    {
      Peer peer(connection.socket, requests_);
      if (!tls_ || peer.start_tls(tls_)) behaviour_(peer);
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    ::close(connection.socket);
    connection.socket = -1;
  }

  const Behaviour behaviour_;
  const TlsContext tls_;
  const integration::BoundSocket listener_;
  std::atomic<int> requests_{0};
  std::atomic<int> accepted_{0};
  std::thread acceptor_;
  std::mutex mutex_;  ///< Guards the sockets of the list; the acceptor alone adds to it.
  std::list<Connection> connections_;
};

}  // namespace faults
