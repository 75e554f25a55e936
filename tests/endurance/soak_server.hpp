// SPDX-License-Identifier: MIT
#pragma once

// The API of the soak: HTTP/1.1 over TLS on one thread, which treats each request as its lot says.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "integration.hpp"
#include "soak.hpp"
#include "tls.hpp"

namespace soak {

/// The server's end of a connection, which never waits.
class Connection {
 public:
  Connection(int socket, SSL_CTX* context) : socket_(socket), tls_(SSL_new(context)) {
    SSL_set_fd(tls_.get(), socket_);
    SSL_set_accept_state(tls_.get());
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    tls_.reset();
    ::close(socket_);
  }

  /// Takes in what has come; false when the client has gone away.
  bool read() {
    std::array<char, 16 << 10> piece{};
    while (true) {
      ERR_clear_error();
      const int count = SSL_read(tls_.get(), piece.data(), static_cast<int>(piece.size()));
      if (count <= 0) return waits(count);
      in.append(piece.data(), static_cast<std::size_t>(count));
    }
  }

  /// Sends what the client takes of the answer; false when it has gone away.
  bool write() {
    while (written_ < out.size()) {
      ERR_clear_error();
      const int count = SSL_write(tls_.get(), out.data() + written_, static_cast<int>(out.size() - written_));
      if (count <= 0) return waits(count);
      written_ += static_cast<std::size_t>(count);
    }
    return true;
  }

  void answer(std::string text, std::chrono::milliseconds delay) {
    out = std::move(text);
    written_ = 0;
    answering = true;
    due = now() + delay;
  }
  [[nodiscard]] bool all_written() const { return answering && due <= now() && written_ == out.size(); }
  [[nodiscard]] pollfd events() const {
    const bool writes = answering && due <= now();
    return {socket_, static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN), 0};
  }

  std::string in;
  std::string out;
  bool answering = false;
  Steady due{};  ///< When the answer may be sent.
  bool closes = false;

 private:
  [[nodiscard]] bool waits(int count) const {
    const int reason = SSL_get_error(tls_.get(), count);
    return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
  }

  int socket_;
  std::unique_ptr<SSL, FreeTls> tls_;
  std::size_t written_ = 0;
};

/// A request as far as it has come.
struct Asked {
  static std::optional<Asked> in(std::string_view text) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view head = text.substr(0, end + 2);
    Asked asked;
    asked.method = head.substr(0, head.find(' '));
    asked.number = number_in(after(head, Plan::id_begins));
    asked.token = after(head, "\r\nAuthorization: Bearer ");
    asked.body_size = number_in(after(head, "\r\nContent-Length: "));
    asked.body = text.substr(end + 4, asked.body_size);
    return asked;
  }
  [[nodiscard]] bool whole() const { return body.size() == body_size; }

  std::string_view method;
  std::uint64_t number = 0;
  std::string_view token;
  std::size_t body_size = 0;
  std::string_view body;

 private:
  /// The rest of the line; empty when the mark is not there.
  static std::string_view after(std::string_view head, std::string_view mark) {
    const auto place = head.find(mark);
    if (place == std::string_view::npos) return {};
    const auto rest = head.substr(place + mark.size());
    return rest.substr(0, rest.find('\r'));
  }
  static std::uint64_t number_in(std::string_view digits) {
    std::uint64_t number = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') break;
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return number;
  }
};

/// What a server says in a mood; with what a careless one would repeat of the request, in the place where it is read.
class Answers {
 public:
  static std::string to(const Asked& asked, const Plan& plan, Mood mood) {
    const std::string fine = plan.answer();
    switch (mood) {
      case Mood::silent:
      case Mood::deaf:
      case Mood::hanging_up:
        return {};
      case Mood::chunked:
        return head(200, "Transfer-Encoding: chunked\r\n") + chunks(fine);
      case Mood::last:
        return whole(200, fine, "Connection: close\r\n");
      case Mood::mumbling:
        return whole(200, fine).substr(0, 30);
      case Mood::cut_off:
        return head(200, length(fine.size() + 100)) + fine;
      case Mood::garrulous:
        return whole(200, std::string(max_answer + 1, 'g'));
      case Mood::encoded:
        return whole(200, "\x1f\x8b", "Content-Encoding: gzip\r\n");
      case Mood::in_an_airport:
        return whole(200, "<html>" + indiscreet(asked, plan) + "</html>");
      case Mood::babbling:
        return "SSH-2.0-" + indiscreet(asked, plan) + "\r\n\r\n";
      default:
        return manner_of(mood).status == 200 ? whole(200, fine) : refusal(asked, plan, mood);
    }
  }

