// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <movio/exhibitor/client.hpp>
#include <movio/exhibitor/records/json.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "fixtures.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using fixtures::Rig;
using nlohmann::json;
using support::contains;
using namespace std::chrono_literals;
using Kind = ex::ErrorKind;
using State = ex::RecordState;

namespace {

struct ResourcesFixture : Rig {
  ex::ExhibitorClient client = Rig::client();

  void answer(int status, const std::string& body = "{}") const { transport->answer(ex::json_response(status, body)); }
  [[nodiscard]] std::string operation(std::size_t index) const {
    const auto request = transport->requests().at(index);
    return request.method + ' ' + request.url.substr(std::string(fixtures::api_url).size());
  }
  [[nodiscard]] json body(std::size_t index) const { return json::parse(transport->requests().at(index).body.bytes()); }
};

/// The one table of what the API offers (api reference), and how a program asks for it.
const std::map<std::string, std::function<bool(const ex::ExhibitorClient&)>>& operations() {
  using Client = ex::ExhibitorClient;
  static const std::map<std::string, std::function<bool(const Client&)>> table{
      {"PUT /cinemas",
       [](const Client& c) {
         return bool(c.cinemas().upsert(std::vector{ex::Cinema{"id", "name", "Asia/Tokyo"}}));
       }},
      {"PUT /films",
       [](const Client& c) {
         return bool(c.films().upsert(std::vector{ex::Film{"id", "title"}}));
       }},
      {"PUT /items",
       [](const Client& c) {
         return bool(c.items().upsert(std::vector{ex::Item{"id", "name"}}));
       }},
      {"PUT /tickets",
       [](const Client& c) {
         return bool(c.tickets().upsert(std::vector{ex::Ticket{"id", "n"}}));
       }},
      {"PUT /members",
       [](const Client& c) {
         const ex::Member member{"id", ex::Gender::female, ex::MemberStatus::issued};
         return bool(c.members().upsert(std::vector{member}));
       }},
      {"PUT /transactions",
       [](const Client& c) {
         return bool(c.transactions().upsert(std::vector{ex::Transaction{"id", "m", "c"}}));
       }},
      {"DELETE /cinemas/{cinema_id}", [](const Client& c) { return bool(c.cinemas().remove("id")); }},
      {"DELETE /films/{film_id}", [](const Client& c) { return bool(c.films().remove("id")); }},
      {"DELETE /items/{item_id}", [](const Client& c) { return bool(c.items().remove("id")); }},
      {"DELETE /tickets/{ticket_id}", [](const Client& c) { return bool(c.tickets().remove("id")); }},
      {"DELETE /members/{member_id}", [](const Client& c) { return bool(c.members().remove("id")); }},
      {"PATCH /members/{member_id}/subscriptions",
       [](const Client& c) {
         return bool(c.members().update_subscriptions("id", {{"news", ex::Channel::sms}}));
       }},
      {"GET /subscriptions/categories", [](const Client& c) { return bool(c.subscription_categories()); }},
  };
  return table;
}

/// An operation with the one id that these tests use in the place of its parameter.
std::string with_id(std::string operation) {
  const auto begin = operation.find('{');
  return begin == std::string::npos ? operation : operation.replace(begin, operation.find('}') - begin + 1, "id");
}

std::vector<ex::Film> films(std::size_t count) {
  std::vector<ex::Film> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back({"f" + std::to_string(i), "title"});
  return made;
}

std::vector<std::string> described(const ex::UpsertResult& result) {
  std::vector<std::string> lines;
  for (const auto& range : result.records()) {
    constexpr std::array<const char*, 4> names{"accepted", "rejected", "unknown", "not sent"};
    lines.push_back(std::to_string(range.first) + '-' + std::to_string(range.end) + ' ' +
                    names.at(static_cast<std::size_t>(range.state)));
  }
  return lines;
}
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("resources - each operation of the API is one call, and says which", "[resources]") {
  for (const auto& [operation, call] : operations()) {
    CAPTURE(operation);
    const ResourcesFixture f;
    if (operation.substr(0, 3) == "GET") f.answer(200, "[]");
    CHECK(call(f.client));
    CHECK(f.operation(0) == with_id(operation));
  }
}

TEST_CASE("resources - the comments name the operations of the table, and no others", "[resources]") {
  const auto headers = std::filesystem::path(__FILE__).parent_path() / "../../include/movio/exhibitor";
  std::vector<std::string> commented;
  for (const char* name : {"records/services.hpp", "client.hpp"}) {
    std::ifstream header(headers / name);
    REQUIRE(header);
    for (std::string line; std::getline(header, line);) {
      const std::string mark = "/// @operation ";
      if (const auto at = line.find(mark); at != std::string::npos) commented.push_back(line.substr(at + mark.size()));
    }
  }
  std::sort(commented.begin(), commented.end());
  std::vector<std::string> listed;
  for (const auto& entry : operations()) listed.push_back(entry.first);
  CHECK(commented == listed);
}

TEST_CASE("resources - an upsert sends one array and gives the receipt", "[resources]") {
  const ResourcesFixture f;
  f.answer(202, R"({"total": 3, "created_count": 2, "updated_count": 1})");
  const auto receipt = f.client.films().upsert(films(3));
  REQUIRE(receipt);
  CHECK(receipt->total == 3);
  CHECK(receipt->created == 2);
  CHECK(receipt->updated == 1);
  REQUIRE(f.sent() == 1);
  CHECK(f.body(0) == json::parse(R"([{"film_id":"f0","title":"title"},{"film_id":"f1","title":"title"},
                                     {"film_id":"f2","title":"title"}])"));
  CHECK(f.transport->requests()[0].body.content_type() == "application/json");
}

TEST_CASE("resources - one record needs no range, and a few no container", "[resources]") {
  const ResourcesFixture f;
  ex::Film film;
  film.film_id = "f1";
  film.title = "title";
  CHECK(f.client.films().upsert(film));
  CHECK(f.body(0) == json::parse(R"([{"film_id":"f1","title":"title"}])"));
  const ex::Film other{"f2", "title"};
  f.answer(202, R"({"total": 2})");
  CHECK(f.client.films().upsert({film, other}));
  CHECK(f.body(1) == json::parse(R"([{"film_id":"f1","title":"title"},{"film_id":"f2","title":"title"}])"));
  CHECK(f.client.films().upsert({film}));
  CHECK(f.body(2) == f.body(0));
}

TEST_CASE("resources - any range will do", "[resources]") {
  const ResourcesFixture f;
  const std::list<ex::Film> list{{"f1", "title"}};
  const ex::Film array[] = {{"f1", "title"}, {"f2", "title"}};
  CHECK(f.client.films().upsert(list));
  CHECK(f.client.films().upsert(array));
}

TEST_CASE("resources - a range may make its records as it is passed, and be no const one", "[resources]") {
  struct Made {
    struct Iterator {
      int at;
      ex::Film operator*() const { return {"f" + std::to_string(at), "title"}; }
      Iterator& operator++() { return ++at, *this; }
      bool operator!=(const Iterator& other) const { return at != other.at; }
    };
    Iterator begin() { return {0}; }  // as views that keep a place have it
    Iterator end() { return {2}; }
  };
  const ResourcesFixture f;
  CHECK(f.client.films().upsert(Made{}));
  CHECK(f.body(0) == json::parse(R"([{"film_id":"f0","title":"title"},{"film_id":"f1","title":"title"}])"));
}

TEST_CASE("resources - a call sets its own timeout, cancellation, attempts, headers and context", "[resources]") {
  std::vector<void*> contexts;
  Rig f;
  f.client_options.retry.first_pause = 0ms;
  f.client_options.on_event = [&contexts](const ex::Event& event) { contexts.push_back(event.context); };
  const auto client = f.client();
  const ex::CancelSource source;
  ex::CallOptions options;
  options.timeout = 7s;
  options.cancel = source.token();
  options.max_attempts = 2;
  options.headers.add("X-Batch", "night");
  options.context = std::make_shared<int>(1);
  CHECK(client.films().upsert(films(1), options));
  CHECK(client.films().upsert({films(1).front()}, options));
  CHECK(client.films().upsert(films(1).front(), options));
  CHECK(client.films().remove("f1", options));
  CHECK(client.members().update_subscriptions("m1", {{"news", ex::Channel::sms}}, options));
  f.transport->answer(ex::json_response(200, "[]"));
  CHECK(client.subscription_categories(options));
  for (const auto& request : f.transport->requests()) {
    CAPTURE(request.method);
    CHECK(request.timeout == 7s);
    REQUIRE(request.headers.find("X-Batch") != nullptr);
    CHECK(*request.headers.find("X-Batch") == "night");
  }
  CHECK(f.sent() == 6);
  CHECK(contexts == std::vector<void*>(contexts.size(), options.context.get()));
  CHECK_FALSE(contexts.empty());

  for (int i = 0; i < 3; ++i) f.transport->answer(ex::json_response(503));
  const auto failed = client.films().remove("f1", options);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().attempts == 2);

