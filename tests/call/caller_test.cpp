// SPDX-License-Identifier: MIT
#include <future>
#include <movio/exhibitor/call/detail/caller.hpp>
#include <movio/exhibitor/detail/text/encoding.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "checked_response.hpp"
#include "fixtures.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using fixtures::request_for;
using fixtures::Rig;
using support::check_response;
using support::contains;
using Kind = ex::ErrorKind;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

ex::HttpResponse answer(int status, std::string body, const char* type = nullptr) {
  ex::HttpResponse response{status, {}, std::move(body)};
  if (type != nullptr) response.headers.add("Content-Type", type);
  return response;
}

/// "ok", or the kind that the answer is turned into.
std::string judged(ex::HttpResponse response, const char* method = "PUT") {
  const auto checked = check_response(std::move(response), method, "/members");
  return std::string(checked ? "ok" : ex::to_string(checked.error().kind));
}

ex::Error checked_error(ex::HttpResponse response) {
  return check_response(std::move(response), "PUT", "/members/{id}").error();
}

ex::Caller caller_of(const Rig& rig) { return {rig.provider(), 120s, rig.client_options.retry, rig.log.hook()}; }

}  // namespace

TEST_CASE("caller - each status has its kind", "[caller]") {
  const std::vector<std::pair<int, const char*>> rows{
      {200, "ok"},          {201, "ok"},           {202, "ok"},           {204, "ok"},           {299, "ok"},
      {205, "protocol"},    {207, "protocol"},     {100, "protocol"},     {199, "protocol"},     {300, "protocol"},
      {301, "protocol"},    {302, "protocol"},     {304, "protocol"},     {307, "protocol"},     {308, "protocol"},
      {0, "protocol"},      {400, "rejected"},     {401, "unauthorized"}, {403, "forbidden"},    {404, "not_found"},
      {405, "rejected"},    {407, "proxy"},        {409, "rejected"},     {422, "rejected"},     {429, "rate_limited"},
      {451, "rejected"},    {500, "server_error"}, {502, "server_error"}, {503, "server_error"}, {504, "server_error"},
      {599, "server_error"}};
  for (const auto& [status, expected] : rows) {
    for (const char* body : {"", "{}", "<html>", "[1,2]", "{\"message\":7,\"entities\":null}", "\xff"}) {
      if (status >= 200 && status < 300 && body != ""s) continue;
      INFO(status << ' ' << body);
      CHECK(judged(answer(status, body)) == expected);
    }
  }
  CHECK(judged(fixtures::refusal("needs more", "insufficient_scope")) == "forbidden");
}

TEST_CASE("caller - a Retry-After with a date counts from the clock that the client has", "[caller]") {
  ex::HttpResponse busy{503, {{"Retry-After", "Thu, 01 Jan 1970 00:01:40 GMT"}}, ""};
  const std::chrono::system_clock::time_point now(70s);
  CHECK(check_response(busy, "GET", "/films", {}, now).error().retry_after == 30s);
}

TEST_CASE("caller - a success passes unchanged", "[caller]") {
  const auto checked =
      check_response({202, {{"X-A", "b"}}, R"({"total":3,"created_count":2,"updated_count":1})"}, "PUT", "/members");
  REQUIRE(checked);
  CHECK(checked->status == 202);
  CHECK(*checked->headers.find("X-A") == "b");
  CHECK(checked->body == R"({"total":3,"created_count":2,"updated_count":1})");
}

