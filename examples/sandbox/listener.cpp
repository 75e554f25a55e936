// SPDX-License-Identifier: MIT
#include "sandbox/listener.hpp"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <list>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "sandbox/answer.hpp"
#include "sandbox/http1.hpp"
#include "sandbox/socket_stream.hpp"

namespace sandbox {
namespace {

constexpr std::chrono::seconds keep_alive_timeout{60};
// How long a client may pause in the middle of a message, or of the TLS handshake.
constexpr timeval io_timeout{30, 0};
constexpr int backlog = 1024;

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

TlsContext make_tls_context(const Listener::Tls& tls) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_use_certificate_file(context.get(), tls.certificate_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), tls.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("cannot set up TLS");
  }
  return context;
}

template <typename T>
void set_option(int socket, int level, int name, const T& value) {
  // A socket whose peer has gone already refuses options; the next read finds that out.
  static_cast<void>(setsockopt(socket, level, name, &value, sizeof value));
}

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void bind_and_listen(int socket, int port) {
  sockaddr_in address = loopback(port);
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (socket < 0 || bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(socket, backlog) != 0) {
    const std::string reason = std::generic_category().message(errno);
    throw std::runtime_error("cannot listen on 127.0.0.1:" + std::to_string(port) + ": " + reason);
  }
}

}  // namespace

struct Listener::Impl {
  struct Connection {
    explicit Connection(int descriptor) : socket(descriptor) {}
    Socket socket;
    std::thread thread;
    bool finished = false;
  };
  using Connections = std::list<Connection>;

  Impl(int port, const std::optional<Tls>& tls)
      : tls_context(tls ? make_tls_context(*tls) : nullptr), socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    // OpenSSL writes without MSG_NOSIGNAL.
    std::signal(SIGPIPE, SIG_IGN);
    bind_and_listen(socket.get(), port);
  }

  void accept_all();
  void open(int descriptor);
  void serve(Connection& connection);
  void answer_requests(int descriptor);
  bool answer_request(SocketStream& stream);
  void join_finished();

  TlsContext tls_context;
  Socket socket;
  Handler handler;
  Handler finish;
  std::thread acceptor;
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> accepted{0};
  std::mutex mutex;  // guards connections
  Connections connections;
};

void Listener::Impl::accept_all() {
  while (!stopping) {
    const int descriptor = accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) {
      ++accepted;
      join_finished();
      open(descriptor);
    } else if (!stopping) {
      // Most likely too many open files. A pause gives connections time to end and keeps this from spinning.
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}

void Listener::Impl::open(int descriptor) {
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(descriptor, SOL_SOCKET, SO_RCVTIMEO, io_timeout);
  set_option(descriptor, SOL_SOCKET, SO_SNDTIMEO, io_timeout);
  const std::lock_guard<std::mutex> lock(mutex);
  Connection& connection = connections.emplace_back(descriptor);
  try {
    connection.thread = std::thread([this, &connection] { serve(connection); });
  } catch (const std::system_error&) {
    connections.pop_back();  // no more threads to be had: the client sees its connection closed
  }
}

void Listener::Impl::serve(Connection& connection) {
  try {
    answer_requests(connection.socket.get());
  } catch (const std::exception&) {
    // The client sees its connection closed; the others go on.
  }
  // The client sees the end at once. The descriptor itself is closed after the thread is joined, so that stop() cannot
  // meet another file under its number.
  shutdown(connection.socket.get(), SHUT_RDWR);
  const std::lock_guard<std::mutex> lock(mutex);
  connection.finished = true;
}

void Listener::Impl::answer_requests(int descriptor) {
  SocketStream stream(descriptor, tls_context.get());
  if (!stream.accept()) return;
  while (!stopping && stream.wait_readable(keep_alive_timeout) && answer_request(stream)) {
  }
}

// False when the connection has ended or must end.
bool Listener::Impl::answer_request(SocketStream& stream) {
  std::optional<httplib::Request> request;
  httplib::Response response;
  response.status = 200;
  try {
    request = read_request(stream);
    if (!request) return false;
    handler(*request, response);
  } catch (const InvalidRequest& invalid) {
    request.emplace();
    answer_json(response, invalid.status, {{"message", "The request is not valid HTTP or is too large"}});
    response.set_header("Connection", "close");
  } catch (const std::exception& error) {
    answer_json(response, 500, {{"message", error.what()}});
  }
  finish(*request, response);
  return write_response(stream, *request, response);
}

void Listener::Impl::join_finished() {
  Connections finished;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    for (auto next = connections.begin(); next != connections.end();) {
      const auto connection = next++;
      if (connection->finished) finished.splice(finished.end(), connections, connection);
    }
  }
  for (auto& connection : finished) connection.thread.join();
}

Listener::Listener(int port, const std::optional<Tls>& tls) : impl_(std::make_unique<Impl>(port, tls)) {}

Listener::~Listener() { stop(); }

void Listener::start(const Handler& handler, const Handler& finish) {
  impl_->handler = handler;
  impl_->finish = finish;
  impl_->acceptor = std::thread([this] { impl_->accept_all(); });
}

void Listener::stop() {
  impl_->stopping = true;
  shutdown(impl_->socket.get(), SHUT_RDWR);
  if (impl_->acceptor.joinable()) impl_->acceptor.join();
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    for (const auto& connection : impl_->connections) shutdown(connection.socket.get(), SHUT_RDWR);
  }
  // Nobody adds connections any more.
  for (auto& connection : impl_->connections) connection.thread.join();
  impl_->connections.clear();
}

int Listener::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(impl_->socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin_port);
}

std::uint64_t Listener::connections() const { return impl_->accepted; }

}  // namespace sandbox
