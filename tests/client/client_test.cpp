// SPDX-License-Identifier: MIT
#include <atomic>
#include <future>
#include <memory>
#include <movio/exhibitor/client.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "fixtures.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using fixtures::in_threads;
using fixtures::outcome;
using fixtures::refusal;
using fixtures::request_for;
using fixtures::Rig;
using fixtures::tokens_sent;
using nlohmann::json;
using support::contains;
using Kind = ex::ErrorKind;
using Tokens = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

/// A client on a transport of its own that has answered nothing yet.
struct ClientFixture : Rig {
  ex::ExhibitorClient client = Rig::client();
};

std::string kind_of(const ex::Result<ex::HttpResponse>& result) {
  return std::string(result ? "ok" : ex::to_string(result.error().kind));
}

}  // namespace

TEST_CASE("client - each verb is its method", "[client]") {
  const ClientFixture f;
  CHECK(f.client.get("/films", {{"page", "2"}}));
  CHECK(f.client.post("/films", json::array()));
  CHECK(f.client.put("/films", json::array()));
  CHECK(f.client.patch("/films", json::array()));
  CHECK(f.client.remove("/films/f1"));
  CHECK(f.client.send(request_for("OPTIONS", "/films")));
  std::string seen;
  for (const auto& request : f.transport->requests()) seen += request.method + ' ' + request.url.substr(19) + '\n';
  CHECK(seen == "GET /films?page=2\nPOST /films\nPUT /films\nPATCH /films\nDELETE /films/f1\nOPTIONS /films\n");
}

TEST_CASE("client - JSON goes out as compact text, called JSON", "[client]") {
  const ClientFixture f;
  CHECK(f.client.put("/members", {{{"member_id", "m1"}, {"first_name", "Zoë\n"}}}));
  const auto request = f.transport->requests().at(0);
  CHECK(request.body.bytes() == R"([{"first_name":"Zoë\n","member_id":"m1"}])");
  CHECK(request.body.content_type() == "application/json");
  CHECK(f.client.get("/films"));
  CHECK_FALSE(f.transport->requests().at(1).body);
}

TEST_CASE("client - a raw body goes out as it is", "[client]") {
  const ClientFixture f;
  auto request = request_for("PUT", "/members");
  request.body = ex::Body(std::string("[1,\r\n 2]\0", 9), "text/csv");
  CHECK(f.client.send(std::move(request)));
  CHECK(f.transport->requests().at(0).body.bytes() == std::string("[1,\r\n 2]\0", 9));
  CHECK(f.transport->requests().at(0).body.content_type() == "text/csv");
}

TEST_CASE("client - JSON that cannot be written is refused before anything is sent", "[client]") {
  const ClientFixture f;
  json deep = json::array();
  for (int level = 1; level < 65; ++level) deep = json::array({deep});
  for (const json& body : {deep, json("planted \xff"), json{{"planted \xc3", 1}}}) {
    const auto result = f.client.put("/members", body);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == Kind::invalid_argument);
    CHECK_FALSE(contains(support::all_text(result.error()), "planted"));
  }
  CHECK(f.sent() + f.minted() == 0);
  CHECK(f.client.put("/members", deep[0]));
}

TEST_CASE("client - clients with one provider, and copies, share one token", "[client]") {
  const Rig rig;
  const auto provider = rig.provider();
  const auto first = rig.client(provider);
  const auto second = rig.client(provider);
  const auto copy = first;  // NOLINT(performance-unnecessary-copy-initialization): that is the test
  CHECK(first.get("/films"));
  CHECK(second.get("/films"));
  CHECK(copy.get("/films"));
  CHECK(rig.minted() == 1);
  CHECK(copy.provider() == provider);
}

TEST_CASE("client - only the requests for tokens are marked as such", "[client]") {
  const Rig rig;
  auto client = rig.client();
  CHECK(client.get("/films"));
  CHECK(rig.transport->token_requests().at(0).token_exchange);
  CHECK_FALSE(rig.transport->requests().at(0).token_exchange);
}

