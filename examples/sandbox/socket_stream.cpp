// SPDX-License-Identifier: MIT
#include "sandbox/socket_stream.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <stdexcept>

namespace sandbox {
namespace {

bool poll_for(int socket, short events, std::chrono::milliseconds timeout) {
  pollfd entry{socket, events, 0};
  return poll(&entry, 1, static_cast<int>(timeout.count())) > 0;
}

int at_most_int(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

SocketStream::SocketStream(int socket, SSL_CTX* tls) : socket_(socket), tls_(tls != nullptr ? SSL_new(tls) : nullptr) {
  if (tls != nullptr && (!tls_ || SSL_set_fd(tls_.get(), socket) != 1)) throw std::runtime_error("cannot set up TLS");
}

SocketStream::~SocketStream() {
  if (tls_ && SSL_is_init_finished(tls_.get()) == 1) SSL_shutdown(tls_.get());
}

bool SocketStream::accept() { return !tls_ || SSL_accept(tls_.get()) == 1; }

bool SocketStream::wait_readable(std::chrono::milliseconds timeout) const {
  if (begin_ < end_ || (tls_ && SSL_pending(tls_.get()) > 0)) return true;
  return poll_for(socket_, POLLIN, timeout);
}

ssize_t SocketStream::read(char* data, std::size_t size) {
  if (begin_ == end_) {
    if (size >= buffer_.size()) return read_some(data, size);
    const ssize_t got = read_some(buffer_.data(), buffer_.size());
    if (got <= 0) return got;
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
  }
  const std::size_t taken = std::min(size, end_ - begin_);
  std::memcpy(data, buffer_.data() + begin_, taken);
  begin_ += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t SocketStream::read_some(char* data, std::size_t size) {
  ssize_t got = 0;
  do {
    errno = 0;
    got = tls_ ? SSL_read(tls_.get(), data, at_most_int(size)) : recv(socket_, data, size, 0);
  } while (got < 0 && errno == EINTR);
  return got;
}

ssize_t SocketStream::write(const char* data, std::size_t size) {
  std::size_t written = 0;
  while (written < size) {
    const ssize_t put = write_some(data + written, size - written);
    if (put <= 0) return -1;
    written += static_cast<std::size_t>(put);
  }
  return static_cast<ssize_t>(size);
}

// OpenSSL knows no MSG_NOSIGNAL; the listener has the process ignore SIGPIPE.
ssize_t SocketStream::write_some(const char* data, std::size_t size) {
  ssize_t put = 0;
  do {
    errno = 0;
    put = tls_ ? SSL_write(tls_.get(), data, at_most_int(size)) : send(socket_, data, size, MSG_NOSIGNAL);
  } while (put < 0 && errno == EINTR);
  return put;
}

}  // namespace sandbox