TEST_CASE("caller - a success that cannot be one is a protocol error, unquoted", "[caller]") {
  const char* json = "application/json";
  for (const char* method : {"PUT", "PATCH", "POST"}) {
    CHECK(judged(answer(200, "planted", json), method) == "protocol");
    CHECK(judged(answer(202, "{\"total\":", "Application/JSON ; charset=utf-8"), method) == "protocol");
    CHECK(judged(answer(202, "{} {}", json), method) == "protocol");
    CHECK(judged(answer(202, "[3]", json), method) == "ok");
    CHECK(judged(answer(204, "", json), method) == "ok");
    CHECK(judged(answer(202, ""), method) == "ok");
    CHECK(judged(answer(202, "planted"), method) == "ok");
    CHECK(judged(answer(202, "done", "text/plain"), method) == "ok");
  }
  for (const char* method : {"GET", "PUT", "PATCH", "POST", "DELETE"}) {
    CHECK(judged(answer(200, "<p>Log in</p>", "text/html; charset=utf-8"), method) == "protocol");
    CHECK(judged(answer(200, " \r\n<!DOCTYPE HTML><title>planted"), method) == "protocol");
    CHECK(judged(answer(200, "<HTML lang=en>", json), method) == "protocol");
    CHECK(judged(answer(200, ""), method) == "ok");
  }
  for (const char* method : {"GET", "DELETE", "OPTIONS"}) {
    CHECK(judged(answer(200, "planted", json), method) == "protocol");
    CHECK(judged(answer(200, "{\"total\":", json), method) == "protocol");
    CHECK(judged(answer(200, "{}\0{}"s, json), method) == "protocol");
    CHECK(judged(answer(204, "", json), method) == "ok");
    CHECK(judged(answer(200, "planted"), method) == "ok");
    CHECK(judged(answer(200, std::string(100, '[') + std::string(100, ']'), json), method) == "ok");
  }
  CHECK(judged(answer(200, "", json), "GET") == "protocol");
  CHECK(judged(answer(200, "", json), "DELETE") == "ok");
  CHECK(judged(answer(200, "", json), "HEAD") == "ok");
  CHECK_FALSE(contains(support::all_text(checked_error(answer(200, "planted {", json))), "planted"));
}

TEST_CASE("caller - an error names the operation and the status, and the API's own words are apart", "[caller]") {
  auto response = ex::json_response(400, R"({"message":"bad\nbirthday","entities":[{"member_id":"m1"}]})",
                                    {{"X-Request-Id", "r-17"}, {"Retry-After", "12"}});
  const auto error = checked_error(std::move(response));
  CHECK(error.message ==
        "PUT /members/{id}: the API answered HTTP 400; correct the request (Error::details may name the records)");
  CHECK(error.http_status == 400);
  CHECK(error.request_id == "r-17");
  CHECK(error.retry_after == 12s);
  CHECK(error.details == R"({"message":"bad birthday","entities":[{"member_id":"m1"}]})");
  CHECK_FALSE(contains(support::printed(error) + ex::ExhibitorError(error).what(), "m1"));
}

TEST_CASE("caller - a refusal's reason is what the challenge says", "[caller]") {
  CHECK(contains(checked_error(fixtures::refusal("the token has expired")).message, "(the token has expired)"));
  CHECK(contains(checked_error({401, {{"WWW-Authenticate", "Bearer error=invalid_token"}}, ""}).message,
                 "(invalid_token)"));
  CHECK(contains(checked_error({401,
                                {{"WWW-Authenticate", "Basic realm=x"},
                                 {"WWW-Authenticate", "Bearer error=\"invalid_token\", error_description=\"too old\""}},
                                ""})
                     .message,
                 "(too old)"));
}

TEST_CASE("caller - what the API says is bounded and on one line", "[caller]") {
  const nlohmann::json body{{"message", "a\r\nb\x1b[2J" + std::string(10000, 'm')},
                            {"entities", {std::string(200000, 'e')}}};
  const auto error =
      checked_error(ex::json_response(422, body.dump(), {{"X-Request-Id", "r\r\n" + std::string(1000, 'i')}}));
  CHECK(error.message.size() < 700);
  CHECK(error.details.size() <= 65536);
  CHECK(error.request_id.size() == 128);
  for (const char c : support::printed(error)) CHECK_FALSE(ex::detail::is_control(c));
}

TEST_CASE("caller - a redirect is not followed and is explained", "[caller]") {
  for (const int status : {301, 302, 303, 307, 308}) {
    const Rig rig;
    rig.transport->answer(ex::HttpResponse{status, {{"Location", "https://evil.example/"}}, ""});
    const auto result = caller_of(rig).send(request_for("PUT", "/members"));
    REQUIRE_FALSE(result);
    CHECK(contains(result.error().message, "check api_url (redirects are not followed)"));
    CHECK(rig.sent() == 1);
  }
}