  source.cancel();
  f.transport->hold();
  const auto cancelled = client.films().remove("f1", options);
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().kind == Kind::cancelled);
}

TEST_CASE("resources - the timeout of an upsert is for all of its requests together", "[resources]") {
  ResourcesFixture f;
  f.client_options.on_event = [clock = f.clock](const ex::Event& event) {
    if (event.kind == ex::EventKind::attempt_finished) clock->advance(7s);
  };
  f.client = f.Rig::client();
  ex::CallOptions options;
  options.timeout = 10s;
  const auto failed = f.client.films().upsert(films(15000), options);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == Kind::timeout);
  CHECK(described(failed) == Lines{"0-10000 accepted", "10000-15000 not sent"});
  REQUIRE(f.sent() == 2);
  CHECK(f.transport->requests()[0].timeout == 10s);
  CHECK(f.transport->requests()[1].timeout == 3s);
}

TEST_CASE("resources - a receipt that adds up is believed, also when it lacks members", "[resources]") {
  const std::vector<std::pair<int, const char*>> answers{
      {202, "{}"},
      {202, R"({"total": 2})"},
      {202, R"({"total": null, "created_count": null})"},
      {202, R"({"created_count": 1, "updated_count": 1})"},
      {202, R"({"updated_count": 1, "unknown": "member"})"},
      {200, R"({"total": 2})"},
      {200, R"({"total": 2, "created_count": 0, "updated_count": 2})"}};
  for (const auto& [status, body] : answers) {
    CAPTURE(status, body);
    const ResourcesFixture f;
    f.answer(status, body);
    const auto receipt = f.client.films().upsert(films(2));
    REQUIRE(receipt);
    CHECK(receipt->total == 2);
    CHECK(receipt->created + receipt->updated <= 2);
  }
}

