// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstddef>
#include <memory>
#include <movio/exhibitor/call/detail/response_error.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "checked_response.hpp"
#include "fixtures.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using fixtures::Rig;
using nlohmann::json;
using support::contains;
using namespace std::string_literals;

namespace {

ex::Error error_saying(std::string body, const char* type = "application/json") {
  return support::check_response({422, {{"Content-Type", type}}, std::move(body)}, "PUT", "/members").error();
}

/// What a client says of an answer to this request.
ex::Error error_about(const ex::HttpRequest& request, const std::string& message, fixtures::EventLog* log = nullptr,
                      int status = 422) {
  Rig rig;
  if (log != nullptr) rig.client_options.on_event = log->hook();
  const std::string challenge = R"(Bearer error="invalid_request", error_description=")" + message + '"';
  const json body{{"message", message}, {"entities", {message}}};
  rig.transport->answer(ex::json_response(status, body.dump(), {{"WWW-Authenticate", challenge}}));
  return rig.client().send(request).error();
}

}  // namespace

TEST_CASE("api words - the details are an object with the message and the entities", "[api_words]") {
  CHECK(error_saying(R"({"code":7,"message":"bad","entities":[{"member_id":"m1"}]})").details ==
        R"({"message":"bad","entities":[{"member_id":"m1"}]})");
  CHECK(error_saying(R"({"entities":[[1,-2,1.50,true,null,{"a":{}}],"x"],"message":"bad"})").details ==
        R"({"message":"bad","entities":[[1,-2,1.50,true,null,{"a":{}}],"x"]})");
  CHECK(error_saying(R"({"message":"bad"})").details == R"({"message":"bad"})");
  CHECK(error_saying(R"({"entities":"all"})").details == R"({"entities":"all"})");
  CHECK(error_saying(R"({"entities":{"m1":"bad"}})").details == R"({"entities":{"m1":"bad"}})");
  for (const char* silent : {"", "{}", "[]", "7", "<html>", R"({"message":7})", R"(["message","x"])",
                             R"({"nested":{"message":"x","entities":[1]}})", "\xff"}) {
    CHECK(error_saying(silent).details.empty());
  }
}

TEST_CASE("api words - the reason is also a bare string, or a problem's detail or title", "[api_words]") {
  CHECK(error_saying(R"("The birthday is bad")").details == R"({"message":"The birthday is bad"})");
  CHECK(
      error_saying(R"({"type":"about:blank","title":"Bad","detail":"The birthday is bad"})", "application/problem+json")
          .details == R"({"message":"The birthday is bad"})");
  CHECK(error_saying(R"({"title":"Bad","detail":""})").details == R"({"message":"Bad"})");
  CHECK(error_saying(R"({"title":"Bad","detail":"Worse","message":"Worst"})").details == R"({"message":"Worst"})");
}

TEST_CASE("api words - an answer that breaks off says what it said before", "[api_words]") {
  CHECK(error_saying(R"({"message":"bad","entities":[{"id":"m1"},{"id":"m)").details ==
        R"({"message":"bad","entities":[{"id":"m1"}]})");
  CHECK(error_saying(R"({"message":"bad","entities":{"id":"m1")").details == R"({"message":"bad"})");
  CHECK(error_saying(R"({"message":"bad","entities":[)").details == R"({"message":"bad"})");
}

TEST_CASE("api words - of a long list of entities the first are kept, whole", "[api_words]") {
  json body{{"message", std::string(10000, 'm')}, {"entities", json::array()}};
  for (int i = 0; i < 20000; ++i) body["entities"].push_back({{"id", std::to_string(i)}, {"errors", {"\"\\"}}});
  const auto error = error_saying(body.dump());
  CHECK(error.details.size() <= 65536);
  CHECK(error.details.size() > 60000);
  const json said = json::parse(error.details);
  CHECK(said["message"] == std::string(2048, 'm'));
  REQUIRE(said["entities"].size() > 1000);
  for (std::size_t i = 0; i < said["entities"].size(); ++i) CHECK(said["entities"][i] == body["entities"][i]);

  body["entities"] = {"first", std::string(200000, 'x'), "last"};
  CHECK(json::parse(error_saying(body.dump()).details)["entities"] == json{"first"});
}

