// SPDX-License-Identifier: MIT
#include <httplib.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "fault_server.hpp"
#include "integration.hpp"
#include "support.hpp"

using namespace integration;
using namespace std::chrono_literals;

namespace {

/// A sandbox whose API answers every call as the test says.
struct Scene {
  explicit Scene(sandbox::Sandbox::Intercept answer) : transport(trusting(server)) {
    server.intercept_api(std::move(answer));
  }
  [[nodiscard]] std::string url(const std::string& path = "/x") const { return server.api_url() + path; }

  sandbox::Sandbox server;
  ex::CurlTransport transport;
};

bool echo(const httplib::Request& asked, httplib::Response& answer) {
  answer.set_header("X-Method", asked.method);
  answer.set_header("X-Type", asked.get_header_value("Content-Type"));
  answer.set_content(asked.body, "text/plain");
  return true;
}

std::string header(const ex::HttpResponse& response, const char* name) {
  const auto* value = response.headers.find(name);
  return value == nullptr ? "" : *value;
}

}  // namespace

TEST_CASE("curl transport - sends and receives over HTTPS on one kept connection", "[curl_transport]") {
  Scene scene(echo);
  for (int i = 0; i < 100; ++i) {
    auto asked = request("PUT", scene.url());
    asked.body = ex::Body("body " + std::to_string(i), "text/plain");
    const auto answer = scene.transport.send(asked);
    REQUIRE(answer);
    REQUIRE(answer->status == 200);
    REQUIRE(answer->body == "body " + std::to_string(i));
  }
  CHECK(scene.server.counters().api_connections == 1);
}

TEST_CASE("curl transport - a request carries nothing over from the one before", "[curl_transport]") {
  Scene scene(echo);
  const auto send = [&](const std::string& method, const std::optional<std::string>& body) {
    auto asked = request(method, scene.url());
    if (body) asked.body = ex::Body(*body, "application/json");
    const auto answer = scene.transport.send(asked);
    REQUIRE(answer);
    return *answer;
  };
  const std::string large(std::size_t{2} << 20U, 'x');
  for (int round = 0; round < 2; ++round) {
    const auto put = send("PUT", large);
    CHECK(put.body == large);
    CHECK(header(put, "X-Method") == "PUT");
    CHECK(header(put, "X-Type") == "application/json");

    const auto got = send("GET", std::nullopt);
    CHECK(got.body.empty());
    CHECK(header(got, "X-Method") == "GET");
    CHECK(header(got, "X-Type").empty());

    CHECK(send("POST", large).body == large);
    CHECK(send("HEAD", std::nullopt).body.empty());
    CHECK(header(send("DELETE", std::nullopt), "X-Method") == "DELETE");
    CHECK(send("PATCH", "[]").body == "[]");
    CHECK(header(send("PATCH", "[]"), "X-Method") == "PATCH");
  }
}

