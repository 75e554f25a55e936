// SPDX-License-Identifier: MIT
#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>

namespace sandbox {

// One accepted connection, plain or TLS, with a read buffer, because the head of a request is read byte by byte.
class SocketStream {
 public:
  // Neither the socket nor the context becomes the stream's own; a context of nullptr means no TLS.
  SocketStream(int socket, SSL_CTX* tls);
  ~SocketStream();
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  // Completes the TLS handshake, if there is one to make.
  bool accept();
  // True when there is something to read, the end of the stream included.
  bool wait_readable(std::chrono::milliseconds timeout) const;

  // At least one byte, zero at the end of the stream, negative after an error.
  ssize_t read(char* data, std::size_t size);
  // All bytes, or negative after an error.
  ssize_t write(const char* data, std::size_t size);

 private:
  struct FreeTls {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };

  ssize_t read_some(char* data, std::size_t size);
  ssize_t write_some(const char* data, std::size_t size);

  int socket_;
  std::unique_ptr<SSL, FreeTls> tls_;
  std::array<char, 16384> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace sandbox
