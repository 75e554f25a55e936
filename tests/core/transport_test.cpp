// SPDX-License-Identifier: MIT
#include <chrono>
#include <movio/exhibitor/core/transport.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "catch.hpp"

namespace ex = movio::exhibitor;

namespace {

/// Answers each request with its own target: in the calling thread, or in another one.
class EchoTransport : public ex::Transport {
 public:
  explicit EchoTransport(bool in_another_thread = false) : in_another_thread_(in_another_thread) {}
  EchoTransport(const EchoTransport&) = delete;
  EchoTransport& operator=(const EchoTransport&) = delete;
  ~EchoTransport() override {
    if (thread_.joinable()) thread_.join();
  }

  void start(ex::TransportRequest request, Completion completion) override {
    ++started;
    auto answer = [target = std::move(request.url), completion = std::move(completion)] {
      if (target.empty()) return completion(ex::detail::make_error(ex::ErrorKind::connection, "refused"));
      ex::HttpResponse response;
      response.status = 404;
      response.body = target;
      completion(std::move(response));
    };
    if (in_another_thread_) {
      thread_ = std::thread(std::move(answer));
    } else {
      answer();
    }
  }

  bool after(std::chrono::milliseconds /*delay*/, Task /*task*/) override { return false; }
  [[nodiscard]] bool may_block() const noexcept override { return blocking_allowed; }

  bool blocking_allowed = true;
  int started = 0;

 private:
  bool in_another_thread_;
  std::thread thread_;
};

ex::TransportRequest request_to(std::string target) {
  ex::TransportRequest request;
  request.url = std::move(target);
  return request;
}

}  // namespace

TEST_CASE("transport - header names compare without regard to case", "[transport]") {
  const ex::Headers headers{{"Retry-After", "3"}, {"X-Request-Id", "a"}};
  REQUIRE(headers.find("retry-AFTER") != nullptr);
  CHECK(*headers.find("retry-AFTER") == "3");
  CHECK(headers.find("Retry") == nullptr);
  CHECK(headers.find("") == nullptr);
}

TEST_CASE("transport - the first of several fields of one name is found, and all keep their order", "[transport]") {
  ex::Headers headers;
  CHECK(headers.empty());
  headers.add("Set-Cookie", "a=1");
  headers.add("set-cookie", "b=2");
  headers.add("Date", "x");
  CHECK(headers.size() == 3);
  CHECK(*headers.find("SET-COOKIE") == "a=1");
  std::string values;
  for (const auto& [name, value] : headers) values += name + ':' + value + ' ';
  CHECK(values == "Set-Cookie:a=1 set-cookie:b=2 Date:x ");
}

TEST_CASE("transport - no body and an empty body are two things", "[transport]") {
  CHECK_FALSE(ex::Body());
  CHECK(ex::Body().bytes().empty());
  CHECK(ex::Body(""));
  CHECK(ex::Body("").bytes().empty());
}

TEST_CASE("transport - a body is JSON unless it says otherwise, and keeps every byte", "[transport]") {
  const std::string bytes("a\0b\r\n", 5);
  const ex::Body json("[]");
  const ex::Body text(bytes, "text/csv");
  const ex::Body secret = ex::Body::secret(bytes, "text/plain");
  CHECK(json.content_type() == "application/json");
  CHECK(text.content_type() == "text/csv");
  CHECK(text.bytes() == bytes);
  CHECK(secret.content_type() == "text/plain");
  CHECK(secret.bytes() == bytes);
}

TEST_CASE("transport - copies of a body share its bytes", "[transport]") {
  const ex::Body body(std::string(1000, 'x'));
  const ex::Body copy = body;  // NOLINT(performance-unnecessary-copy-initialization): that is the test
  CHECK(copy.bytes().data() == body.bytes().data());
}

TEST_CASE("transport - by default, sending is starting and waiting", "[transport]") {
  for (const bool in_another_thread : {false, true}) {
    EchoTransport transport(in_another_thread);
    const auto response = transport.send(request_to("https://a.example/x"));
    REQUIRE(response);
    CHECK(response->status == 404);
    CHECK(response->body == "https://a.example/x");
    CHECK(transport.started == 1);
  }
}

TEST_CASE("transport - a failed start comes out of send", "[transport]") {
  for (const bool in_another_thread : {false, true}) {
    EchoTransport transport(in_another_thread);
    const auto response = transport.send(request_to(""));
    REQUIRE_FALSE(response);
    CHECK(response.error().kind == ex::ErrorKind::connection);
  }
}

TEST_CASE("transport - a blocking call in a callback is refused before anything is sent", "[transport]") {
  EchoTransport transport;
  transport.blocking_allowed = false;
  const auto response = transport.send(request_to("https://a.example/x"));
  REQUIRE_FALSE(response);
  CHECK(response.error().kind == ex::ErrorKind::invalid_argument);
  CHECK(transport.started == 0);
}

TEST_CASE("transport - a request is a harmless GET by default, with a bound on its answer", "[transport]") {
  const ex::TransportRequest request;
  CHECK(request.method == "GET");
  CHECK_FALSE(request.body);
  CHECK_FALSE(request.timeout);
  CHECK_FALSE(request.cancel.cancelled());
  CHECK(request.authorization == nullptr);
  CHECK(request.max_response_bytes == 64U * 1024U * 1024U);
}