TEST_CASE("caller - calls go to the API with the token and its own address", "[caller]") {
  const Rig rig;
  REQUIRE(caller_of(rig).send(request_for("GET", "/members/m1")));
  const auto request = rig.transport->requests().at(0);
  CHECK(request.method == "GET");
  CHECK(request.url == "https://api.example/members/m1");
  CHECK(request.authorization->reveal() == "Authorization: Bearer fake-token-1");
  CHECK(*request.headers.find("Accept") == "application/json");
  CHECK(request.headers.find("Authorization") == nullptr);
  CHECK(request.timeout == 120s);
}

TEST_CASE("caller - a base path is kept, and the audience is the configured text", "[caller]") {
  for (const char* api_url : {"https://api.example/base", "https://api.example/base/"}) {
    Rig rig;
    rig.endpoints.api_url = api_url;
    REQUIRE(caller_of(rig).send(request_for("GET", "/members?x=1")));
    CHECK(rig.transport->requests().at(0).url == "https://api.example/base/members?x=1");
    CHECK(rig.transport->token_requests().at(0).body.bytes() ==
          "grant_type=client_credentials&audience=" + ex::detail::form_encode(api_url));
  }
}

TEST_CASE("caller - query parameters are encoded and join a query that is there", "[caller]") {
  const auto target_of = [](const char* path, const ex::HttpRequest& with) {
    const Rig rig;
    ex::HttpRequest request = with;
    request.path = path;
    REQUIRE(caller_of(rig).send(std::move(request)));
    return rig.transport->requests().at(0).url.substr(19);
  };
  ex::HttpRequest request;
  CHECK(target_of("/films", request) == "/films");
  request.query = {{"a b", "c&d=e+f/é\n"}, {"empty", ""}, {"a b", "again"}};
  CHECK(target_of("/films", request) == "/films?a%20b=c%26d%3De%2Bf%2F%C3%A9%0A&empty=&a%20b=again");
  request.query = {{"page", "2"}};
  CHECK(target_of("/films?size=10", request) == "/films?size=10&page=2");
}

TEST_CASE("caller - headers that are the library's own are refused, in any case", "[caller]") {
  for (const char* name : {"Authorization", "AUTHORIZATION", "authorization", "Host", "hOST", "Content-Length",
                           "content-length", "Transfer-Encoding", "Connection", "Proxy-Authorization", "Expect"}) {
    const Rig rig;
    auto request = request_for("GET", "/films");
    request.headers.add(name, "planted");
    const auto result = caller_of(rig).send(std::move(request));
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == Kind::invalid_argument);
    CHECK(contains(result.error().message, name));
    CHECK(rig.sent() + rig.minted() == 0);
  }
}

TEST_CASE("caller - a header that would become two is refused", "[caller]") {
  const std::vector<std::pair<std::string, std::string>> rows{{"X-A", "planted\r\nX-B: 1"},
                                                              {"X-A", "planted\n"},
                                                              {"X-A", "planted\r"},
                                                              {"X-A", "planted\0"s},
                                                              {"X-A", "\x7f"},
                                                              {"X-A", "\x1b[2J"},
                                                              {"", "b"},
                                                              {"X A", "b"},
                                                              {"X-A:", "b"},
                                                              {"X-A\r\nX-B", "b"},
                                                              {"X-A\0"s, "b"},
                                                              {"X-\xc3\xa4", "b"},
                                                              {" Authorization", "b"},
                                                              {"Authorization ", "b"}};
  for (const auto& [name, value] : rows) {
    const Rig rig;
    auto request = request_for("GET", "/films");
    request.headers.add(name, value);
    const auto result = caller_of(rig).send(std::move(request));
    INFO(name << ':' << value);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == Kind::invalid_argument);
    CHECK_FALSE(contains(support::all_text(result.error()), "planted"));
    CHECK(rig.sent() + rig.minted() == 0);
  }
  const Rig rig;
  auto request = request_for("GET", "/films");
  request.headers.add("X-Trace", "a\tb é");
  CHECK(caller_of(rig).send(std::move(request)));
  CHECK(*rig.transport->requests().at(0).headers.find("X-Trace") == "a\tb é");
}