TEST_CASE("curl transport - the head of a request holds what it must and nothing more", "[curl_transport]") {
  std::vector<std::string> heads;
  RawServer server([&](int socket) {
    heads.push_back(RawServer::read_until(socket, "\r\n\r\n"));
    if (heads.back().substr(0, 3) == "PUT") RawServer::read_until(socket, "{end}");
    RawServer::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  ex::CurlTransport transport;
  const auto head_of = [&](ex::TransportRequest asked) {
    asked.url = server.url() + "/x";
    REQUIRE(transport.send(asked));
    return heads.back();
  };
  const auto holds = [](const std::string& head, const char* text) { return head.find(text) != std::string::npos; };

  const auto get = head_of(request("GET", ""));
  CHECK(holds(get, "GET /x HTTP/1.1\r\nHost: 127.0.0.1:"));
  CHECK_FALSE(holds(get, "Content-"));
  CHECK(holds(head_of(request("POST", "")), "Content-Length: 0\r\n"));
  CHECK(holds(head_of(request("PATCH", "")), "Content-Length: 0\r\n"));

  auto put = request("PUT", "");
  put.headers.add("X-Empty", "");
  put.authorization = std::make_shared<const ex::Secret>("Authorization: Bearer abc");
  put.body = ex::Body(std::string(std::size_t{2} << 20U, 'x') + "{end}");
  const auto head = head_of(put);
  CHECK(holds(head, "PUT /x HTTP/1.1\r\n"));
  CHECK(holds(head, "\r\nAuthorization: Bearer abc\r\n"));
  CHECK(holds(head, "\r\nX-Empty:\r\n"));
  CHECK(holds(head, "\r\nContent-Type: application/json\r\n"));
  CHECK(holds(head, "\r\nContent-Length: 2097157\r\n"));
  CHECK_FALSE(holds(head, "Expect"));
  CHECK_FALSE(holds(head, "Accept-Encoding"));

  auto impossible = request("HEAD", server.url());
  impossible.body = ex::Body("x");
  CHECK_FALSE(transport.send(impossible));
}

TEST_CASE("curl transport - a redirect is an answer, never followed", "[curl_transport]") {
  for (const int status : {301, 302, 307, 308}) {
    std::string elsewhere;
    Scene scene([&, status](const httplib::Request&, httplib::Response& answer) {
      answer.status = status;
      answer.set_header("Location", elsewhere);
      return true;
    });
    elsewhere = scene.server.issuer_url();
    auto asked = request("POST", scene.url());
    asked.body = ex::Body("secret", "text/plain");
    const auto answer = scene.transport.send(asked);
    REQUIRE(answer);
    CHECK(answer->status == status);
    CHECK(scene.server.counters().issuer_connections == 0);
  }
}

TEST_CASE("curl transport - an answer beyond the limit ends in too_large", "[curl_transport]") {
  Scene scene([](const httplib::Request&, httplib::Response& answer) {
    answer.set_content(std::string(100'000, 'x'), "text/plain");
    return true;
  });
  auto asked = request("GET", scene.url());
  asked.max_response_bytes = 99'999;
  auto answer = scene.transport.send(asked);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ex::ErrorKind::too_large);

  asked.max_response_bytes = 100'000;
  answer = scene.transport.send(asked);
  REQUIRE(answer);
  CHECK(answer->body.size() == 100'000);
}

TEST_CASE("curl transport - a flood of header fields ends in too_large", "[curl_transport]") {
  RawServer server([](int socket) {
    RawServer::read_until(socket, "\r\n\r\n");
    RawServer::write(socket, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 400; ++i) RawServer::write(socket, "X-Flood: " + std::string(1000, 'x') + "\r\n");
  });
  ex::CurlTransport transport;
  const auto answer = transport.send(request("GET", server.url()));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ex::ErrorKind::too_large);
}

TEST_CASE("curl transport - an answer that breaks off in its head is none, one with fields after its body is",
          "[curl_transport]") {
  const auto outcome = [](const char* text) {
    const RawServer server([text](int socket) {
      RawServer::read_until(socket, "\r\n\r\n");
      RawServer::write(socket, text);
    });
    return ex::CurlTransport().send(request("GET", server.url()));
  };
  const auto broken = outcome("HTTP/1.1 202 Accepted\r\nContent-");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().kind == ex::ErrorKind::connection);
  CHECK_FALSE(broken.error().nothing_sent);

  const auto whole = outcome(
      "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 7\r\n\r\n");
  REQUIRE(whole);
  CHECK(whole->body == "{}");
}

TEST_CASE("curl transport - a request ends when its time is up", "[curl_transport]") {
  CallbackGate gate;
  Scene scene([&](const httplib::Request&, httplib::Response&) {
    gate.wait();
    return true;
  });
  auto asked = request("GET", scene.url());
  asked.timeout = 100ms;
  const auto answer = scene.transport.send(asked);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ex::ErrorKind::timeout);

  asked.timeout = 0ms;
  const auto without_time = scene.transport.send(asked);
  REQUIRE_FALSE(without_time);
  CHECK(without_time.error().kind == ex::ErrorKind::timeout);
  gate.open();
}

TEST_CASE("curl transport - a transfer is cut off when the request's body stands still, or the answer's",
          "[curl_transport]") {
  CallbackGate gate;
  ex::CurlOptions options;
  options.stall_timeout = 1s;
  const auto failure = [&](const RawServer& server, std::size_t size) {
    auto asked = request("PUT", server.url());
    asked.body = ex::Body(std::string(size, 'x') + "{end}");
    const auto answer = ex::CurlTransport(options).send(asked);
    gate.open();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == ex::ErrorKind::timeout);
    CHECK(answer.error().message.find("no byte has moved") != std::string::npos);
    CHECK_FALSE(answer.error().nothing_sent);
  };
  SECTION("the request's body") {
    failure(RawServer([&](int socket) {
              RawServer::read_until(socket, "xx");
              gate.wait();
            }),
            std::size_t{64} << 20U);
  }
  SECTION("the answer's head") {
    failure(RawServer([&](int socket) {
              RawServer::read_until(socket, "{end}");
              RawServer::write(socket, "HTTP/1.1 200 OK\r\nContent-");
              gate.wait();
            }),
            8);
  }
  SECTION("the answer's body") {
    failure(RawServer([&](int socket) {
              RawServer::read_until(socket, "{end}");
              RawServer::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nx");
              gate.wait();
            }),
            8);
  }
}

