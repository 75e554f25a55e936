// SPDX-License-Identifier: MIT
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "catch.hpp"
#include "integration.hpp"

using namespace integration;
using nlohmann::json;

namespace {

json cinema(const std::string& id) {
  return {
      {"cinema_id", id}, {"name", "North City Multiplex"}, {"timezone", "Pacific/Auckland"}, {"tags", {"IMAX", "3D"}}};
}

json member(const std::string& id) {
  return {{"member_id", id}, {"gender", "UNSPECIFIED"}, {"status", "ACTIVATED"}, {"email", id + "@example.com"}};
}

ex::Error error_of(const ex::Result<ex::HttpResponse>& result) {
  REQUIRE_FALSE(result);
  return result.error();
}

}  // namespace

TEST_CASE("client - the main job: a token is obtained and the API called with it", "[client]") {
  sandbox::Sandbox server;
  const auto client = client_for(server);
  REQUIRE(client.ready());

  const auto put = client.put("/cinemas", json::array({cinema("northcitymultiplex01"), cinema("b")}));
  REQUIRE(put);
  CHECK(put->status == 202);
  CHECK(json::parse(put->body) == json{{"total", 2}, {"created_count", 2}, {"updated_count", 0}});
  REQUIRE(client.put("/members", json::array({member("member1")})));
  const json subscriptions{{{"category_id", "news"}, {"channel", "EMAIL"}, {"state", "SUBSCRIBED"}}};
  const auto patch = client.patch("/members/member1/subscriptions", subscriptions);
  REQUIRE(patch);
  CHECK(patch->status == 204);
  REQUIRE(client.remove("/cinemas/b"));
  CHECK(server.record_count("cinemas") == 1);
  CHECK(server.counters().token_requests == 1);
  CHECK(server.counters().api_connections == 1);
}

TEST_CASE("client - both ways of client authentication are understood by the issuer", "[client]") {
  sandbox::Options strange;
  strange.client_id = "id with space & =:+%";
  strange.client_secret = "s3cr\xC3\xA9t +%&=:/?#";
  sandbox::Sandbox server(strange);
  for (const auto style : {ex::ClientAuthentication::basic, ex::ClientAuthentication::post}) {
    auto options = client_options(server);
    options.token.client_authentication = style;
    const ex::ExhibitorClient client(endpoints_of(server),
                                     ex::credentials(strange.client_id, ex::Secret(strange.client_secret)), options);
    CHECK(client.put("/cinemas", json::array({cinema("a")})));
  }
  CHECK(server.counters().token_failures == 0);
}

TEST_CASE("client - 64 threads with no token cause one token request", "[client]") {
  sandbox::Sandbox server;
  const auto client = client_for(server);
  std::vector<std::thread> threads;
  std::atomic<int> succeeded{0};
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&, i] {
      const auto id = "cinema" + std::to_string(i);
      if (client.put("/cinemas", json::array({cinema(id)}))) ++succeeded;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(succeeded == 64);
  CHECK(server.record_count("cinemas") == 64);
  CHECK(server.counters().token_requests == 1);
}

