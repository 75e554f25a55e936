// SPDX-License-Identifier: MIT
#include <movio/exhibitor/detail/text/encoding.hpp>
#include <movio/exhibitor/token/detail/exchange.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using fixtures::begun;
using fixtures::jwt;
using fixtures::planted_secret;
using fixtures::planted_token;
using fixtures::token_answer;
using nlohmann::json;
using support::contains;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// One exchange: what is sent, and what becomes of the answer.
struct Exchange {
  ex::Endpoints endpoints{fixtures::issuer_url, fixtures::api_url};
  ex::TokenOptions options;
  ex::ClientCredentials credentials{"client-1", ex::Secret(planted_secret)};

  [[nodiscard]] ex::TransportRequest request() const {
    return ex::detail::token_request({endpoints, options, credentials});
  }
  [[nodiscard]] ex::Result<ex::AccessToken> read(ex::HttpResponse answer) const {
    auto issued = ex::detail::read_token_answer({endpoints, options, credentials}, std::move(answer), begun());
    return issued ? ex::Result<ex::AccessToken>(issued->token) : issued.error();
  }
  [[nodiscard]] ex::Error unreachable(ex::Error cause) const {
    return ex::detail::issuer_unreachable({endpoints, options, credentials}, std::move(cause));
  }
  [[nodiscard]] ex::Error error(ex::HttpResponse answer) const {
    const auto token = read(std::move(answer));
    return token ? ex::detail::make_error(ex::ErrorKind::storage, "there is a token, not an error") : token.error();
  }
};

/// The lifetime that comes out of an `expires_in`, given as JSON text; -1 when the answer is refused as `protocol`.
long long lifetime_from(const std::string& expires_in) {
  ex::HttpResponse answer{200, {}, R"({"access_token":"abc","token_type":"Bearer","expires_in":)" + expires_in + '}'};
  const auto token = Exchange().read(std::move(answer));
  if (token) return token->lifetime().count();
  return token.error().kind == ex::ErrorKind::protocol ? -1 : -2;
}

/// The lifetime of a JWT whose answer has no `expires_in`; -1 when it is refused.
long long lifetime_of_jwt(const std::string& payload) {
  const auto token = Exchange().read(token_answer({{"access_token", jwt(payload)}, {"expires_in", nullptr}}));
  return token ? token->lifetime().count() : -1;
}

const long long begun_in_seconds = 480000LL * 3600;
const long long seconds_of_day = 86400;

}  // namespace

TEST_CASE("token exchange - posts the grant and the audience as a form", "[token_exchange]") {
  Exchange exchange;
  exchange.options.timeout = 7s;
  const auto request = exchange.request();
  CHECK(request.method == "POST");
  CHECK(request.url == "https://issuer.example/oauth/token");
  CHECK(request.body.content_type() == "application/x-www-form-urlencoded");
  CHECK(request.body.bytes() == "grant_type=client_credentials&audience=https%3A%2F%2Fapi.example");
  CHECK(request.timeout == 7s);
  CHECK(request.max_response_bytes == 1024U * 1024U);
}

TEST_CASE("token exchange - the audience is the configured text, character for character", "[token_exchange]") {
  Exchange exchange;
  exchange.endpoints.api_url = "https://API.example:443/base/";
  CHECK(exchange.request().body.bytes() ==
        "grant_type=client_credentials&audience=https%3A%2F%2FAPI.example%3A443%2Fbase%2F");
}

TEST_CASE("token exchange - a scope is form-encoded, its spaces too", "[token_exchange]") {
  Exchange exchange;
  exchange.options.scope = "read:films write:a+b&c=d";
  CHECK(exchange.request().body.bytes() ==
        "grant_type=client_credentials&audience=https%3A%2F%2Fapi.example&scope=read%3Afilms+write%3Aa%2Bb%26c%3Dd");
}