TEST_CASE("client - makes its provider of its options", "[client]") {
  const Rig rig;
  ex::ClientOptions options;
  options.transport = rig.transport;
  options.on_event = rig.log.hook();
  options.token.clock = rig.clock;
  options.token.scope = "read:films";
  const ex::ExhibitorClient client(ex::Region::us, rig.source, options);
  REQUIRE(client.ready());
  CHECK(client.get("/films"));
  CHECK(rig.transport->requests().at(0).url == "https://exhibitor-api.us.eks.movio.co/films");
  CHECK(rig.transport->token_requests().at(0).url == "https://auth-us.eq.movio.co/oauth/token");
  CHECK(contains(rig.transport->token_requests().at(0).body.bytes(), "&scope=read%3Afilms"));
  REQUIRE(rig.log.lines().size() == 4);
  CHECK(contains(rig.log.lines()[0], "token_minted"));
  CHECK(contains(rig.log.lines()[1], "attempt_started method=GET route=/films attempt=1"));
  CHECK(contains(rig.log.lines()[2], "attempt_finished method=GET route=/films status=200 attempt=1"));
  CHECK(contains(rig.log.lines()[3], "call_finished method=GET route=/films status=200 attempt=1"));
  rig.transport->answer(ex::json_response(404));
  CHECK_FALSE(client.get("/films"));
  CHECK(contains(rig.log.lines().back(), "call_finished method=GET route=/films status=404 attempt=1"));
  CHECK(contains(rig.log.lines().back(), " error=\"not_found"));
  const auto told = rig.log.lines().size();
  CHECK_FALSE(client.get("no path"));
  CHECK(rig.log.lines().size() == told);
}

TEST_CASE("client - what is wrong with its configuration is said by ready() and by every call", "[client]") {
  const auto check_refuses = [](const ex::ExhibitorClient& client, const Rig& rig) {
    REQUIRE_FALSE(client.ready());
    CHECK(client.ready().error().kind == Kind::invalid_argument);
    for (const auto& result :
         {client.get("/x"), client.remove("/x"), client.put("/x", json(1)), client.post("/x", json(1)),
          client.patch("/x", json(1)), client.send(request_for("GET", "/x"))}) {
      REQUIRE_FALSE(result);
      CHECK(result.error().message == client.ready().error().message);
    }
    CHECK(rig.sent() + rig.minted() == 0);
  };
  Rig rig;
  check_refuses(rig.client(nullptr), rig);
  rig.client_options.timeout = 0s;
  check_refuses(rig.client(), rig);
  rig.client_options.timeout = -1s;
  check_refuses(rig.client(), rig);
  Rig other;
  other.endpoints.api_url = "http://api.example";
  check_refuses(other.client(), other);
}

TEST_CASE("client - a refused token is replaced and the call sent once more", "[client]") {
  const ClientFixture f;
  CHECK(f.client.get("/films"));
  f.transport->answer(refusal());
  f.transport->answer(ex::json_response(202, "[7]"));
  const auto result = f.client.put("/films", json::array({1}));
  REQUIRE(result);
  CHECK(result->body == "[7]");
  CHECK(tokens_sent(*f.transport) == Tokens{"fake-token-1", "fake-token-1", "fake-token-2"});
  CHECK(f.transport->requests()[2].body.bytes() == "[1]");
  CHECK(f.transport->requests()[2].url == f.transport->requests()[1].url);
  CHECK(f.minted() == 2);
}

TEST_CASE("client - persistent refusal is reported with the first reason and costs no token for five minutes",
          "[client]") {
  const ClientFixture f;
  f.transport->answer(refusal("wrong audience"));
  f.transport->answer(refusal("a later, less telling reason"));
  const auto result = f.client.get("/films");
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == Kind::unauthorized);
  CHECK(contains(result.error().message, "wrong audience"));
  CHECK(result.error().attempts == 2);
  CHECK(f.sent() == 2);
  CHECK(f.minted() == 2);
  for (int call = 1; call <= 5; ++call) {
    f.transport->answer(refusal("wrong audience"));
    const auto again = f.client.get("/films");
    CHECK(kind_of(again) == "unauthorized");
    CHECK(again.error().attempts == 1);
    f.clock->advance(59s);
  }
  CHECK(f.sent() == 7);
  CHECK(f.minted() == 2);

  f.clock->advance(5s);  // five minutes after the second refusal
  f.transport->answer(refusal("wrong audience"));
  CHECK(f.client.get("/films"));
  CHECK(tokens_sent(*f.transport).back() == "fake-token-3");
}

TEST_CASE("client - a missing scope costs no token and no second call", "[client]") {
  const ClientFixture f;
  for (int call = 0; call < 3; ++call) {
    f.transport->answer(refusal("needs write:films", "insufficient_scope"));
    const auto result = f.client.put("/films", json::array());
    CHECK(kind_of(result) == "forbidden");
    CHECK(contains(result.error().message, "needs write:films"));
  }
  CHECK(f.sent() == 3);
  CHECK(f.minted() == 1);
}

TEST_CASE("client - when no new token can be had after a refusal, that is the error", "[client]") {
  const ClientFixture f;
  CHECK(f.client.get("/films"));
  f.transport->answer(refusal());
  f.transport->answer_token(ex::json_response(401, R"({"error":"invalid_client"})"));
  const auto result = f.client.get("/films");
  CHECK(kind_of(result) == "issuer_rejected");
  CHECK(result.error().attempts == 1);
  CHECK(f.sent() == 2);
}