TEST_CASE("resources - a 2xx without a receipt that adds up is no success", "[resources]") {
  const std::string whole = R"({"total": 3, "created_count": 2, "updated_count": 1})";
  const std::string page = "<!-- portal --><p>Please log in</p>";
  const std::vector<std::pair<int, std::string>> answers{
      {201, whole},
      {203, whole},
      {204, ""},
      {205, whole},
      {206, whole},
      {207, whole},
      {299, whole},
      {200, page},
      {202, page},
      {200, ""},
      {202, ""},
      {200, "{}"},
      {200, R"({"message": "ok"})"},
      {200, R"({"created_count": 3, "updated_count": 0})"},
      {202, "[]"},
      {202, "3"},
      {202, R"({"total": 3} )" + whole},
      {202, R"({"total": 0})"},
      {202, R"({"total": 2})"},
      {202, R"({"total": 4})"},
      {202, R"({"total": 0, "created_count": 0, "updated_count": 0})"},
      {202, R"({"total": 3, "created_count": 1, "updated_count": 1})"},
      {202, R"({"total": 3, "created_count": 3, "updated_count": 1})"},
      {202, R"({"created_count": 4})"},
      {202, R"({"updated_count": 4})"},
      {202, R"({"total": 3, "created_count": 18446744073709551615, "updated_count": 4})"},
      {202, R"({"total": "3"})"},
      {202, R"({"total": -3})"},
      {202, R"({"total": 3.0})"},
      {202, R"({"total": 3, "created_count": true})"},
      {202, R"({"total": 3, "total": 3})"}};
  for (const auto& [status, body] : answers) {
    CAPTURE(status, body);
    const ResourcesFixture f;
    f.transport->answer(ex::HttpResponse{status, {}, body});
    const auto receipt = f.client.films().upsert(films(3));
    REQUIRE_FALSE(receipt);
    CHECK(receipt.error().kind == Kind::protocol);
    CHECK(receipt.error().http_status == status);
    CHECK(receipt.error().attempts == 1);
    CHECK(receipt.error().may_have_acted);
    CHECK(contains(receipt.error().message, "HTTP " + std::to_string(status)));
    CHECK(contains(receipt.error().message, "what became of the re"));  // records, or request
    CHECK_FALSE(contains(receipt.error().message, "log in"));
    CHECK(described(receipt) == Lines{"0-3 unknown"});
  }
}