TEST_CASE("token exchange - id and secret are form-encoded, in Basic and in the body", "[token_exchange]") {
  struct Row {
    const char* id;
    const char* secret;
    const char* basic;  // worked out with Python's urllib.parse and base64
    const char* form;
  };
  const std::vector<Row> rows{
      {"client-1", "secret", "Y2xpZW50LTE6c2VjcmV0", "&client_id=client-1&client_secret=secret"},
      {"a+b%c&d=e:f", "g+h%i&j=k:l", "YSUyQmIlMjVjJTI2ZCUzRGUlM0FmOmclMkJoJTI1aSUyNmolM0RrJTNBbA==",
       "&client_id=a%2Bb%25c%26d%3De%3Af&client_secret=g%2Bh%25i%26j%3Dk%3Al"},
      {"my id", "my secret ", "bXkraWQ6bXkrc2VjcmV0Kw==", "&client_id=my+id&client_secret=my+secret+"},
      {"Zoë", "pässwörd€", "Wm8lQzMlQUI6cCVDMyVBNHNzdyVDMyVCNnJkJUUyJTgyJUFD",
       "&client_id=Zo%C3%AB&client_secret=p%C3%A4ssw%C3%B6rd%E2%82%AC"},
      {"a", "b", "YTpi", "&client_id=a&client_secret=b"}};
  for (const auto& row : rows) {
    INFO(row.secret);
    Exchange exchange;
    exchange.credentials = {row.id, ex::Secret(row.secret)};
    const auto basic = exchange.request();
    REQUIRE(basic.authorization != nullptr);
    CHECK(basic.authorization->reveal() == "Authorization: Basic "s + row.basic);
    CHECK_FALSE(contains(basic.body.bytes(), "client_"s + "id"));

    exchange.options.client_authentication = ex::ClientAuthentication::post;
    const auto post = exchange.request();
    CHECK(post.authorization == nullptr);
    CHECK(post.headers.find("Authorization") == nullptr);
    CHECK(post.body.bytes() == "grant_type=client_credentials&audience=https%3A%2F%2Fapi.example"s + row.form);
  }
}

TEST_CASE("token exchange - a token is what the issuer says it is", "[token_exchange]") {
  Exchange exchange;
  exchange.options.scope = "read:films write:films";
  const auto token = exchange.read(token_answer({{"unknown", {{"member", 1}}}, {"id_token", "x"}}));
  REQUIRE(token);
  CHECK(token->reveal() == planted_token);
  CHECK(token->lifetime() == 3600s);
  CHECK(token->expires_at() == begun().wall + 3600s);
  CHECK(token->scope() == "read:films write:films");
  CHECK(exchange.read(token_answer({{"scope", "read:films"}}))->scope() == "read:films");
}

TEST_CASE("token exchange - a lifetime is read from a number or a numeric string, cut to whole seconds",
          "[token_exchange]") {
  const std::vector<std::pair<const char*, long long>> rows{
      {"86400", 86400}, {R"("86400")", 86400}, {"3600.9", 3600},        {R"("3600.9")", 3600}, {"1", 1},
      {"1.5", 1},       {"3e3", 3000},         {"315576000", 315576000}};
  for (const auto& [text, seconds] : rows) {
    INFO(text);
    CHECK(lifetime_from(text) == seconds);
  }
}

TEST_CASE("token exchange - a lifetime beyond ten years counts as a day and never wraps", "[token_exchange]") {
  for (const auto& text :
       {"315576001"s, "4294967297"s, "9223372036854775807"s, "18446744073709551615"s, "18446744073709551617"s, "1e20"s,
        "1e308"s, R"("18446744073709551617")"s, '"' + std::string(1000, '9') + '"'}) {
    INFO(text);
    CHECK(lifetime_from(text) == seconds_of_day);
  }
}

TEST_CASE("token exchange - zero, negative or no number is no lifetime, and never for ever", "[token_exchange]") {
  for (const char* text : {"0",        "-0",       "0.0",      "0.5",     "-1",         "-1e20",        "true",
                           "false",    "{}",       "[]",       "[3600]",  R"("")",      R"("abc")",     R"("-5")",
                           R"("+5")",  R"("0")",   R"("0.9")", R"("1h")", R"("0x10")",  R"(" 60")",     R"("60 ")",
                           R"("1e3")", R"("nan")", R"("inf")", R"(".5")", R"("1.2.3")", R"("1\u0000")", "1e999"}) {
    INFO(text);
    CHECK(lifetime_from(text) == -1);
  }
}