TEST_CASE("client - a 401 costs one new token and one replay, also for many calls at once", "[client]") {
  sandbox::Sandbox server;
  const auto client = client_for(server);
  REQUIRE(client.put("/cinemas", json::array({cinema("a")})));
  server.revoke_all_tokens();

  std::vector<std::thread> threads;
  std::atomic<int> succeeded{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      if (client.put("/cinemas", json::array({cinema("a")}))) ++succeeded;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(succeeded == 8);
  CHECK(server.counters().token_requests == 2);
}

TEST_CASE("client - an API that refuses every token is told apart and costs no further tokens", "[client]") {
  sandbox::Sandbox server;
  server.intercept_api([](const httplib::Request&, httplib::Response& answer) {
    answer.status = 401;
    answer.set_header("WWW-Authenticate", R"(Bearer error="invalid_token", error_description="audience is wrong")");
    return true;
  });
  const auto client = client_for(server);
  for (int i = 0; i < 5; ++i) {
    const auto error = error_of(client.get("/members"));
    CHECK(error.kind == ex::ErrorKind::unauthorized);
    CHECK(error.message.find("audience is wrong") != std::string::npos);
  }
  CHECK(server.counters().token_requests == 2);
}

TEST_CASE("client - what the issuer and the API refuse comes back as its own kind of error", "[client]") {
  sandbox::Sandbox server;
  const auto client = client_for(server);
  const auto with_secret = [&](const std::string& secret) {
    return ex::ExhibitorClient(endpoints_of(server), ex::credentials("sandbox-client", ex::Secret(secret)),
                               client_options(server));
  };
  const auto rejected = error_of(with_secret("wrong").get("/members"));
  CHECK(rejected.kind == ex::ErrorKind::issuer_rejected);
  CHECK(rejected.http_status == 401);
  CHECK(rejected.oauth_error == "access_denied");

  const auto bad_record = error_of(client.put("/members", json::array({member("m1"), {{"member_id", "m2"}}})));
  CHECK(bad_record.kind == ex::ErrorKind::rejected);
  CHECK(bad_record.http_status == 400);
  CHECK(json::parse(bad_record.details)["entities"].size() == 1);
  CHECK_FALSE(bad_record.message.find("Bulk request failed") != std::string::npos);
  REQUIRE(ex::api_reasons(bad_record).size() == 2);
  CHECK(ex::api_reasons(bad_record)[1].find("id: m2") != std::string::npos);
  CHECK(error_of(client.put("/members", {{"not", "an array"}})).kind == ex::ErrorKind::rejected);
  CHECK(error_of(client.remove("/members/unknown")).kind == ex::ErrorKind::not_found);
  CHECK_FALSE(error_of(client.remove("/members/unknown")).request_id.empty());

  auto narrow = client_options(server);
  narrow.token.scope = "read:all";
  const auto forbidden = error_of(client_for(server, narrow).put("/cinemas", json::array({cinema("a")})));
  CHECK(forbidden.kind == ex::ErrorKind::forbidden);
  CHECK(server.record_count("cinemas") == 0);
}

TEST_CASE("client - an id of any characters is one path segment", "[client]") {
  sandbox::Sandbox server;
  const auto client = client_for(server);
  for (const std::string id : {"a/b c%\xC3\xA9", "?x=1#y", "%2e%2e", "..hidden", "a+b&c=d;e:f@g"}) {
    REQUIRE(client.put("/cinemas", json::array({cinema(id)})));
    CHECK(server.has_record("cinemas", id));
    CHECK(client.remove("/cinemas/" + ex::path_segment(id)));
    CHECK_FALSE(server.has_record("cinemas", id));
  }
  const auto calls = server.counters().api_calls;
  for (const char* path :
       {"https://example.com/x", "//example.com/x", "/a/../b", "/a/%2e%2E/b", "/a\\b", "/a\r\nHost: x", "x"}) {
    CHECK(error_of(client.get(path)).kind == ex::ErrorKind::invalid_argument);
  }
  CHECK(server.counters().api_calls == calls);
}

TEST_CASE("client - query parameters and headers arrive as they were given", "[client]") {
  sandbox::Sandbox server;
  std::string target;
  std::string trace;
  server.intercept_api([&](const httplib::Request& asked, httplib::Response& answer) {
    target = asked.target;
    trace = asked.get_header_value("traceparent");
    answer.set_content("{}", "application/json");
    return true;
  });
  const auto client = client_for(server);
  auto asked = api_call("GET", "/members?first=1");
  asked.query = {{"name", "a b&c=d"}, {"\xC3\xA9", "+"}};
  asked.headers.add("traceparent", "00-1-2-01");
  REQUIRE(client.send(asked));
  CHECK(target == "/members?first=1&name=a%20b%26c%3Dd&%C3%A9=%2B");
  CHECK(trace == "00-1-2-01");
}

TEST_CASE("client - a web page in the API's place is not taken for success", "[client]") {
  sandbox::Sandbox server;
  server.intercept_api([](const httplib::Request& asked, httplib::Response& answer) {
    answer.set_content("<html>Sign in to the airport's network</html>",
                       asked.method == "PUT" ? "application/json" : "text/html");
    return true;
  });
  const auto client = client_for(server);
  for (const char* method : {"GET", "PUT", "PATCH", "POST", "DELETE"}) {
    CHECK(error_of(client.send(api_call(method, "/members"))).kind == ex::ErrorKind::protocol);
  }
}

TEST_CASE("client - plain http to loopback has to be allowed", "[client]") {
  sandbox::Options options;
  options.plain_http = true;
  sandbox::Sandbox server(options);
  CHECK(client_for(server).put("/cinemas", json::array({cinema("a")})));

  auto strict = endpoints_of(server);
  strict.allow_loopback_http = false;
  const ex::ExhibitorClient refused(strict, credentials_of_sandbox());
  CHECK_FALSE(refused.ready());
  CHECK(error_of(refused.get("/members")).kind == ex::ErrorKind::invalid_argument);
  CHECK(server.counters().token_requests == 1);
}

TEST_CASE("client - a base path of the API's URL goes before every path", "[client]") {
  sandbox::Options options;
  options.audience = "https://gateway.example/movio/";
  sandbox::Sandbox server(options);
  std::string target;
  server.intercept_api([&](const httplib::Request& asked, httplib::Response&) {
    target = asked.target;
    return true;
  });
  const auto endpoints = endpoints_of(server);
  const ex::ExhibitorClient client({endpoints.issuer_url, server.api_url() + "/movio/"}, credentials_of_sandbox(),
                                   client_options(server));
  CHECK(error_of(client.get("/members")).kind == ex::ErrorKind::issuer_rejected);  // the audience is the whole text

  server.intercept_token([&](const httplib::Request&, httplib::Response& answer) {
    answer.set_content(R"({"access_token":"opaque","token_type":"bearer"})", "application/json");
    return true;
  });
  const ex::ExhibitorClient accepted({endpoints.issuer_url, server.api_url() + "/movio/"}, credentials_of_sandbox(),
                                     client_options(server));
  CHECK(accepted.get("/members"));
  CHECK(target == "/movio/members");
}

TEST_CASE("client - when no token can be had, no call goes out", "[client]") {
  sandbox::Sandbox server;
  server.intercept_token([](const httplib::Request&, httplib::Response& answer) {
    answer.status = 503;
    return true;
  });
  auto options = client_options(server);
  options.timeout = std::chrono::milliseconds(400);  // less than the shortest pause before the issuer is asked again
  const auto error = error_of(client_for(server, options).get("/members"));
  CHECK(error.kind == ex::ErrorKind::issuer_unavailable);
  CHECK(server.counters().token_requests == 1);
  CHECK(error.attempts == 0);
  CHECK(server.counters().api_calls == 0);
}

TEST_CASE("client - the time for a call bounds the wait for a token too", "[client]") {
  CallbackGate gate;
  sandbox::Sandbox server;
  server.intercept_token([&](const httplib::Request&, httplib::Response&) {
    gate.wait();
    return false;
  });
  auto options = client_options(server);
  options.timeout = std::chrono::milliseconds(100);
  CHECK(error_of(client_for(server, options).get("/members")).kind == ex::ErrorKind::timeout);

  const ex::CancelSource source;
  auto asked = api_call("GET", "/members");
  asked.cancel = source.token();
  source.cancel();
  CHECK(error_of(client_for(server).send(asked)).kind == ex::ErrorKind::cancelled);
  gate.open();
}

TEST_CASE("client - new credentials are picked up at the next exchange", "[client]") {
  sandbox::Sandbox server;
  std::string secret = "sandbox-secret";
  std::mutex mutex;
  const ex::CredentialSource source = [&]() -> ex::Result<ex::ClientCredentials> {
    const std::lock_guard<std::mutex> lock(mutex);
    return ex::ClientCredentials{"sandbox-client", ex::Secret(secret)};
  };
  const ex::ExhibitorClient client(endpoints_of(server), source, client_options(server));
  REQUIRE(client.put("/cinemas", json::array({cinema("a")})));
  server.set_client_secret("rotated");
  {
    const std::lock_guard<std::mutex> lock(mutex);
    secret = "rotated";
  }
  server.revoke_all_tokens();
  CHECK(client.put("/cinemas", json::array({cinema("a")})));
  CHECK(server.counters().token_failures == 0);
}

TEST_CASE("client - no secret, token or personal data gets into errors and events", "[client]") {
  const std::string secret = "PLANTED-secret/+=";
  sandbox::Options planted;
  planted.client_secret = secret;
  sandbox::Sandbox server(planted);
  std::ostringstream seen;
  std::mutex mutex;
  auto options = client_options(server);
  options.on_event = [&](const ex::Event& event) {
    const std::lock_guard<std::mutex> lock(mutex);
    seen << event << '\n';
  };
  const ex::ExhibitorClient client(endpoints_of(server), ex::credentials("sandbox-client", ex::Secret(secret)),
                                   options);
  const auto note = [&](const ex::Result<ex::HttpResponse>& result) {
    if (!result) seen << result.error() << '\n' << ex::ExhibitorError(result.error()).what() << '\n';
  };
  auto bad = member("PLANTED-member");
  bad["email"] = "PLANTED@example.com";
  bad["gender"] = "PLANTED";
  note(client.put("/members", json::array({member("PLANTED-member"), bad})));
  note(client.remove("/members/PLANTED-member"));
  note(client.patch("/members/PLANTED-member/subscriptions", json::array({1})));
  server.revoke_all_tokens();
  note(client.remove("/members/PLANTED-member"));
  const auto token = client.provider()->token();
  REQUIRE(token);

  server.intercept_api([&](const httplib::Request& asked, httplib::Response& answer) {
    answer.status = 422;
    const json echoed{{"message", "you sent " + asked.get_header_value("Authorization")}};
    answer.set_content(echoed.dump(), "application/json");
    return true;
  });
  note(client.put("/members", json::array({bad})));
  server.intercept_token([&](const httplib::Request& asked, httplib::Response& answer) {
    answer.status = 401;
    const json echoed{{"error", secret}, {"error_description", asked.get_header_value("Authorization") + ' ' + secret}};
    answer.set_content(echoed.dump(), "application/json");
    return true;
  });
  client.provider()->invalidate(*token);
  note(client.get("/members"));

  const std::string text = seen.str();
  INFO(text);
  CHECK(text.find("attempt_finished") != std::string::npos);
  CHECK(text.find("/members/{id}") != std::string::npos);
  CHECK(text.find("PLANTED") == std::string::npos);
  CHECK(text.find(std::string(token->reveal())) == std::string::npos);
}