namespace {

/// Refuses one token, as an API does after a change of keys; holds the refusals until so many calls have come.
class RefusingTransport : public ex::FakeTransport {
 public:
  explicit RefusingTransport(int together) : awaited_(together) {}

  void start(ex::TransportRequest request, Completion completion) override {
    const bool bad = request.authorization && request.authorization->reveal() == "Authorization: Bearer fake-token-1";
    if (!bad) return FakeTransport::start(std::move(request), std::move(completion));
    --awaited_;
    fixtures::await([this] { return awaited_ <= 0; });
    completion(refusal());
  }

 private:
  std::atomic<int> awaited_;
};

}  // namespace

TEST_CASE("client - eight threads with the same refused token cause one new one", "[client]") {
  Rig rig;
  rig.transport = std::make_shared<RefusingTransport>(8);
  const auto client = rig.client();
  for (const auto& result : in_threads(8, [&] { return client.get("/films"); })) CHECK(kind_of(result) == "ok");
  CHECK(rig.minted() == 2);
  CHECK(tokens_sent(*rig.transport) == Tokens(8, "fake-token-2"));
}

TEST_CASE("client - a late refusal of an old token leaves the new one", "[client]") {
  const ClientFixture f;
  CHECK(f.client.get("/films"));
  f.transport->answer(refusal());
  f.transport->hold();
  auto late = support::in_background([&] { return f.client.get("/late"); });
  fixtures::await([&] { return f.sent() == 2; });
  f.client.provider()->invalidate(*f.client.provider()->token());
  auto fetching = support::in_background([&] { return f.client.provider()->token(); });
  fixtures::await([&] { return f.minted() == 2; });
  f.transport->release();
  CHECK(kind_of(outcome(late)) == "ok");
  CHECK(outcome(fetching));
  CHECK(f.client.provider()->token()->reveal() == "fake-token-2");
  CHECK(f.minted() == 2);
}

TEST_CASE("client - the time for a call covers the wait for a token", "[client]") {
  const ClientFixture f;
  f.transport->hold();
  auto request = request_for("GET", "/films");
  request.timeout = 3s;
  auto call = support::in_background([&] { return f.client.send(request); });
  f.clock->await_waiting(1);
  f.clock->advance(3s);
  const auto result = outcome(call);
  CHECK(kind_of(result) == "timeout");
  CHECK(result.error().attempts == 0);
  f.transport->release();
  CHECK(f.sent() == 0);
}

TEST_CASE("client - the replay has what is left of the call's time", "[client]") {
  const ClientFixture f;
  f.transport->answer(refusal());
  f.transport->hold();
  auto request = request_for("GET", "/films");
  request.timeout = 10s;
  auto call = support::in_background([&] { return f.client.send(request); });
  f.clock->await_waiting(1);
  f.clock->advance(1s);
  f.transport->release();
  CHECK(kind_of(outcome(call)) == "ok");
  CHECK(f.transport->requests().at(0).timeout == 9s);
  CHECK(f.transport->requests().at(1).timeout == 9s);
}

TEST_CASE("client - no timeout overflows, and one gone by is a timeout", "[client]") {
  const ClientFixture f;
  CHECK(f.client.get("/films"));
  auto request = request_for("GET", "/films");
  request.timeout = std::chrono::milliseconds::max();
  CHECK(kind_of(f.client.send(request)) == "ok");
  for (const auto timeout : {0ms, -1ms, std::chrono::milliseconds::min()}) {
    request.timeout = timeout;
    CHECK(kind_of(f.client.send(request)) == "timeout");
  }
  CHECK(f.sent() == 2);
}

TEST_CASE("client - a call that is cancelled while it waits for a token is not sent", "[client]") {
  const ClientFixture f;
  const ex::CancelSource source;
  f.transport->hold();
  auto request = request_for("GET", "/films");
  request.cancel = source.token();
  auto call = support::in_background([&] { return f.client.send(request); });
  f.clock->await_waiting(1);
  source.cancel();
  CHECK(kind_of(outcome(call)) == "cancelled");
  CHECK(f.sent() == 0);
}

TEST_CASE("client - may go away inside its own hook, with everything that it holds", "[client]") {
  Rig rig;
  auto client = std::make_shared<std::unique_ptr<ex::ExhibitorClient>>();
  rig.client_options.on_event = [client](const ex::Event&) { client->reset(); };
  rig.options.on_event = nullptr;
  *client = std::make_unique<ex::ExhibitorClient>(rig.provider(), rig.client_options);
  rig.transport->answer(refusal());  // the call still needs its provider, after the hook
  rig.transport->answer(ex::json_response(404));
  const auto result = (*client)->get("/films");
  CHECK(kind_of(result) == "not_found");
  CHECK(rig.sent() == 2);
  CHECK(*client == nullptr);
}