TEST_CASE("caller - a content type that would become another header is refused", "[caller]") {
  const Rig rig;
  auto request = request_for("PUT", "/films");
  request.body = ex::Body("[]", "application/json\r\nX-B: planted");
  const auto result = caller_of(rig).send(std::move(request));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == Kind::invalid_argument);
  CHECK_FALSE(contains(support::all_text(result.error()), "planted"));
  CHECK(rig.sent() + rig.minted() == 0);
}

TEST_CASE("caller - a method or path that could lead elsewhere is refused before anything is sent", "[caller]") {
  const std::vector<std::pair<std::string, std::string>> rows{{"", "/films"},
                                                              {"GET ", "/films"},
                                                              {"G\r\nET", "/films"},
                                                              {"GET\0"s, "/films"},
                                                              {"CONNECT", "/films"},
                                                              {"TRACE", "/films"},
                                                              {"GET", ""},
                                                              {"GET", "films"},
                                                              {"GET", "//evil.example"},
                                                              {"GET", "https://evil.example/"},
                                                              {"GET", "/../x"},
                                                              {"GET", "/a/./b"},
                                                              {"GET", "/%2e%2e/x"},
                                                              {"GET", "/a/%2E./b"},
                                                              {"GET", "/a%2f..%2fb"},
                                                              {"GET", "/a%5c..%5cb"},
                                                              {"GET", "/a\\b"},
                                                              {"GET", "/a\r\nHost: x"},
                                                              {"GET", "/a\0b"s},
                                                              {"GET", "/a b"},
                                                              {"GET", "/é"},
                                                              {"GET", "/a%"},
                                                              {"GET", "/a%4"},
                                                              {"GET", "/a%zz"},
                                                              {"GET", "/a#b"},
                                                              {"GET", "@evil.example"},
                                                              {"GET", ".evil.example"},
                                                              {"GET", ":443@evil.example"}};
  for (const auto& [method, path] : rows) {
    const Rig rig;
    const auto result = caller_of(rig).send(request_for(method, path));
    INFO(method << ' ' << path);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == Kind::invalid_argument);
    CHECK(rig.sent() + rig.minted() == 0);
  }
}

TEST_CASE("caller - ids stay out of messages and events", "[caller]") {
  const Rig rig;
  rig.transport->answer(ex::json_response(404, R"({"message":"no planted.person@example.com here"})"));
  const auto path = "/members/" + ex::path_segment("planted.person@example.com") + "/subscriptions?email=planted";
  const auto result = caller_of(rig).send(request_for("PATCH", path));
  REQUIRE_FALSE(result);
  CHECK(contains(result.error().message, "PATCH /members/{id}/subscriptions: the API answered HTTP 404"));
  CHECK(contains(rig.log.text(), "method=PATCH route=/members/{id}/subscriptions status=404 attempt=1"));
  CHECK_FALSE(contains(support::printed(result.error()) + rig.log.text(), "planted"));
}

TEST_CASE("caller - an id or a token at the end of what is kept leaves no half of itself", "[caller]") {
  const std::string id = "planted-person-of-the-members";
  const std::string token = "secret-token-that-is-sent";
  const Rig rig;
  rig.transport->answer_token(fixtures::token_answer({{"access_token", token}}));
  const auto caller = caller_of(rig);
  for (const auto& leak : {id, token}) {
    for (std::size_t before = 470; before <= 512; before += 6) {
      rig.transport->answer(fixtures::refusal(std::string(before, 'x') + leak, "insufficient_scope"));
      const auto message = caller.send(request_for("GET", "/members/" + id)).error().message;
      CHECK(contains(message, std::string(before, 'x')));
      CHECK_FALSE(contains(message, leak.substr(0, 4)));
    }
  }
  for (std::size_t before = 2010; before <= 2048; before += 6) {
    const nlohmann::json body{{"message", std::string(before, 'x') + token}};
    rig.transport->answer(ex::json_response(400, body.dump()));
    const auto details = caller.send(request_for("GET", "/members")).error().details;
    CHECK(contains(details, std::string(before, 'x')));
    CHECK_FALSE(contains(details, token.substr(0, 4)));
  }
}