TEST_CASE("curl transport - the time that a server works on its answer is no stall, and the PUT is sent once",
          "[curl_transport]") {
  RawServer server([&](int socket) {
    RawServer::read_until(socket, "{end}");
    std::this_thread::sleep_for(2500ms);  // longer than the stall timeout
    RawServer::write(socket, "HTTP/1.1 100 Continue\r\n\r\n");
    std::this_thread::sleep_for(2500ms);
    RawServer::write(socket, "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}");
  });
  ex::CurlOptions options;
  options.stall_timeout = 1s;
  ex::CurlTransport transport(options);
  auto asked = request("PUT", server.url());
  asked.body = ex::Body("{end}");
  const auto answer = transport.send(asked);
  REQUIRE(answer);
  CHECK(answer->body == "{}");
  CHECK(server.connections() == 1);
}

TEST_CASE("curl transport - a blocking call is cancelled from another thread", "[curl_transport]") {
  CallbackGate gate;
  Scene scene([&](const httplib::Request&, httplib::Response&) {
    gate.wait();
    return true;
  });
  const ex::CancelSource source;
  auto asked = request("GET", scene.url());
  asked.cancel = source.token();
  std::thread other([&] {
    gate.await_arrivals(1);
    source.cancel();
  });
  const auto answer = scene.transport.send(asked);
  other.join();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ex::ErrorKind::cancelled);

  const auto at_once = scene.transport.send(asked);
  REQUIRE_FALSE(at_once);
  CHECK(at_once.error().kind == ex::ErrorKind::cancelled);
  gate.open();
}

TEST_CASE("curl transport - a request that libcurl was about to send again leaves nothing to the next one",
          "[curl_transport]") {
  // The server drops the connection at the second request, and is gone when libcurl connects once more.
  const auto read_and_answer = [](int socket) {
    RawServer::read_until(socket, "{end}");
    RawServer::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  };
  std::optional<BoundSocket> listener(std::in_place);
  REQUIRE(::listen(listener->descriptor(), 1) == 0);
  const std::string url = "http://127.0.0.1:" + std::to_string(listener->port());
  auto served = support::in_background([&] {
    const int socket = ::accept(listener->descriptor(), nullptr, nullptr);
    read_and_answer(socket);
    RawServer::read_until(socket, "{end}");
    listener.reset();
    ::close(socket);
  });
  ex::CurlTransport transport;
  const auto send = [&](const char* method, const std::string& to) {
    auto asked = request(method, to);
    asked.body = ex::Body("{end}");
    return transport.send(asked);
  };
  CHECK(send("PUT", url));
  CHECK_FALSE(send("PUT", url));
  served.get();
  RawServer other(read_and_answer);
  CHECK(send("POST", other.url()));
}

TEST_CASE("curl transport - what may not be repeated is not sent again by libcurl", "[curl_transport]") {
  // The server answers the first request on a connection and drops the connection when the second one has come.
  faults::FaultServer server([](faults::Peer& peer) {
    if (peer.take_request() && peer.answer("200 OK")) peer.take_request();
  });
  // How often the server sees a request that may meet with a connection that is dead.
  const auto seen = [&](const char* method, bool has_body, bool idempotent) {
    ex::CurlTransport transport;
    REQUIRE(transport.send(request("GET", server.url())));
    server.forget();
    auto asked = request(method, server.url());
    asked.idempotent = idempotent;
    if (has_body) asked.body = ex::Body("{end}");
    static_cast<void>(transport.send(asked));
    return server.requests();
  };
  for (const char* method : {"POST", "post", "PATCH", "Patch", "OPTIONS", "MERGE", "put", "get", "Delete"}) {
    for (const bool has_body : {false, true}) {
      INFO(method << (has_body ? " with a body" : ""));
      CHECK(seen(method, has_body, false) == 1);
      CHECK(seen(method, has_body, true) == 2);
    }
  }
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    for (const bool has_body : {false, true}) CHECK(seen(method, has_body, false) == 2);
  }
  CHECK(seen("HEAD", false, false) == 2);
}