TEST_CASE("token exchange - without a lifetime the exp of a JWT counts", "[token_exchange]") {
  const auto with_exp = [](const std::string& exp) { return lifetime_of_jwt(R"({"exp":)" + exp + '}'); };
  CHECK(with_exp(std::to_string(begun_in_seconds + 1800)) == 1800);
  CHECK(with_exp(std::to_string(begun_in_seconds + 1800) + ".9") == 1800);
  CHECK(with_exp(std::to_string(begun_in_seconds)) == -1);
  CHECK(with_exp(std::to_string(begun_in_seconds - 1)) == -1);
  CHECK(with_exp("0") == -1);
  CHECK(with_exp("-1e300") == -1);
  CHECK(with_exp("1e300") == seconds_of_day);
  CHECK(Exchange().read(token_answer({{"access_token", jwt(json{{"exp", begun_in_seconds + 1800}})}}))->lifetime() ==
        3600s);
}

TEST_CASE("token exchange - a token that says nothing of its life is believed the assumed one", "[token_exchange]") {
  Exchange exchange;
  exchange.options.assumed_lifetime = 2h;
  CHECK(exchange.read(token_answer({{"expires_in", nullptr}}))->lifetime() == 2h);
  CHECK(exchange.read({200, {}, R"({"access_token":"abc","token_type":"bearer"})"})->lifetime() == 2h);
  for (const char* payload : {R"({"sub":"x"})", R"({"exp":"1800"})", R"({"exp":null})", "[1]", "{", "", "\"exp\"",
                              R"({"exp":9000000000,"exp":1})", "{\"exp\":\xff}"}) {
    INFO(payload);
    CHECK(lifetime_of_jwt(payload) == seconds_of_day);
  }
}

TEST_CASE("token exchange - what only looks like a JWT is a token like any other", "[token_exchange]") {
  for (const char* text : {"a.b", "..", "a..b", "a.b.c.d", "a.b!.c", "a.e30=.c", "a.e30.c.", "a.eyJhdWQi.c"}) {
    INFO(text);
    CHECK(Exchange().read(token_answer({{"access_token", text}})));
  }
}

TEST_CASE("token exchange - the token type is bearer, in any case", "[token_exchange]") {
  for (const char* type : {"Bearer", "bearer", "BEARER", "bEaReR"}) {
    CHECK(Exchange().read(token_answer({{"token_type", type}})));
  }
  for (const json& type :
       {json("mac"), json("DPoP"), json("Bearer "), json(""), json(nullptr), json(1), json("bearer\0"s)}) {
    INFO(type);
    CHECK(Exchange().error(token_answer({{"token_type", type}})).kind == ex::ErrorKind::protocol);
  }
  CHECK(Exchange().error({200, {}, R"({"access_token":"abc","expires_in":60})"}).kind == ex::ErrorKind::protocol);
}

TEST_CASE("token exchange - a token is printable ASCII without spaces, of at most 16 KiB", "[token_exchange]") {
  CHECK(Exchange().read(token_answer({{"access_token", std::string(16384, 'x')}})));
  CHECK(Exchange().read(token_answer({{"access_token", "!#$~-._/+=AZaz09"}})));
  const std::string planted = planted_token;
  for (const json& bad : {json(""), json(" "), json(planted + ' '), json(planted + "\r\nX-Evil: 1"),
                          json(planted + '\n'), json(planted + '\t'), json(planted + '\0'), json(planted + "\0x"s),
                          json(planted + '\x7f'), json(planted + "é"), json(std::string(16385, 'x')), json(nullptr),
                          json(42), json(true), json::array({planted}), json{{"token", planted}}}) {
    INFO(bad.dump().substr(0, 80));
    const auto error = Exchange().error(token_answer({{"access_token", bad}}));
    CHECK(error.kind == ex::ErrorKind::protocol);
    CHECK_FALSE(contains(support::all_text(error), planted));
  }
}

