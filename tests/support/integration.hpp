// SPDX-License-Identifier: MIT
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <movio/exhibitor.hpp>
#include <movio/exhibitor/file_token_store.hpp>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sandbox/server.hpp"

/// What the tests over real sockets share.
namespace integration {

namespace ex = movio::exhibitor;

inline ex::Endpoints endpoints_of(const sandbox::Sandbox& sandbox) {
  return {sandbox.issuer_url(), sandbox.api_url(), true};
}

inline ex::CredentialSource credentials_of_sandbox() {
  const sandbox::Options defaults;
  return ex::credentials(defaults.client_id, ex::Secret(defaults.client_secret));
}

inline ex::CurlOptions trusting(const sandbox::Sandbox& sandbox) {
  ex::CurlOptions options;
  options.ca_file = sandbox.ca_file();
  return options;
}

inline ex::ClientOptions client_options(const sandbox::Sandbox& sandbox) {
  ex::ClientOptions options;
  options.curl = trusting(sandbox);
  return options;
}

/// A provider that stands for a process of its own, over a store.
inline std::shared_ptr<ex::TokenProvider> provider_over(const sandbox::Sandbox& sandbox,
                                                        std::shared_ptr<ex::TokenStore> store) {
  ex::TokenOptions options;
  options.store = ex::sealed(std::move(store), ex::Secret(std::string(32, 'k')));
  return std::make_shared<ex::TokenProvider>(endpoints_of(sandbox), credentials_of_sandbox(), options,
                                             std::make_shared<ex::CurlTransport>(trusting(sandbox)));
}

inline ex::ExhibitorClient client_for(const sandbox::Sandbox& sandbox, const ex::ClientOptions& options) {
  return {endpoints_of(sandbox), credentials_of_sandbox(), options};
}

inline ex::ExhibitorClient client_for(const sandbox::Sandbox& sandbox) {
  return client_for(sandbox, client_options(sandbox));
}

/// For a client.
inline ex::HttpRequest api_call(std::string method, std::string path) {
  ex::HttpRequest made;
  made.method = std::move(method);
  made.path = std::move(path);
  return made;
}

/// For a transport.
inline ex::TransportRequest request(std::string method, std::string url) {
  ex::TransportRequest made;
  made.method = std::move(method);
  made.url = std::move(url);
  return made;
}

/// Waits until something is so; false when it is not so within a minute.
inline bool within_a_minute(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// A door that a server's handler waits at until the test opens it, or the test is over.
class CallbackGate {
 public:
  ~CallbackGate() { open(); }

  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++arrivals_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  /// Until so many handlers stand at the door.
  void await_arrivals(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return arrivals_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrivals_ = 0;
  bool open_ = false;
};

/// Collects the outcomes of asynchronous requests.
class Outcomes {
 public:
  ex::Transport::Completion take() {
    return [this](ex::Result<ex::HttpResponse> result) {
      const std::lock_guard<std::mutex> lock(mutex_);
      results_.push_back(std::move(result));
      changed_.notify_all();
    };
  }
  std::vector<ex::Result<ex::HttpResponse>> await(std::size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return results_.size() >= count; });
    return results_;
  }
  std::size_t count(ex::ErrorKind kind) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::size_t found = 0;
    for (const auto& result : results_) found += !result && result.error().kind == kind ? 1U : 0U;
    return found;
  }
  std::size_t size() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return results_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ex::Result<ex::HttpResponse>> results_;
};

/// An environment variable for the time of a test. Not while other threads run that might read it.
class EnvironmentVariable {
 public:
  EnvironmentVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;
  ~EnvironmentVariable() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// A socket of 127.0.0.1 with a port of its own: a free one, or one that a server had before.
class BoundSocket {
 public:
  explicit BoundSocket(int port = 0) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int yes = 1;
    if (port != 0) ::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(descriptor_, generic, size) != 0 || ::getsockname(descriptor_, generic, &size) != 0) {
      throw std::runtime_error("no port to be had");
    }
    ::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);  // for who takes the port over
    port_ = ntohs(address.sin_port);
  }
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;
  ~BoundSocket() { ::close(descriptor_); }

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] int port() const { return port_; }

 private:
  int descriptor_;
  int port_ = 0;
};

/// A TCP server that hands every connection to a function, one after the other, in a thread of its own.
class RawServer {
 public:
  using Handler = std::function<void(int socket)>;

  explicit RawServer(Handler handler) {
    if (::listen(listener_.descriptor(), 16) != 0) throw std::runtime_error("cannot listen");
    thread_ = std::thread([this, handler = std::move(handler)] {
      while (true) {
        const int socket = ::accept(listener_.descriptor(), nullptr, nullptr);
        if (socket < 0) return;
        ++connections_;
        handler(socket);
        ::close(socket);
      }
    });
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer() {
    ::shutdown(listener_.descriptor(), SHUT_RDWR);
    thread_.join();
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_.port()); }
  [[nodiscard]] int connections() const { return connections_; }

  /// Reads until the text so far ends with `end`; what came, even if the client went away before.
  static std::string read_until(int socket, const std::string& end) {
    std::string text;
    char byte = 0;
    while (::recv(socket, &byte, 1, 0) == 1) {
      text += byte;
      if (text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0) break;
    }
    return text;
  }
  static void write(int socket, const std::string& text) {
    (void)::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
  }

 private:
  BoundSocket listener_;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

/// A port that nobody listens on.
inline int closed_port() { return BoundSocket().port(); }

}  // namespace integration