TEST_CASE("resources - a part without a receipt is unknown, and the next ones are not sent", "[resources]") {
  const ResourcesFixture f;
  f.answer(202, R"({"total": 5000})");
  f.answer(202, R"({"total": 4999})");
  const auto result = f.client.films().upsert(films(12000));
  REQUIRE_FALSE(result);
  CHECK(described(result) == Lines{"0-5000 accepted", "5000-10000 unknown", "10000-12000 not sent"});
  CHECK(f.sent() == 2);
}

TEST_CASE("resources - what has no receipt is done when the API says so", "[resources]") {
  const auto outcomes = [](int status, const std::string& body) {
    const ResourcesFixture f;
    f.transport->answer(ex::HttpResponse{status, {}, body});
    f.transport->answer(ex::HttpResponse{status, {}, body});
    return std::vector<ex::Result<void>>{f.client.films().remove("planted-id"),
                                         f.client.members().update_subscriptions("planted-id", {})};
  };
  const std::vector<std::pair<int, const char*>> successes{
      {204, ""}, {200, ""}, {202, " \r\n"}, {200, R"({"id": "x"})"}};
  for (const auto& [status, body] : successes) {
    CAPTURE(status, body);
    for (const auto& outcome : outcomes(status, body)) CHECK(outcome);
  }
  const std::vector<std::pair<int, const char*>> failures{
      {201, ""}, {203, ""}, {205, ""}, {206, ""}, {207, "{}"}, {299, ""}, {200, "<p>Please log in</p>"}, {202, "ok"}};
  for (const auto& [status, body] : failures) {
    CAPTURE(status, body);
    for (const auto& outcome : outcomes(status, body)) {
      REQUIRE_FALSE(outcome);
      CHECK(outcome.error().kind == Kind::protocol);
      CHECK(outcome.error().http_status == status);
      CHECK(outcome.error().may_have_acted);
      CHECK_FALSE(contains(outcome.error().message, "planted"));
    }
  }
}

TEST_CASE("resources - more than 5000 records go out in several requests", "[resources]") {
  const ResourcesFixture f;
  f.answer(202, R"({"total": 5000, "created_count": 5000, "updated_count": 0})");
  f.answer(202, R"({"total": 5000, "created_count": 0, "updated_count": 5000})");
  f.answer(202, R"({"total": 1, "created_count": 1, "updated_count": 0})");
  const auto receipt = f.client.films().upsert(films(10001));
  REQUIRE(receipt);
  CHECK(receipt->total == 10001);
  CHECK(receipt->created == 5001);
  CHECK(receipt->updated == 5000);
  REQUIRE(f.sent() == 3);
  CHECK(f.body(0).size() == 5000);
  CHECK(f.body(1)[0]["film_id"] == "f5000");
  CHECK(f.body(2).size() == 1);
}

