// SPDX-License-Identifier: MIT
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fault_matrix.hpp"
#include "fault_server.hpp"

namespace faults {

inline const std::vector<Call> get_and_post{{"GET", false}, {"POST", true}};
inline const std::vector<Call> every_method{
    {"GET", false}, {"PUT", true}, {"DELETE", false}, {"POST", false}, {"POST", true}};

/// What goes the same way for every method: nothing of the request was sent, or there is nothing to repeat.
inline std::vector<Expected> both(const Expected& same) { return {same, same}; }

/// What a GET tries once more, and a POST does not.
inline std::vector<Expected> repeated(const std::string& outcome, milliseconds each = milliseconds(0)) {
  return {{outcome, 2, 2, 2, each * 2}, {outcome, 1, 1, 1, each}};
}

inline Limits call_timeout(milliseconds time) {
  Limits limits;
  limits.timeout = time;
  return limits;
}

inline Limits connect_timeout(milliseconds time) {
  Limits limits;
  limits.connect_timeout = time;
  return limits;
}

inline Limits stall_timeout(std::chrono::seconds time) {
  Limits limits;
  limits.stall_timeout = time;
  return limits;
}

inline void answer_all(Peer& peer) {
  while (peer.take_request() && peer.answer("200 OK")) {
  }
}

inline void end_after(Peer& peer, const char* text) {
  peer.write(text);
  peer.half_close();
  peer.wait_for_the_end();
}

/// A server that behaves as it is told.
class Served : public Fault {
 public:
  explicit Served(FaultServer::Behaviour behaviour, TlsContext tls = nullptr)
      : server_(std::move(behaviour), std::move(tls)) {}

  [[nodiscard]] std::string url() const override { return server_.url(); }
  [[nodiscard]] int requests() const override { return server_.requests(); }
  [[nodiscard]] int connections() const override { return server_.connections(); }

 private:
  FaultServer server_;
};

inline std::function<std::shared_ptr<Fault>()> served(FaultServer::Behaviour behaviour, TlsContext tls = nullptr) {
  return [=] { return std::make_shared<Served>(behaviour, tls); };
}

/// A server that does this with every request.
inline std::function<std::shared_ptr<Fault>()> when_asked(FaultServer::Behaviour behaviour, TlsContext tls = nullptr) {
  return served(
      [=](Peer& peer) {
        if (peer.take_request()) behaviour(peer);
      },
      std::move(tls));
}

/// A server of no TLS where TLS is expected.
class Plain : public Served {
 public:
  explicit Plain(FaultServer::Behaviour behaviour) : Served(std::move(behaviour)) {}

  [[nodiscard]] std::string url() const override { return "https" + Served::url().substr(std::string("http").size()); }
};

/// A server that gives one bad answer, and good ones from then on.
class OnceBad : public Fault {
 public:
  explicit OnceBad(std::string status, std::string fields)
      : server_([this, status = std::move(status), fields = std::move(fields)](Peer& peer) {
          while (peer.take_request()) {
            const bool first = !answered_.exchange(true);
            if (!(first ? peer.answer(status, fields) : peer.answer("200 OK"))) return;
          }
        }) {}

  [[nodiscard]] std::string url() const override { return server_.url(); }
  [[nodiscard]] int requests() const override { return server_.requests(); }
  [[nodiscard]] int connections() const override { return server_.connections(); }

 private:
  std::atomic<bool> answered_{false};
  FaultServer server_;
};

/// A server that sends its callers to another origin, where none may arrive.
class Redirecting : public Fault {
 public:
  explicit Redirecting(const std::string& status)
      : server_([this, status](Peer& peer) {
          if (peer.take_request()) peer.answer(status, "Location: " + elsewhere_.url() + "/films\r\n");
        }) {}

  [[nodiscard]] std::string url() const override { return server_.url(); }
  [[nodiscard]] int requests() const override { return server_.requests(); }
  [[nodiscard]] int connections() const override { return server_.connections(); }
  [[nodiscard]] int strays() const override { return elsewhere_.connections(); }

 private:
  FaultServer elsewhere_{[](Peer& peer) {
    if (peer.take_request()) peer.answer("200 OK");
  }};
  FaultServer server_;
};

/// A port that nobody listens on. It stays taken, so that no other test's server comes to live there.
class Refused : public Fault {
 public:
  [[nodiscard]] std::string url() const override { return "http://127.0.0.1:" + std::to_string(bound_.port()); }

 private:
  const integration::BoundSocket bound_;
};

/// A host of that name, which does not exist.
class Nowhere : public Fault {
 public:
  [[nodiscard]] std::string url() const override { return "https://does-not-exist.invalid"; }
};

/// A port whose queue of connections is full, so that the system drops what asks for another one.
class BlackHole : public Fault {
 public:
  BlackHole() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(bound_.port()));
    if (::listen(bound_.descriptor(), 0) != 0) throw std::runtime_error("cannot listen");
    for (int& filler : fillers_) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      (void)::connect(filler, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  ~BlackHole() override {
    for (const int filler : fillers_) ::close(filler);
  }

  [[nodiscard]] std::string url() const override { return "http://127.0.0.1:" + std::to_string(bound_.port()); }

 private:
  const integration::BoundSocket bound_;
  std::array<int, 4> fillers_{};
};

template <class Kind, class... Arguments>
std::function<std::shared_ptr<Fault>()> fault(Arguments... arguments) {
  return [=]() -> std::shared_ptr<Fault> { return std::make_shared<Kind>(arguments...); };
}

}  // namespace faults