TEST_CASE("token exchange - a 200 that is no token is refused and never quoted", "[token_exchange]") {
  const std::string token = R"("access_token":")" + std::string(planted_token) + '"';
  const std::string whole = '{' + token + R"(,"token_type":"Bearer","expires_in":60)";
  for (const std::string& body : {""s,
                                  " "s,
                                  "null"s,
                                  "[]"s,
                                  "{}"s,
                                  '"' + std::string(planted_token) + '"',
                                  '[' + whole + "}]",
                                  whole,
                                  '{' + token,
                                  whole + "} x",
                                  whole + "}{}",
                                  whole + ',' + token + '}',
                                  whole + R"(,"token_type":"mac"})",
                                  whole + "}\0x"s,
                                  whole + ",}",
                                  whole + ",\"x\":\"\xff\"}",
                                  whole + ",\"x\":" + std::string(65, '[') + std::string(65, ']') + '}',
                                  "<!DOCTYPE html><title>" + std::string(planted_token) + "</title>",
                                  "access_token="s + planted_token,
                                  "\xff\xfe{\0}\0"s}) {
    INFO(body);
    const auto error = Exchange().error({200, {{"Content-Type", "application/json"}}, body});
    CHECK(error.kind == ex::ErrorKind::protocol);
    CHECK_FALSE(contains(support::all_text(error), planted_token));
  }
}

TEST_CASE("token exchange - a byte-order mark in front does no harm", "[token_exchange]") {
  auto answer = token_answer();
  answer.body.insert(0, "\xef\xbb\xbf");
  const auto token = Exchange().read(std::move(answer));
  REQUIRE(token);
  CHECK(token->reveal() == planted_token);
}

TEST_CASE("token exchange - a JWT for another audience is refused by name", "[token_exchange]") {
  const auto with_aud = [](const json& aud) { return token_answer({{"access_token", jwt(json{{"aud", aud}})}}); };
  CHECK(Exchange().read(with_aud("https://api.example")));
  CHECK(Exchange().read(with_aud({"https://other.example", "https://api.example"})));
  CHECK(Exchange().read(with_aud(nullptr)));
  for (const json& aud : {json("https://api.us.example"), json("https://api.example/"), json("https://API.example"),
                          json::array({"https://api.us.example", "https://third.example"})}) {
    INFO(aud);
    const auto error = Exchange().error(with_aud(aud));
    CHECK(error.kind == ex::ErrorKind::protocol);
    CHECK(contains(error.message, (aud.is_array() ? aud[0] : aud).dump()));
    CHECK(contains(error.message, "\"https://api.example\""));
    CHECK_FALSE(contains(error.message, jwt(json{{"aud", aud}}).substr(0, 16)));
  }
  for (const json& aud : {json::array(), json(42), json::object(), json::array({1, nullptr}), json("")}) {
    INFO(aud);
    CHECK(Exchange().error(with_aud(aud)).kind == ex::ErrorKind::protocol);
  }
}

TEST_CASE("token exchange - each status of a failure has its kind", "[token_exchange]") {
  using Kind = ex::ErrorKind;
  const std::vector<std::pair<int, Kind>> rows{
      {201, Kind::protocol},           {204, Kind::protocol},           {301, Kind::protocol},
      {302, Kind::protocol},           {303, Kind::protocol},           {307, Kind::protocol},
      {308, Kind::protocol},           {400, Kind::issuer_rejected},    {401, Kind::issuer_rejected},
      {403, Kind::issuer_rejected},    {404, Kind::protocol},           {405, Kind::protocol},
      {408, Kind::issuer_unavailable}, {429, Kind::issuer_unavailable}, {500, Kind::issuer_unavailable},
      {502, Kind::issuer_unavailable}, {503, Kind::issuer_unavailable}, {599, Kind::issuer_unavailable}};
  for (const auto& [status, kind] : rows) {
    for (const char* body : {"", "{}", "<html>down</html>", R"({"error":7,"error_description":[]})"}) {
      INFO(status << ' ' << body);
      const auto error = Exchange().error({status, {}, body});
      CHECK(error.kind == kind);
      CHECK(error.http_status == status);
      CHECK(contains(error.message, "https://issuer.example/oauth/token answered HTTP " + std::to_string(status)));
    }
  }
  CHECK(Exchange().error({201, {}, token_answer().body}).kind == Kind::protocol);  // only a 200 is a token
}

