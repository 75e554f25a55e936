// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace sandbox {

// An HTTP/1.1 server on one port of 127.0.0.1 with a thread for each connection. httplib's own has a backlog of 5, lets
// two programs share a port, and cannot stop while a client keeps an idle connection open.
class Listener {
 public:
  using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;

  struct Tls {
    std::string certificate_file;
    std::string key_file;
  };

  // Takes the port, 0 for a free one, so that connections can queue; throws std::runtime_error if it cannot.
  Listener(int port, const std::optional<Tls>& tls);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Begins to accept. The handler makes the answers; finish sees every answer last, also those to requests that are
  // refused as invalid HTTP, such as one with a broken head. Both are called by many threads at once.
  void start(const Handler& handler, const Handler& finish);

  // Ends all connections, also in the middle of a request, and joins all threads.
  void stop();

  int port() const;
  std::uint64_t connections() const;  // accepted so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sandbox