TEST_CASE("curl transport - what libcurl itself sends again, on a kept connection that died, goes where it should",
          "[curl_transport]") {
  const RawServer server([](int socket) {
    const std::string asked = RawServer::read_until(socket, "\r\n");
    RawServer::read_until(socket, "\r\n\r\n");
    RawServer::write(socket, "HTTP/1.1 204 No Content\r\nX-Asked: " + asked + "\r\n");
    RawServer::read_until(socket, "\r\n\r\n");  // the next request, which finds the connection closed
  });
  ex::CurlTransport transport;
  REQUIRE(transport.send(request("GET", server.url() + "/first?x")));
  const auto second = transport.send(request("GET", server.url() + "/second"));
  REQUIRE(second);
  CHECK(header(*second, "X-Asked") == "GET /second HTTP/1.1");
  CHECK(server.connections() == 2);
}

TEST_CASE("curl transport - errors tell what stood in the way", "[curl_transport]") {
  sandbox::Sandbox server;
  const auto failure = [](ex::Transport& transport, const std::string& url) {
    auto answer = transport.send(request("GET", url));
    REQUIRE_FALSE(answer);
    return answer.error();
  };
  ex::CurlTransport transport(trusting(server));

  SECTION("nobody listens") {
    const auto error = failure(transport, "https://127.0.0.1:" + std::to_string(closed_port()));
    CHECK(error.kind == ex::ErrorKind::connection);
    CHECK(error.transport_code != 0);
  }
  SECTION("a certificate that is not trusted: the bundle is named, and who can name its issuer") {
    ex::CurlOptions system;
    system.ca_file = "/etc/ssl/certs/ca-certificates.crt";
    ex::CurlTransport mistrusting(system);
    const auto error = failure(mistrusting, server.api_url());
    CHECK(error.kind == ex::ErrorKind::tls);
    CHECK(error.message.find("`exhibitor check` names the certificate's issuer") != std::string::npos);
    CHECK(error.message.find("MOVIO_CA_FILE") != std::string::npos);
    CHECK(error.message.find(system.ca_file) != std::string::npos);
    CHECK(server.counters().api_connections == 1);

    std::promise<ex::Result<ex::HttpResponse>> promise;
    mistrusting.start(request("GET", server.api_url()), [&](auto result) { promise.set_value(std::move(result)); });
    const auto answer = promise.get_future().get();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message == error.message);
    CHECK(server.counters().api_connections == 2);
  }
  SECTION("a CA file that is not there") {
    ex::CurlOptions missing;
    missing.ca_file = "/nonexistent/ca.pem";
    ex::CurlTransport without(missing);
    const auto error = failure(without, server.api_url());
    CHECK(error.kind == ex::ErrorKind::tls);
    CHECK(error.message.find("/nonexistent/ca.pem") != std::string::npos);
  }
  SECTION("plain http to another host, and what is no URL") {
    CHECK(failure(transport, "http://example.com/").kind == ex::ErrorKind::invalid_argument);
    CHECK(failure(transport, "/members").kind == ex::ErrorKind::invalid_argument);
  }
  SECTION("an answer that is not HTTP") {
    RawServer garbage([](int socket) {
      RawServer::read_until(socket, "\r\n\r\n");
      RawServer::write(socket, "SSH-2.0-OpenSSH_9.2\r\n");
    });
    const auto kind = failure(transport, garbage.url()).kind;
    CHECK((kind == ex::ErrorKind::protocol || kind == ex::ErrorKind::connection));
  }
}

