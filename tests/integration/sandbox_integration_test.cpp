// SPDX-License-Identifier: MIT

// The stand-in of issuer and API, which the other tests rely on: how it speaks HTTP, and what it keeps.
#include <httplib.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "sandbox/server.hpp"
#include "sandbox/store.hpp"
#include "support.hpp"

using nlohmann::json;
using support::contains;

namespace {

sandbox::Options without_tls() {
  sandbox::Options options;
  options.plain_http = true;
  return options;
}

/// An API that answers with what it was asked, and the bytes of whole conversations with it.
class EchoingApi {
 public:
  EchoingApi() : server_(without_tls()) {
    server_.intercept_api([](const httplib::Request& asked, httplib::Response& answer) {
      answer.set_content('<' + asked.method + ' ' + asked.target + ' ' + asked.body + '>', "text/plain");
      if (asked.has_header("X-Length")) answer.set_header("Content-Length", asked.get_header_value("X-Length"));
      return true;
    });
  }

  /// Sends these bytes and no more; gives all that comes back.
  [[nodiscard]] std::string talk(const std::string& sent) const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(server_.api_port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::send(socket, sent.data(), sent.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(sent.size()));
    ::shutdown(socket, SHUT_WR);
    std::string received;
    char buffer[4096];
    for (auto got = ::recv(socket, buffer, sizeof buffer, 0); got > 0; got = ::recv(socket, buffer, sizeof buffer, 0)) {
      received.append(buffer, static_cast<std::size_t>(got));
    }
    ::close(socket);
    return received;
  }

 private:
  sandbox::Sandbox server_;
};

std::size_t allocated_bytes() { return ::mallinfo2().uordblks; }

}  // namespace

TEST_CASE("sandbox - reads bodies of any form, and requests that come one behind the other", "[sandbox]") {
  const EchoingApi api;
  const auto received = api.talk(
      "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
      "PUT /d HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345"
      "POST /e HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
      "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
      "HEAD /f HTTP/1.1\r\n\r\n"
      "GET /g HTTP/1.1\r\nConnection: close\r\n\r\n"
      "GET /too-late HTTP/1.1\r\n\r\n");
  CHECK(contains(received, "HTTP/1.1 200 \r\n"));
  CHECK(contains(received, "\r\n\r\n<GET /a?b=c >HTTP/1.1 200"));
  CHECK(contains(received, "\r\n\r\n<PUT /d 12345>HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"));
  CHECK(contains(received, "\r\n\r\n<POST /e abcde>HTTP/1.1 200"));
  CHECK(contains(received, "Content-Length: 10\r\n"));  // of the HEAD
  CHECK_FALSE(contains(received, "<HEAD"));
  CHECK(contains(received, "Connection: close\r\n\r\n<GET /g >"));
  CHECK_FALSE(contains(received, "too-late"));
}

TEST_CASE("sandbox - refuses what is not HTTP and ends the connection", "[sandbox]") {
  const EchoingApi api;
  const std::vector<std::pair<std::string, std::string>> requests{
      {"nonsense\r\n\r\n", "400"},
      {"GET / HTTP/2.0\r\n\r\n", "400"},
      {"G(T / HTTP/1.1\r\n\r\n", "400"},
      {"GET /a b HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nspace : x\r\n\r\n", "400"},
      {"PUT / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n1", "400"},
      {"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n1", "400"},
      {"PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12", "400"},
      {"PUT / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n", "400"},
      {"PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "501"},
      {"PUT / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", "413"},
      {"GET / HTTP/1.1\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n", "431"}};
  for (const auto& [request, status] : requests) {
    INFO(request.substr(0, 80));
    const auto received = api.talk(request + "GET /next HTTP/1.1\r\n\r\n");
    CHECK(received.substr(0, 12) == "HTTP/1.1 " + status);
    CHECK(contains(received, "Connection: close\r\n"));
    CHECK_FALSE(contains(received, "<"));
  }
  CHECK(api.talk("PUT / HTTP/1.1\r\nContent-Length: 2\r\n\r\n1") == "");  // cut short
}

TEST_CASE("sandbox - an intercept can cut an answer short", "[sandbox]") {
  const auto received = EchoingApi().talk("GET / HTTP/1.1\r\nX-Length: 100\r\n\r\nGET /next HTTP/1.1\r\n\r\n");
  CHECK(contains(received, "Content-Length: 100\r\n"));
  CHECK(contains(received, "\r\n\r\n<GET / >"));
  CHECK_FALSE(contains(received, "next"));
}

TEST_CASE("sandbox - keeps ids and hashes, not whole records", "[sandbox]") {
  constexpr std::size_t count = 10'000;
  json records = json::array();
  for (std::size_t i = 0; i < count; ++i) {
    records.push_back({{"film_id", "film" + std::to_string(i)}, {"title", std::string(1000, 'x')}});
  }
  sandbox::Store store;
  const auto before = allocated_bytes();
  CHECK(store.upsert("films", "film_id", records).created == count);
  CHECK(allocated_bytes() < before + 200 * count);  // under a sanitizer both are 0

  CHECK(store.count("films") == count);
  CHECK(store.has("films", "film7"));
  CHECK(store.has("films", "film7", records[7]));
  CHECK_FALSE(store.has("films", "film7", records[8]));
  CHECK_FALSE(store.has("items", "film7"));
  CHECK(store.upsert("films", "film_id", json::array({records[7]})).updated == 1);
  CHECK(store.remove("films", "film7"));
  CHECK_FALSE(store.has("films", "film7"));
  CHECK_FALSE(store.remove("films", "film7"));
}