  static constexpr std::size_t max_answer = std::size_t{100} << 10U;

 private:
  static std::string indiscreet(const Asked& asked, const Plan& plan) {
    return std::string(asked.token) + " at " + plan.path();
  }
  static std::string length(std::size_t size) { return "Content-Length: " + std::to_string(size) + "\r\n"; }
  static std::string head(int status, const std::string& headers) {
    return "HTTP/1.1 " + std::to_string(status) + " So be it\r\nContent-Type: application/json\r\n" + headers + "\r\n";
  }
  static std::string whole(int status, const std::string& body, const std::string& headers = {}) {
    return head(status, length(body.size()) + headers) + body;
  }
  static std::string chunks(const std::string& body) {
    constexpr std::size_t most = 15;
    std::string text;
    for (std::size_t at = 0; at < body.size(); at += most) {
      const std::string chunk = body.substr(at, most);
      text += "0123456789abcdef"[chunk.size()] + ("\r\n" + chunk) + "\r\n";
    }
    return text + "0\r\n\r\n";
  }
  static std::string refusal(const Asked& asked, const Plan& plan, Mood mood) {
    const std::string reason = indiscreet(asked, plan);
    std::string headers = "Retry-After: 0\r\nX-Request-Id: " + std::string(asked.token) + "\r\n";
    if (mood == Mood::refusing) {
      headers += R"(WWW-Authenticate: Bearer error="invalid_token", error_description=")" + (reason + "\"\r\n");
    }
    const std::string body = R"({"message":")" + reason + R"(","entities":[")" + reason + "\"]}";
    return whole(manner_of(mood).status, body, headers);
  }
};

/// Listens from its constructor to its destructor.
class Server {
 public:
  /// `identity` has the certificate.
  Server(const sandbox::Sandbox& identity, const integration::BoundSocket& socket, Ledger& ledger, Findings& findings)
      : listener_(socket.descriptor()), ledger_(ledger), findings_(findings), context_(context_for(identity)) {
    if (!context_ || ::listen(listener_, 1024) != 0) throw std::runtime_error("cannot listen");
    thread_ = std::thread([this] { run(); });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
  }

  Count received;
  Count turned_away;  ///< Connections that were closed at once.
  Count connections;

 private:
  static constexpr std::chrono::milliseconds longest_delay{300};

  static std::unique_ptr<SSL_CTX, FreeTls> context_for(const sandbox::Sandbox& identity) {
    std::unique_ptr<SSL_CTX, FreeTls> context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    const bool fine =
        SSL_CTX_use_certificate_file(context.get(), identity.certificate_file().c_str(), SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_use_PrivateKey_file(context.get(), identity.key_file().c_str(), SSL_FILETYPE_PEM) == 1;
    return fine ? std::move(context) : nullptr;
  }

  void run() {
    sigset_t broken_pipe;
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    std::vector<pollfd> polled;
    while (true) {
      polled.assign(1, {listener_, POLLIN, 0});
      for (const auto& connection : connections_) polled.push_back(connection->events());
      ::poll(polled.data(), polled.size(), milliseconds_to_wait());
      serve(polled);
      if (polled.front().revents != 0 && !accept()) return;
    }
  }

  [[nodiscard]] int milliseconds_to_wait() const {
    auto next = now() + std::chrono::seconds(1);
    for (const auto& connection : connections_) {
      if (connection->answering && connection->due > now()) next = std::min(next, connection->due);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now());
    return static_cast<int>(std::max(left, std::chrono::milliseconds(0)).count());
  }

  bool accept() {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      findings_.expect(errno == EINVAL, "the server cannot accept");  // EINVAL after the shutdown
      return false;
    }
    if (lot(++connections, 2000, 8) == 0) {
      ++turned_away;
      ::close(socket);
    } else {
      const int on = 1;
      static_cast<void>(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
      connections_.push_back(std::make_unique<Connection>(socket, context_.get()));
    }
    return true;
  }

  void serve(const std::vector<pollfd>& polled) {
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      if (!goes_on(*connections_[i], polled[i + 1].revents)) connections_[i] = nullptr;
    }
    connections_.erase(std::remove(connections_.begin(), connections_.end(), nullptr), connections_.end());
  }