TEST_CASE("caller - a token that the API repeats is struck out of everything", "[caller]") {
  const std::string token = fixtures::planted_token;
  const nlohmann::json body{{"message", "bad " + token},
                            {"entities", {{{"token", token}}, std::string(65510, 'x') + token}}};
  for (const int status : {400, 403, 422, 500}) {
    const Rig rig;
    rig.transport->answer_token(fixtures::token_answer());
    rig.transport->answer(ex::json_response(status, body.dump(), {{"X-Request-Id", "r " + token}}));
    const auto result = caller_of(rig).send(request_for("PUT", "/members"));
    REQUIRE_FALSE(result);
    CHECK_FALSE(contains(support::all_text(result.error()) + result.error().request_id, token.substr(0, 8)));
    CHECK_FALSE(contains(rig.log.text(), token));
  }
}

TEST_CASE("caller - ids and tokens are struck out of a transport's errors before anybody is told", "[caller]") {
  Rig rig;
  rig.client_options.retry.max_attempts = 2;
  rig.client_options.retry.first_pause = 0ms;
  rig.transport->answer_token(fixtures::token_answer({{"access_token", "secret-token"}}));
  for (int i = 0; i < 2; ++i) {
    auto error = ex::detail::make_error(
        Kind::connection, "cannot GET /members/Planted%40Example.com (planted@example.com, zebra) with secret-token");
    error.details = "secret-token";
    rig.transport->answer(error);
  }
  const auto result = caller_of(rig).send(request_for("GET", "/members/planted%40example.com?page=zebra"));
  REQUIRE_FALSE(result);
  CHECK(result.error().message == "cannot GET /members/[redacted] ([redacted], [redacted]) with [redacted]");
  const std::string all = support::all_text(result.error()) + rig.log.text();
  CHECK(contains(all, "retry_planned"));
  for (const char* planted : {"lanted", "example.com", "zebra", "secret-token"}) CHECK_FALSE(contains(all, planted));
}

TEST_CASE("caller - of two refused tokens neither gets into the error", "[caller]") {
  const Rig rig;
  rig.transport->answer_token(fixtures::token_answer({{"access_token", "first-planted"}}));
  rig.transport->answer_token(fixtures::token_answer({{"access_token", "second-planted"}}));
  rig.transport->answer(fixtures::refusal("unknown token first-planted"));
  rig.transport->answer(fixtures::refusal("unknown token second-planted"));
  const auto result = caller_of(rig).send(request_for("PUT", "/members"));
  REQUIRE_FALSE(result);
  CHECK(result.error().attempts == 2);
  CHECK(contains(result.error().message, "unknown token"));
  CHECK_FALSE(contains(support::all_text(result.error()), "planted"));
}

TEST_CASE("caller - the token of the failure that is told does not get into the error, though others were sent since",
          "[caller]") {
  Rig rig;
  rig.client_options.retry.max_attempts = 2;
  for (const char* token : {"first-planted", "second-planted", "third-planted"}) {
    rig.transport->answer_token(fixtures::token_answer({{"access_token", token}, {"expires_in", 60}}));
  }
  rig.transport->answer(fixtures::refusal("unknown token first-planted"));
  rig.transport->answer(ex::json_response(503, R"({"message":"not now, second-planted"})", {{"Retry-After", "70"}}));
  rig.transport->answer(ex::detail::make_error(ex::ErrorKind::connection, "it broke"));
  auto caller = support::in_background([&] {
    auto request = request_for("PUT", "/members");
    request.timeout = 100s;
    return caller_of(rig).send(request);
  });
  rig.clock->await_waiting(1);
  rig.clock->advance(80s);
  const auto result = fixtures::outcome(caller);
  REQUIRE_FALSE(result);
  CHECK(result.error().http_status == 503);
  CHECK(rig.minted() == 3);
  CHECK(contains(result.error().message, "not now"));
  CHECK_FALSE(contains(support::all_text(result.error()), "planted"));
}

TEST_CASE("caller - without a token no call goes out", "[caller]") {
  const std::vector<ex::Result<ex::HttpResponse>> answers{
      ex::json_response(401, R"({"error":"invalid_client"})"), ex::json_response(503), ex::HttpResponse{200, {}, ""},
      ex::detail::make_error(Kind::connection, "refused"),
      fixtures::token_answer({{"access_token", fixtures::jwt(nlohmann::json{{"aud", "https://other.example"}})}})};
  for (const auto& answer_to_token : answers) {
    const Rig rig;
    rig.transport->answer_token(answer_to_token);
    auto request = request_for("PUT", "/members");
    request.timeout = 400ms;  // less than the shortest pause before the issuer is asked again
    const auto result = caller_of(rig).send(request);
    REQUIRE_FALSE(result);
    CHECK(result.error().attempts == 0);
    CHECK(rig.sent() == 0);
  }
}