TEST_CASE("resources - records beyond 4 MiB go out in several requests", "[resources]") {
  const ResourcesFixture f;
  auto many = films(5);
  for (auto& film : many) film.title = std::string(std::size_t{1} << 20U, 'x');
  CHECK(f.client.films().upsert(many));
  REQUIRE(f.sent() == 2);
  CHECK(f.body(0).size() == 3);
  CHECK(f.body(1).size() == 2);
}

TEST_CASE("resources - what the API would refuse is refused before anything is sent", "[resources]") {
  const ResourcesFixture f;
  auto many = films(6000);
  many[5500].film_id.clear();
  const auto refused = f.client.films().upsert(many);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == Kind::invalid_argument);
  CHECK(refused.error().message == "records[5500].film_id must not be empty");

  const auto empty = f.client.films().upsert(std::vector<ex::Film>{});
  REQUIRE_FALSE(empty);
  CHECK(empty.error().kind == Kind::invalid_argument);

  for (const char* id : {"", "\xff", "a/../b", "..", "a\nb"}) {
    for (const auto& removed : {f.client.films().remove(id), f.client.members().update_subscriptions(id, {})}) {
      REQUIRE_FALSE(removed);
      CHECK(removed.error().kind == Kind::invalid_argument);
    }
  }
  const auto subscriptions = f.client.members().update_subscriptions("m", {{"a", ex::Channel::sms}, {"b"}});
  REQUIRE_FALSE(subscriptions);
  CHECK(subscriptions.error().message == "subscriptions[1].channel is required");
  CHECK(f.sent() == 0);
}

TEST_CASE("resources - an upsert that fails midway says what became of which records", "[resources]") {
  const ResourcesFixture f;
  const auto fail_with = [&f](ex::FakeTransport::Answer answer) {
    f.answer(202);
    f.transport->answer(std::move(answer));
    auto result = f.client.films().upsert(films(12000));
    REQUIRE_FALSE(result);
    return result;
  };
  const auto rejected = fail_with(ex::json_response(422, R"({"message": "no good"})"));
  CHECK(rejected.error().kind == Kind::rejected);
  CHECK(described(rejected) == Lines{"0-5000 accepted", "5000-10000 rejected", "10000-12000 not sent"});
  CHECK(contains(rejected.error().message, "the first 5000 of 12000 were accepted"));

  const auto unknown = fail_with(ex::json_response(503, "{}"));
  CHECK(described(unknown) == Lines{"0-5000 accepted", "5000-10000 unknown", "10000-12000 not sent"});

  ex::Error refused = ex::detail::make_error(Kind::connection, "nobody there");
  refused.nothing_sent = true;
  CHECK(described(fail_with(refused)) == Lines{"0-5000 accepted", "5000-10000 not sent", "10000-12000 not sent"});
}

TEST_CASE("resources - an attempt that broke off leaves open what became of the records", "[resources]") {
  ex::Error nobody_there = ex::detail::make_error(Kind::connection, "nobody there");
  nobody_there.nothing_sent = true;
  const ex::Error broke_off = ex::detail::make_error(Kind::connection, "it broke off");
  const std::vector<std::pair<std::vector<ex::FakeTransport::Answer>, std::string>> rows{
      {{nobody_there, broke_off}, "0-2 unknown"},
      {{broke_off, nobody_there}, "0-2 unknown"},
      {{broke_off, ex::json_response(403)}, "0-2 unknown"},
      {{ex::json_response(500), ex::json_response(400)}, "0-2 unknown"},
      {{nobody_there, nobody_there}, "0-2 not sent"},
      {{nobody_there, ex::json_response(400)}, "0-2 rejected"},
      {{ex::json_response(429), ex::json_response(429)}, "0-2 rejected"}};
  for (const auto& [answers, state] : rows) {
    const auto transport = std::make_shared<ex::FakeTransport>();
    for (const auto& answer : answers) transport->answer(answer);
    ex::ClientOptions options;
    options.transport = transport;
    options.retry.max_attempts = 2;
    options.retry.first_pause = options.retry.longest_pause = std::chrono::milliseconds(0);
    const ex::ExhibitorClient client(ex::Region::eu, ex::credentials("id", ex::Secret(std::string("secret"))), options);
    const auto result = client.films().upsert(films(2));
    REQUIRE_FALSE(result);
    CHECK(described(result) == Lines{state});
    CHECK(result.error().nothing_sent == (state == "0-2 not sent"));
  }
}