TEST_CASE("token exchange - the issuer's own words decide where they are plain", "[token_exchange]") {
  using Kind = ex::ErrorKind;
  const auto kind_of = [](int status, const char* oauth_error) {
    const auto error = Exchange().error(ex::json_response(status, json{{"error", oauth_error}}.dump()));
    CHECK(error.oauth_error == oauth_error);
    return error.kind;
  };
  CHECK(kind_of(400, "temporarily_unavailable") == Kind::issuer_unavailable);
  CHECK(kind_of(400, "server_error") == Kind::issuer_unavailable);
  CHECK(kind_of(401, "invalid_client") == Kind::issuer_rejected);
  CHECK(kind_of(403, "access_denied") == Kind::issuer_rejected);
  CHECK(kind_of(404, "invalid_request") == Kind::issuer_rejected);
  CHECK(kind_of(500, "invalid_client") == Kind::issuer_unavailable);
}

TEST_CASE("token exchange - a 200 with an error in it is a failure", "[token_exchange]") {
  const auto error = Exchange().error(token_answer({{"error", "invalid_client"}, {"error_description", "Unknown"}}));
  CHECK(error.kind == ex::ErrorKind::issuer_rejected);
  CHECK(error.oauth_error == "invalid_client");
  CHECK(contains(error.message, "Unknown"));
}

TEST_CASE("token exchange - a redirect is explained", "[token_exchange]") {
  const auto error = Exchange().error({307, {{"Location", "https://evil.example/"}}, ""});
  CHECK(contains(error.message, "check issuer_url (redirects are not followed)"));
}

TEST_CASE("token exchange - the issuer's words are bounded and on one line", "[token_exchange]") {
  const json answer{{"error", "invalid\nclient" + std::string(1000, 'e')},
                    {"error_description", "first\r\nsecond\x1b[31m\x7f\tthird" + std::string(5000, 'x')}};
  const auto error = Exchange().error(ex::json_response(400, answer.dump()));
  CHECK(error.oauth_error == "invalid client" + std::string(50, 'e'));
  CHECK(error.oauth_description == "first  second [31m  third" + std::string(231, 'x'));
  CHECK(error.message.size() < 600);
  for (const char c : support::printed(error)) CHECK_FALSE(ex::detail::is_control(c));
}

TEST_CASE("token exchange - Retry-After and the request's id are kept", "[token_exchange]") {
  const auto wait_of = [](const char* value) {
    return Exchange().error({429, {{"retry-after", value}, {"x-request-id", "r-1"}}, ""}).retry_after;
  };
  CHECK(wait_of("17") == 17s);
  CHECK(wait_of("Fri, 04 Oct 2024 00:00:30 GMT") == 30s);
  CHECK(wait_of("410400") == 1h);
  for (const char* garbage : {"-5", "soon", "", "1.5", "1e3"}) CHECK_FALSE(wait_of(garbage));
  CHECK(Exchange().error({503, {{"X-Request-Id", "r-1\r\n" + std::string(500, 'x')}}, ""}).request_id.size() == 128);
  CHECK_FALSE(Exchange().error({503, {}, ""}).retry_after);
}

