#pragma once

#include <httplib.h>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace sandbox {

// One accepted connection, plain or TLS, with a read buffer: httplib reads the head of a request byte by byte.
class SocketStream : public httplib::Stream {
 public:
  // Neither the socket nor the context becomes the stream's own; a context of nullptr means no TLS.
  SocketStream(int socket, SSL_CTX* tls);
  ~SocketStream() override;
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  // Completes the TLS handshake, if there is one to make.
  bool accept();
  // True when there is something to read, the end of the stream included.
  bool wait_readable(std::chrono::milliseconds timeout) const;

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* data, size_t size) override;
  ssize_t write(const char* data, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override;

 private:
  struct FreeTls {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };

  ssize_t read_some(char* data, size_t size);
  ssize_t write_some(const char* data, size_t size);

  int socket_;
  std::unique_ptr<SSL, FreeTls> tls_;
  std::array<char, 16384> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace sandbox