TEST_CASE("caller - waits for an issuer that is unavailable, and then sends", "[caller]") {
  const Rig rig;
  rig.transport->answer_token(ex::json_response(503, "{}", {{"Retry-After", "7"}}));
  auto sending = support::in_background([&] { return caller_of(rig).send(request_for("PUT", "/members")); });
  rig.clock->await_waiting(1);
  rig.clock->advance(6999ms);
  CHECK(sending.wait_for(10ms) == std::future_status::timeout);
  CHECK(rig.minted() == 1);
  rig.clock->advance(1ms);
  CHECK(fixtures::outcome(sending));
  CHECK(rig.minted() == 2);
}

TEST_CASE("caller - a wait for an issuer that is unavailable can be cancelled", "[caller]") {
  const Rig rig;
  rig.transport->answer_token(ex::json_response(503, "{}", {{"Retry-After", "60"}}));
  const ex::CancelSource source;
  auto request = request_for("PUT", "/members");
  request.cancel = source.token();
  auto sending = support::in_background([&] { return caller_of(rig).send(request); });
  rig.clock->await_waiting(1);
  source.cancel();
  CHECK(fixtures::outcome(sending).error().kind == Kind::cancelled);
  CHECK(rig.minted() == 1);
}

TEST_CASE("caller - a request can bound its own attempts", "[caller]") {
  Rig rig;
  rig.client_options.retry = {};
  rig.client_options.retry.first_pause = 0ms;
  const auto attempts_with = [&](std::optional<int> bound) {
    for (int i = 0; i < 9; ++i) rig.transport->answer(ex::json_response(503));
    auto request = request_for("PUT", "/members");
    request.max_attempts = bound;
    const std::size_t before = rig.sent();
    const auto error = caller_of(rig).send(std::move(request)).error();
    CHECK(static_cast<std::size_t>(error.attempts) == rig.sent() - before);
    return error.attempts;
  };
  CHECK(attempts_with(std::nullopt) == 4);
  CHECK(attempts_with(1) == 1);
  CHECK(attempts_with(2) == 2);
  CHECK(attempts_with(6) == 6);
  for (const int bound : {0, -1}) {
    auto request = request_for("PUT", "/members");
    request.max_attempts = bound;
    CHECK(caller_of(rig).send(std::move(request)).error().kind == Kind::invalid_argument);
  }
}

TEST_CASE("caller - an answer of success that cannot be one leaves open whether the API has acted", "[caller]") {
  for (const auto& impossible : {answer(200, "<html>Log in", "text/html"), answer(207, "{}"), answer(205, ""),
                                 answer(202, "{\"total\":", "application/json")}) {
    const Rig rig;
    rig.transport->answer(impossible);
    const auto error = caller_of(rig).send(request_for("PUT", "/members")).error();
    CHECK(error.kind == Kind::protocol);
    CHECK(error.http_status == impossible.status);
    CHECK(error.may_have_acted);
    CHECK(contains(error.message, "check api_url and any proxy on the way"));
  }
}

TEST_CASE("caller - a pause for the issuer is told of, with the reason", "[caller]") {
  const Rig rig;
  rig.transport->answer_token(ex::json_response(503, "{}", {{"Retry-After", "7"}}));
  auto sending = support::in_background([&] { return caller_of(rig).send(request_for("PUT", "/members")); });
  rig.clock->await_waiting(1);
  rig.clock->advance(7s);
  CHECK(fixtures::outcome(sending));
  std::string told;
  for (const auto& line : rig.log.lines()) {
    if (contains(line, "retry_planned")) told += line;
  }
  CHECK(contains(told, "retry_planned method=PUT route=/members pause_ms=7000 "));
  CHECK(contains(told, "error=\"issuer_unavailable: no token: https://issuer.example/oauth/token answered HTTP 503"));
}