  bool goes_on(Connection& connection, short happened) {
    if ((happened & ~POLLOUT) != 0 && !connection.read()) return false;
    if (!connection.answering && !takes(connection)) return false;
    if (connection.answering && connection.due <= now() && !connection.write()) return false;
    if (!connection.all_written()) return true;
    connection.answering = false;
    return !connection.closes;
  }

  /// Looks at what has come, and answers a request that is whole; false when the connection is to be closed.
  bool takes(Connection& connection) {
    const auto asked = Asked::in(connection.in);
    if (!asked) return true;
    Slip* const slip = ledger_.find(asked->number);
    findings_.expect(slip != nullptr, "a request came long after its call was over");
    if (slip == nullptr) return false;
    const Mood mood = mood_for(asked->number, slip->heads);
    if (mood != Mood::deaf && !asked->whole()) return true;
    ++slip->heads;
    if (mood == Mood::deaf) return hang_up(*slip, mood);
    ++slip->received;
    ++received;
    return answer(connection, *asked, *slip, is_refused(*asked, *slip) ? Mood::refusing : mood);
  }

  static bool hang_up(Slip& slip, Mood mood) {
    ++slip.hung_up;
    slip.met_with(mood);
    return false;
  }

  /// A second after its first use a token becomes worthless, once for each call that still has it. Sooner it might not
  /// have been accepted yet, and the client would make a pause of minutes.
  bool is_refused(const Asked& asked, Slip& slip) {
    if (asked.token != revoked_ && asked.token != in_use_) {
      in_use_ = asked.token;
      revocation_ = now() + std::chrono::seconds(1);
    }
    if (asked.token == in_use_ && now() >= revocation_) revoked_ = in_use_;
    if (asked.token != revoked_ || slip.refused != 0) return false;
    ++slip.refused;
    return true;
  }

  bool answer(Connection& connection, const Asked& asked, Slip& slip, Mood mood) {
    const Plan plan(asked.number);
    findings_.expect(asked.method == plan.method(), "the method is another call's");
    findings_.expect(asked.body == plan.body(), "the body is another call's");
    findings_.expect(!asked.token.empty(), "a request without a token");
    if (mood == Mood::hanging_up) return hang_up(slip, mood);
    connection.closes = mood == Mood::mumbling || mood == Mood::cut_off || mood == Mood::last || mood == Mood::babbling;
    if (mood == Mood::mumbling || mood == Mood::cut_off) ++slip.hung_up;
    slip.met_with(mood);
    connection.answer(Answers::to(asked, plan, mood), delay(mood, asked.number));
    connection.in.clear();
    return true;
  }

  static std::chrono::milliseconds delay(Mood mood, std::uint64_t number) {
    if (mood == Mood::silent) return std::chrono::hours(1);
    return std::chrono::milliseconds(mood == Mood::slow ? lot(number, 3000, longest_delay.count()) : 0);
  }

  const int listener_;
  Ledger& ledger_;
  Findings& findings_;
  const std::unique_ptr<SSL_CTX, FreeTls> context_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::string revoked_;
  std::string in_use_;
  Steady revocation_{};  ///< Of the token in use.
  std::thread thread_;
};

}  // namespace soak