TEST_CASE("curl transport - proxies of the environment do not see what is for loopback", "[curl_transport]") {
  RawServer proxy(
      [](int socket) { RawServer::write(socket, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"); });
  const EnvironmentVariable http("http_proxy", proxy.url());
  const EnvironmentVariable https("https_proxy", proxy.url());
  const EnvironmentVariable all("all_proxy", proxy.url());
  const EnvironmentVariable none("no_proxy", "");
  for (const bool plain : {false, true}) {
    sandbox::Options options;
    options.plain_http = plain;
    sandbox::Sandbox server(options);
    ex::CurlTransport transport(trusting(server));
    const auto answer = transport.send(request("GET", server.api_url()));
    REQUIRE(answer);
    CHECK(answer->status == 404);
  }
  CHECK(proxy.connections() == 0);

  ex::CurlTransport transport;
  const auto refused = transport.send(request("GET", "https://api.invalid/members"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ex::ErrorKind::proxy);
  CHECK(proxy.connections() == 1);
}

TEST_CASE("curl transport - a proxy that cannot be used is kind proxy, and its password stays out of the error",
          "[curl_transport]") {
  const std::string dead = "127.0.0.1:" + std::to_string(closed_port());
  const std::string unreachable = "http://SOMEBODY:PLANTED@" + dead;
  const auto failure = [](const char* variable, const std::string& url, bool async) {
    const EnvironmentVariable https("https_proxy", ""), upper("HTTPS_PROXY", ""), all("all_proxy", "");
    const EnvironmentVariable upper_all("ALL_PROXY", "");
    const EnvironmentVariable chosen(variable, url);
    ex::CurlTransport transport;
    std::promise<ex::Result<ex::HttpResponse>> promise;
    const auto asked = request("GET", "https://api.invalid/members");
    if (async) transport.start(asked, [&](auto result) { promise.set_value(std::move(result)); });
    const auto failed = async ? promise.get_future().get() : transport.send(asked);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ex::ErrorKind::proxy);
    CHECK(failed.error().nothing_sent);
    const std::string text = support::all_text(failed.error());
    INFO(url << ": " << text);
    for (const char* part : {"PLAN", "TED", "SOMEBODY"}) CHECK(text.find(part) == std::string::npos);
    return text;
  };
  for (const char* variable : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    for (const std::string& host : {dead, std::string("h.invalid:1")}) {
      for (const char* password : {"PLAN@TED", "PLAN/TED", "PLAN:TED/", "PLAN?TED", "PLAN#TED", "1/PLANTED",
                                   "PLANTED/1@TED", "a@b/PLAN@TED", "PLAN TED", "PLAN\\TED", "PLAN@TED:1/"}) {
        for (const char* scheme : {"http://", "https://", "socks5h://", ""}) {
          const std::string url = scheme + std::string("SOMEBODY:") + password + '@' + host;
          CHECK(failure(variable, url, false).find("percent-encode") != std::string::npos);
        }
      }
    }
  }
  for (const char* url : {"http://SOMEBODY:PLANTED@bad host:1", "foo://SOMEBODY:PLANTED@h:1",
                          "http://SOMEBODY:PLANTED@h:99999", "http://SOMEBODY:PLANTED", "SOMEBODY:PLANTED"}) {
    CHECK(failure("https_proxy", url, true).find("percent-encode") != std::string::npos);
  }
  // nothing is wrong with these, but that nobody is there
  for (const std::string& url :
       {unreachable, unreachable + '/', "SOMEBODY:PLANTED@" + dead, "http://SOMEBODY:PLAN:TED@" + dead,
        "http://SOMEBODY:PLAN%40%2FTED@" + dead, "socks5://SOMEBODY:PLANTED@" + dead,
        std::string("http://SOMEBODY:PLANTED@h.invalid:1"), std::string("http://PLANTED@h.invalid")}) {
    for (const bool async : {false, true}) {
      CHECK(failure("https_proxy", url, async).find("percent-encode") == std::string::npos);
    }
  }
}

TEST_CASE("curl transport - a proxy with an unusable URL does not affect requests that use no proxy",
          "[curl_transport]") {
  sandbox::Sandbox server;
  const EnvironmentVariable proxy("https_proxy", "http://user:a@b/c@host:1");
  ex::CurlTransport transport(trusting(server));
  CHECK(transport.send(request("GET", server.api_url())));
  const EnvironmentVariable exempt("no_proxy", "api.invalid");
  const auto failed = transport.send(request("GET", "https://api.invalid"));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ex::ErrorKind::connection);
}

TEST_CASE("curl transport - a hundred requests of eight threads are each answered with their own answer",
          "[curl_transport]") {
  Scene scene(echo);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 100; ++i) {
        auto asked = request("PUT", scene.url());
        asked.body = ex::Body(std::to_string(thread) + '/' + std::to_string(i), "text/plain");
        const auto answer = scene.transport.send(asked);
        if (answer && answer->body == asked.body.bytes()) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(right == 800);
  CHECK(scene.server.counters().api_connections <= 8);
}