TEST_CASE("api words - no more than the first MiB of an answer is read", "[api_words]") {
  constexpr std::size_t most = std::size_t{1} << 20U;
  const auto padded = [](std::size_t bytes) {
    const std::string begin = "{\"padding\":\"";
    const std::string end = "\",\"message\":\"late\"}";
    return begin + std::string(bytes - begin.size() - end.size(), 'x') + end;
  };
  CHECK(error_saying(padded(most)).details == R"({"message":"late"})");
  CHECK(error_saying(padded(most + 1000)).details.empty());
  CHECK(error_saying(R"({"message":"deep","a":)" + std::string(100, '[')).details == R"({"message":"deep"})");
  CHECK(error_saying("{\"entities\":[1," + std::string(100, '[') + std::string(100, ']') + "]}").details ==
        R"({"entities":[1]})");
}

TEST_CASE("api words - are fit for a terminal, keys too", "[api_words]") {
  const json body{{"message",
                   "a\n\xC2\x9B\x62\xE2\x80\xAE"
                   "c"},
                  {"entities", {{{"k\x1b\xE2\x80\xA8", "v\xC2\x85"}}}}};
  CHECK(error_saying(body.dump()).details == R"({"message":"a  b c","entities":[{"k  ":"v "}]})");
}

TEST_CASE("api words - the reasons as text, a line for each entity", "[api_words]") {
  CHECK(ex::api_reasons({}).empty());
  CHECK(ex::api_reasons(error_saying(R"({"message":"2 of 3 are bad","entities":[)"
                                     R"({"index":1,"id":"m2","errors":["gender is required","birthday\nis bad"]},)"
                                     R"("m3",{"a":{"b":true,"c":[null,1.5]}}]})")) ==
        std::vector<std::string>{"2 of 3 are bad", "index: 1, id: m2, errors: gender is required; birthday is bad",
                                 "m3", "a: b: true, c: null; 1.5"});
  CHECK(ex::api_reasons(error_saying(R"({"entities":{"m1":"bad"}})")) == std::vector<std::string>{"m1: bad"});
  ex::Error odd;
  for (const char* details : {"no JSON", "[1]", "7", "{}"}) {
    odd.details = details;
    CHECK(ex::api_reasons(odd).empty());
  }
  odd.details = "{\"message\":\"\\u001b[2J\\u009b" + std::string(5000, 'x') + "\"}";
  REQUIRE(ex::api_reasons(odd).size() == 1);
  CHECK(ex::api_reasons(odd)[0] == " [2J " + std::string(2043, 'x'));
}

TEST_CASE("api words - what the API says of a request with a body stays out of messages and events", "[api_words]") {
  const std::string words = "Member joe@example.com has no gender";
  for (const char* method : {"PUT", "POST", "PATCH", "DELETE"}) {
    for (const int status : {400, 403, 404, 422, 500, 503}) {
      auto request = fixtures::request_for(method, "/members");
      request.body = ex::Body(R"([{"member_id":"joe@example.com"}])");
      fixtures::EventLog log;
      const auto error = error_about(request, words, &log, status);
      INFO(method << ' ' << error.message);
      CHECK_FALSE(contains(support::printed(error) + ex::ExhibitorError(error).what() + log.text(), "Member"));
      CHECK(json::parse(error.details) == json{{"message", words}, {"entities", {words}}});
    }
  }
}

TEST_CASE("api words - what it says of a path is quoted without ids and values", "[api_words]") {
  const auto quoted = [](const char* target, const char* words, ex::HttpRequest request = {}) {
    request.path = target;
    const std::string message = error_about(request, words).message;
    return message.substr(message.find('(') + 1, message.find(')') - message.find('(') - 1);
  };
  CHECK(quoted("/members/ab", "No member AB, only ABC") == "No member [redacted], only ABC");
  CHECK(quoted("/members/7", "No member 7 of 17") == "No member [redacted] of 17");
  CHECK(quoted("/v1/members/joe%40example.com/subscriptions", "Joe@Example.com has none") == "[redacted] has none");
  CHECK(quoted("/exhibitor/members/joe", "Joe has none") == "[redacted] has none");
  CHECK(quoted("/members?email=joe%40example.com&x", "joe@example.com, joe%40example.com or X") ==
        "[redacted], [redacted] or [redacted]");
  ex::HttpRequest request;
  request.query = {{"email", "joe@example.com"}, {"page", "2"}};
  CHECK(quoted("/members", "no email joe@example.com on page 2", request) == "no email [redacted] on page [redacted]");
  CHECK(quoted("/v1/members/", "Ask for fewer") == "Ask for fewer");
}