TEST_CASE("token exchange - a secret that the issuer repeats is struck out, in every form it was sent",
          "[token_exchange]") {
  const std::vector<std::string> forms{planted_secret,           "planted+s3cret%2B%26",
                                       "planted+s3cret%2b%26",   "planted%20s3cret%2B%26",
                                       "planted%20s3cret%2b%26", "Y2xpZW50LTE6cGxhbnRlZCtzM2NyZXQlMkIlMjY="};
  for (const auto& form : forms) {
    for (const std::size_t before : {0U, 60U, 250U}) {  // at the end of what is kept, half a secret must not stay
      INFO(form << " after " << before);
      const std::string text = std::string(before, 'x') + form + " and again " + form;
      const json answer{{"error", text}, {"error_description", text}};
      for (const int status : {200, 400, 401, 500}) {
        const auto error = Exchange().error(ex::json_response(status, answer.dump(), {{"X-Request-Id", "id-" + form}}));
        CHECK_FALSE(contains(support::all_text(error) + error.request_id, form.substr(0, 5)));
      }
      const auto said = ex::detail::make_error(ex::ErrorKind::connection, text);  // by a user's own transport
      CHECK_FALSE(contains(support::all_text(Exchange().unreachable(said)), form.substr(0, 5)));
    }
  }
}

TEST_CASE("token exchange - an issuer that cannot be reached is named, and the kind says what to do",
          "[token_exchange]") {
  using Kind = ex::ErrorKind;
  const std::vector<std::pair<Kind, Kind>> rows{{Kind::connection, Kind::issuer_unavailable},
                                                {Kind::timeout, Kind::issuer_unavailable},
                                                {Kind::tls, Kind::tls},
                                                {Kind::proxy, Kind::proxy},
                                                {Kind::too_large, Kind::too_large},
                                                {Kind::cancelled, Kind::cancelled}};
  for (const auto& [before, after] : rows) {
    auto cause = ex::detail::make_error(before, "the cause");
    cause.transport_code = 7;
    const auto error = Exchange().unreachable(cause);
    CHECK(error.kind == after);
    CHECK(error.transport_code == 7);
    CHECK(error.message == "no token from https://issuer.example/oauth/token: the cause");
  }
}

TEST_CASE("token exchange - a secret that a transport's error quotes is struck out before anybody is told",
          "[token_exchange]") {
  const std::vector<std::string> forms{planted_secret, "planted+s3cret%2B%26",
                                       "Y2xpZW50LTE6cGxhbnRlZCtzM2NyZXQlMkIlMjY="};
  for (const auto& form : forms) {
    auto cause = ex::detail::make_error(ex::ErrorKind::connection, "cannot send " + form + " and " + form);
    cause.details = form;
    const auto error = Exchange().unreachable(cause);
    CHECK(error.message == "no token from https://issuer.example/oauth/token: cannot send [redacted] and [redacted]");
    CHECK(error.details == "[redacted]");

    const fixtures::Rig rig;
    rig.transport->answer_token(cause);
    const auto provider = rig.provider();
    const auto failure = provider->token();
    REQUIRE_FALSE(failure);
    const std::string all =
        support::all_text(failure.error()) + support::all_text(*provider->status().last_error) + rig.log.text();
    CHECK(contains(all, "token_failed"));
    CHECK_FALSE(contains(all, form));
  }
}

TEST_CASE("token exchange - leaves neither secret nor token in the memory it gives back", "[token_exchange]") {
  Exchange exchange;
  const std::string secret = "a-secret-of-no-small-length";
  const std::string token = "a-token-that-is-longer-than-a-short-string";
  for (const auto style : {ex::ClientAuthentication::basic, ex::ClientAuthentication::post}) {
    exchange.options.client_authentication = style;
    const support::FreedMemoryWatch watch(secret);
    {
      exchange.credentials = {"client-1", ex::Secret(secret)};
      CHECK(exchange.request().method == "POST");
    }
    CHECK_FALSE(watch.saw_marker());
  }
  auto answer = token_answer({{"access_token", token}});
  auto refused = token_answer({{"access_token", token}, {"token_type", "mac"}});
  const support::FreedMemoryWatch watch(token);
  CHECK(exchange.read(std::move(answer)));
  CHECK_FALSE(exchange.read(std::move(refused)));
  CHECK_FALSE(watch.saw_marker());
}