TEST_CASE("resources - without a token nothing was sent", "[resources]") {
  const ResourcesFixture f;
  f.transport->answer_token(ex::json_response(403, R"({"error": "access_denied"})"));
  const auto result = f.client.films().upsert(films(2));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == Kind::issuer_rejected);
  CHECK(described(result) == Lines{"0-2 not sent"});
}

TEST_CASE("resources - ids go into paths as they are", "[resources]") {
  const ResourcesFixture f;
  CHECK(f.client.films().remove("a/b c%é"));
  CHECK(f.client.members().update_subscriptions("a/b", {}));
  CHECK(f.operation(0) == "DELETE /films/a%2Fb%20c%25%C3%A9");
  CHECK(f.operation(1) == "PATCH /members/a%2Fb/subscriptions");
  CHECK(f.body(1) == json::array());
}

TEST_CASE("resources - subscriptions are sent as they shall be, and may be repeated", "[resources]") {
  const ResourcesFixture f;
  CHECK(f.client.members().update_subscriptions(
      "m", {{"news", ex::Channel::email, ex::SubscriptionState::subscribed}, {"offers", ex::Channel::sms}}));
  CHECK(f.body(0) == json::parse(R"([{"category_id":"news","channel":"EMAIL","state":"SUBSCRIBED"},
                                     {"category_id":"offers","channel":"SMS","state":"UNSUBSCRIBED"}])"));
  CHECK(f.transport->requests()[0].idempotent);
}

TEST_CASE("resources - the categories of subscriptions are read", "[resources]") {
  const ResourcesFixture f;
  f.answer(200, R"([{"id":"news","name":"Newsletter","channels":["EMAIL","PIGEON"],"order":7},{"id":"bare"}])");
  const auto read = f.client.subscription_categories();
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  const auto& news = read->front();
  CHECK(news.id == "news");
  CHECK(news.name == "Newsletter");
  REQUIRE(news.channels.size() == 2);
  CHECK(news.channels[0] == ex::Channel::email);
  CHECK(news.channels[1].text() == "PIGEON");
  CHECK(ex::write_record(news).value() ==
        R"({"id":"news","name":"Newsletter","channels":["EMAIL","PIGEON"],"order":7})");
  CHECK(read->back().id == "bare");
}

TEST_CASE("resources - an answer that is no list of categories is an error, and is not quoted", "[resources]") {
  for (const std::string body :
       {"", "{}", "null", "[", "[1]", "<planted>", R"([{"name":"planted"}])", R"([],"planted":1)", R"([{"id":7}])",
        R"([{"id":"planted","channels":"EMAIL"}])", "[]}"}) {
    CAPTURE(body);
    const ResourcesFixture f;
    f.answer(200, body);
    const auto read = f.client.subscription_categories();
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == Kind::protocol);
    CHECK(read.error().http_status == 200);
    const bool is_json = json::accept(body);  // else it is no answer of the API's at all
    CHECK(contains(read.error().message, is_json ? "is no list of categories (categories" : "JSON"));
    CHECK_FALSE(contains(support::all_text(read.error()), "planted"));
  }
}

TEST_CASE("resources - a service outlives the client that gave it", "[resources]") {
  const Rig rig;
  const auto service = rig.client().films();
  CHECK(service.upsert(films(1)));
}
