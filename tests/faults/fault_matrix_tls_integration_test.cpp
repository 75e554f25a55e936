// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "fault_certificates.hpp"
#include "fault_kinds.hpp"
#include "fault_matrix.hpp"

using namespace faults;
using namespace std::chrono_literals;

namespace {

CertificateOptions valid(long begins, long ends) {
  CertificateOptions options;
  options.begins = begins;
  options.ends = ends;
  return options;
}

CertificateOptions named(const char* names) {
  CertificateOptions options;
  options.names = names;
  return options;
}

CertificateOptions self_signed() {
  CertificateOptions options;
  options.signs_itself = true;
  return options;
}

CertificateOptions with_rsa_of(unsigned bits) {
  CertificateOptions options;
  options.rsa_bits = bits;
  return options;
}

TlsContext only_tls_1_1(TlsContext context) {
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  return context;
}

const Expected refused{"tls", 1, 0, 1};
const char* const advice = "name its CA file";

std::vector<Row> certificates(const Authority& authority, const Authority& stranger) {
  return {
      {"a good certificate", served(answer_all, authority.server()), both({"200", 1, 1, 1})},
      {"expired certificate",
       served(answer_all, authority.server(valid(-2 * day, -day))),
       both(refused),
       ", or this machine's clock is wrong",
       {},
       advice},
      {"certificate not valid yet",
       served(answer_all, authority.server(valid(day, 2 * day))),
       both(refused),
       ", or this machine's clock is wrong",
       {},
       advice},
      {"certificate of another host",
       served(answer_all, authority.server(named("DNS:other.invalid"))),
       both(refused),
       "127.0.0.1",
       {},
       advice},
      {"self-signed certificate", served(answer_all, authority.server(self_signed())), both(refused), advice},
      {"certificate of an unknown authority", served(answer_all, stranger.server()), both(refused), advice},
      {"RSA key of 1024 bits",
       served(answer_all, authority.server(with_rsa_of(1024))),
       both(refused),
       "key too weak",
       {},
       advice},
  };
}

/// Whether OpenSSL, as it is configured, makes a connection there when nobody asks it to be strict.
bool openssl_connects_to(const FaultServer& server) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(server.port()));
  const TlsContext context(SSL_CTX_new(TLS_client_method()), FreeTls());
  const std::unique_ptr<SSL, FreeTls> tls(SSL_new(context.get()));
  const bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                         SSL_set_fd(tls.get(), socket) == 1 && SSL_connect(tls.get()) == 1;
  ::close(socket);
  return connected;
}

std::vector<Row> handshakes(const Authority& authority) {
  return {
      {"TLS 1.1 only", served(answer_all, only_tls_1_1(authority.server())), both(refused), "protocol version"},
      {"plain HTTP where TLS is due", fault<Plain>([](Peer& peer) {
         if (peer.take_something()) peer.answer("400 Bad Request");
       }),
       both(refused), "wrong version number"},
      {"bytes of no handshake", fault<Plain>([](Peer& peer) {
         if (peer.take_something()) peer.write(std::string(64, '\x7f'));
       }),
       both(refused), "wrong version number"},
      {"no word in the handshake", fault<Plain>([](Peer& peer) { peer.wait_for_the_end(); }),
       both({"timeout", 2, 0, 2, 300ms}), "", connect_timeout(150ms), "within"},
      {"closed in the handshake",
       fault<Plain>([](Peer& peer) { peer.take_something(); }),
       both({"connection", 2, 0, 2}),
       "",
       {},
       "CA bundle"},
      {"reset in the handshake",
       fault<Plain>([](Peer& peer) {
         if (peer.take_something()) peer.reset();
       }),
       both({"connection", 2, 0, 2}),
       "",
       {},
       "CA bundle"},
      {"body cut short",
       when_asked([](Peer& peer) { peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"); },
                  authority.server()),
       repeated("connection")},
  };
}

}  // namespace

TEST_CASE("fault matrix - TLS", "[fault_matrix]") {
  const Authority authority("Authority of the tests");
  const Authority stranger("Stranger");
  Matrix({"certificate", get_and_post, certificates(authority, stranger), authority.file()}).run();
  Matrix({"handshake", get_and_post, handshakes(authority), authority.file()}).run();
}

// Run with an OPENSSL_CONF that allows all there is, so that it is this library that refuses.
TEST_CASE("fault matrix - TLS 1.1 where OpenSSL allows it", "[.tls_1_1]") {
  const Authority authority("Authority of the tests");
  const TlsContext old = only_tls_1_1(authority.server());
  const FaultServer server(answer_all, old);
  REQUIRE(openssl_connects_to(server));
  const Row row{"TLS 1.1 only", served(answer_all, old), both(refused), "protocol version"};
  Matrix({"OpenSSL allows TLS 1.1", get_and_post, {row}, authority.file()}).run();
}
