// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <movio/exhibitor/bulk/bulk.hpp>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "background.hpp"
#include "bulk_fixture.hpp"
#include "catch.hpp"
#include "soak_memory.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using bulk::adds_up;
using bulk::film_line;
using bulk::film_lines;
using bulk::Fixture;
using nlohmann::json;
using support::contains;
using Kind = ex::ErrorKind;
using Ids = std::vector<std::string>;

namespace {

/// Takes every request and keeps nothing of it; looks how much memory is in use meanwhile.
class Taker : public ex::FakeTransport {
 public:
  double most_allocated = 0;

  void start(ex::TransportRequest request, Completion completion) override {
    if (request.method == "POST") return FakeTransport::start(std::move(request), std::move(completion));
    most_allocated = std::max(most_allocated, soak::Sample::taken().allocated);
    completion(ex::json_response(202));
  }
};

}  // namespace

TEST_CASE("bulk - lines go out in batches, as they are", "[bulk]") {
  Fixture f;
  f.options.batch_size = 2;
  const std::string odd = "{ \"title\":\t\"caf\\u00e9\", \"film_id\": \"f3\", \"new_member\": 1.50 }";
  std::string sent;
  f.api->judge = [&sent](const ex::TransportRequest& request) {
    CHECK(request.method == "PUT");
    CHECK(request.url == "https://api.example/films");
    sent = request.body.bytes();
    return std::nullopt;
  };
  const auto report = f.upload(film_lines(2) + odd + "\n");
  CHECK_FALSE(report.error);
  CHECK(f.api->batches == std::vector<Ids>{{"f1", "f2"}, {"f3"}});
  CHECK(sent == '[' + odd + ']');
  CHECK(report.read == 3);
  CHECK(report.counts.accepted == 3);
  CHECK(report.counts.created == 3);
  CHECK(report.counts.batches == 2);
  CHECK(adds_up(report));
}

TEST_CASE("bulk - an empty input is an upload of nothing", "[bulk]") {
  const Fixture f;
  const auto report = f.upload("\n  \n\r\n");
  CHECK_FALSE(report.error);
  CHECK(report.read == 0);
  CHECK(f.api->batches.empty());
}

TEST_CASE("bulk - a byte limit makes batches smaller", "[bulk]") {
  Fixture f;
  f.options.batch_bytes = 100;
  f.api->judge = [](const ex::TransportRequest& request) {
    const auto& body = request.body.bytes();
    CHECK((body.size() <= 100 || json::parse(body).size() == 1));
    return std::nullopt;
  };
  const auto report = f.upload(film_lines(10) + film_line("larger than all that", std::string(60, 'x')));
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 11);
  CHECK(f.api->batches.size() == 5);
}

TEST_CASE("bulk - lines that cannot be records are rejected by their number, and the others get through", "[bulk]") {
  Fixture f;
  const auto report = f.upload(
      "{\"film_id\":\"f1\",\"title\":\"a\"}\n"
      "\n"
      "{\"film_id\":\"f2\",\"title\":7}\n"
      "{\"film_id\":\"f3\"\n"
      "{\"film_id\":\"\",\"title\":\"a\"}\n"
      "{\"film_id\":\"f4\",\"title\":\"\xff\"}\n"
      "{\"film_id\":\"f5\",\"title\":\"b\"}\n");
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 2);
  CHECK(report.counts.rejected == 4);
  CHECK(adds_up(report));
  REQUIRE(f.rejects.size() == 4);
  CHECK(f.rejects[0].line == 3);
  CHECK(f.rejects[0].messages == Ids{"title must be a string"});
  CHECK(f.rejects[0].record == "{\"film_id\":\"f2\",\"title\":7}");
  CHECK(f.rejects[1].line == 4);
  CHECK(f.rejects[1].messages == Ids{"the record is not valid JSON"});
  CHECK(f.rejects[2].messages == Ids{"film_id must not be empty"});
  CHECK(f.rejects[3].line == 6);
  CHECK(f.rejects[3].messages == Ids{"the record is not UTF-8"});
  CHECK(f.api->batches == std::vector<Ids>{{"f1", "f5"}});
}

TEST_CASE("bulk - a batch of nothing but rejects sends nothing", "[bulk]") {
  Fixture f;
  f.options.batch_size = 2;
  const auto report = f.upload("1\n2\n3\n");
  CHECK_FALSE(report.error);
  CHECK(report.counts.rejected == 3);
  CHECK(f.api->batches.empty());
}

TEST_CASE("bulk - of an id that is twice in a batch the last record wins", "[bulk]") {
  Fixture f;
  const auto report = f.upload(film_line("f1", "first") + film_line("f2", "a") + film_line("f1", "second") +
                               film_line("\\u0066", "x") + film_line("f1", "third"));
  CHECK_FALSE(report.error);
  CHECK(f.api->films["f1"] == "third");
  CHECK(f.api->batches == std::vector<Ids>{{"f2", "\\u0066", "f1"}});
  CHECK(report.counts.superseded == 2);
  CHECK(f.superseded == std::map<std::uint64_t, std::uint64_t>{{1, 3}, {3, 5}});
  CHECK(adds_up(report));
}

TEST_CASE("bulk - an id is the same however it is escaped", "[bulk]") {
  Fixture f;
  const auto report = f.upload("{\"film_id\":\"fa\",\"title\":\"a\"}\n{\"film_id\":\"f\\u0061\",\"title\":\"b\"}\n");
  CHECK(report.counts.superseded == 1);
  CHECK(f.api->films["fa"] == "b");
}

TEST_CASE("bulk - a rejected batch is taken apart until just the bad records are found", "[bulk]") {
  const bool named = GENERATE(false, true);
  CAPTURE(named);
  Fixture f;
  f.api->name_entities = named;
  std::string lines;
  for (int i = 1; i <= 100; ++i) lines += film_line("f" + std::to_string(i), i % 40 == 7 ? "bad" : "good");
  const auto report = f.upload(lines);
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 97);
  CHECK(report.counts.rejected == 3);
  CHECK(report.counts.created == 97);
  CHECK(f.api->films.size() == 97);
  CHECK(adds_up(report));
  Ids bad;
  for (const auto& reject : f.rejects) {
    bad.push_back(std::to_string(reject.line));
    CHECK(reject.messages == Ids{"the title is bad"});
  }
  std::sort(bad.begin(), bad.end());
  CHECK(bad == Ids{"47", "7", "87"});
  if (named) CHECK(f.api->batches.size() == 7);  // the whole, three suspects and their parts, the good ones
}

TEST_CASE("bulk - suspects that the API names wrongly get through all the same", "[bulk]") {
  Fixture f;
  f.api->judge = [](const ex::TransportRequest& request) -> std::optional<ex::FakeTransport::Answer> {
    const auto records = json::parse(request.body.bytes());
    const bool bad =
        std::any_of(records.begin(), records.end(), [](const json& film) { return film["title"] == "bad"; });
    if (!bad) return std::nullopt;
    return ex::json_response(422, R"({"message": "no", "entities": [{"film_id": "f1"}, {"id": "f2"}, "f3", 7, null]})");
  };
  const auto report = f.upload(film_lines(8) + film_line("f9", "bad"));
  CHECK(report.counts.accepted == 8);
  CHECK(report.counts.rejected == 1);
  REQUIRE(f.rejects.size() == 1);
  CHECK(f.rejects[0].line == 9);
}

TEST_CASE("bulk - 413 makes requests smaller, also those to come", "[bulk]") {
  Fixture f;
  f.options.batch_size = 64;
  f.api->judge = bulk::up_to(500);
  f.options.in_flight = 1;
  const auto report = f.upload(film_lines(500));
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 500);
  const auto too_large =
      std::count_if(f.api->batches.begin(), f.api->batches.end(), [](const Ids& ids) { return ids.size() > 20; });
  CHECK(too_large < 8);
}

TEST_CASE("bulk - one record that is refused with a 413 in any company does not make all requests small", "[bulk]") {
  Fixture f;
  f.options.batch_size = 100;
  f.options.in_flight = 1;
  f.api->judge = [](const ex::TransportRequest& request) -> std::optional<ex::FakeTransport::Answer> {
    if (contains(request.body.bytes(), "poison")) return ex::json_response(413);
    return std::nullopt;
  };
  const auto report = f.upload(film_lines(20) + film_line("bad", "poison") + film_lines(979));
  CHECK(report.counts.accepted == 979);
  CHECK(report.counts.superseded == 20);
  CHECK(report.counts.rejected == 1);
  CHECK(f.api->batches.size() < 60);
}

TEST_CASE("bulk - a record that is too large alone is rejected", "[bulk]") {
  Fixture f;
  f.api->judge = bulk::up_to(200);
  const auto report = f.upload(film_lines(3) + film_line("big", std::string(300, 'x')) + film_line("f9", "a"));
  CHECK(report.counts.accepted == 4);
  CHECK(report.counts.rejected == 1);
  REQUIRE(f.rejects.size() == 1);
  CHECK(f.rejects[0].line == 4);
}

TEST_CASE("bulk - a record whose later version the API refuses is sent after all", "[bulk]") {
  Fixture f;
  std::vector<std::uint64_t> superseded;
  f.options.on_superseded = [&superseded](std::uint64_t line, std::uint64_t /*later*/) { superseded.push_back(line); };
  const auto report = f.upload(film_line("x", "first") + film_line("x", "good") + film_line("y", "y") +
                               film_line("x", "bad") + film_line("x", "bad"));
  CHECK(f.api->films == std::map<std::string, std::string>{{"x", "good"}, {"y", "y"}});
  CHECK(superseded == std::vector<std::uint64_t>{1});
  CHECK(report.counts.accepted == 2);
  CHECK(report.counts.superseded == 1);
  CHECK(report.counts.rejected == 2);
  CHECK(adds_up(report));
}

TEST_CASE("bulk - a conflict is one record's, and is taken apart like a refusal", "[bulk]") {
  Fixture f;
  f.api->judge = [](const ex::TransportRequest& request) -> std::optional<ex::FakeTransport::Answer> {
    if (contains(request.body.bytes(), "conflict")) return bulk::api_error(409);
    return std::nullopt;
  };
  const auto report = f.upload(film_lines(5) + film_line("f6", "conflict"));
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 5);
  CHECK(report.counts.rejected == 1);
}

TEST_CASE("bulk - a source that fails once and then ends has not been read to its end", "[bulk]") {
  Fixture f;
  int asked = 0;
  const auto report = f.bulk().upsert_ndjson<ex::Film>([&](char* into, std::size_t room) -> ex::Result<std::size_t> {
    ++asked;
    if (asked == 1) return film_lines(3).copy(into, room);
    if (asked == 2) return ex::detail::make_error(Kind::storage, "the disk is gone");
    return std::size_t{0};
  });
  REQUIRE(report.error);
  CHECK(report.error->kind == Kind::storage);
  CHECK(report.counts.accepted == 3);  // what was read before is sent
  CHECK(adds_up(report));
}

TEST_CASE("bulk - too many rejects stop the search", "[bulk]") {
  CHECK(ex::BulkOptions().max_rejects == 1000);
  Fixture f;
  f.options.max_rejects = 10;
  std::string lines;
  for (int i = 1; i <= 6000; ++i) lines += film_line("f" + std::to_string(i), "bad");
  const auto report = f.upload(lines);
  REQUIRE(report.error);
  CHECK(report.error->kind == Kind::rejected);
  CHECK(report.counts.rejected == 11);
  CHECK(f.api->batches.size() < 200);
  CHECK(adds_up(report));
  CHECK(report.not_sent == report.read - 11);
}

TEST_CASE("bulk - throttling slows the upload and does not fail it", "[bulk]") {
  Fixture f;
  f.options.batch_size = 1;
  int count = 0;
  f.api->judge = [&count](const ex::TransportRequest&) -> std::optional<ex::FakeTransport::Answer> {
    if (++count % 3 != 0) return ex::json_response(429, "{}", {{"Retry-After", "60"}});
    return std::nullopt;
  };
  const auto begun = f.clock->now();
  const auto report = f.upload(film_lines(20));
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 20);
  CHECK(report.counts.retried == 40);
  CHECK(f.clock->now() - begun >= std::chrono::minutes(20));
}

TEST_CASE("bulk - an outage is waited out as long as patience lasts", "[bulk]") {
  Fixture f;
  f.options.batch_size = 1;
  bool down = false;
  f.api->judge = [&](const ex::TransportRequest&) -> std::optional<ex::FakeTransport::Answer> {
    if (f.api->films.size() == 3) down = true;
    if (!down) return std::nullopt;
    return ex::json_response(503);
  };
  const auto begun = f.clock->now();
  const auto report = f.upload(film_lines(10));
  REQUIRE(report.error);
  CHECK(report.error->kind == Kind::server_error);
  CHECK(report.counts.accepted == 3);
  CHECK(adds_up(report));
  const auto waited = f.clock->now() - begun;
  CHECK(waited > std::chrono::minutes(13));
  CHECK(waited <= std::chrono::minutes(15));
  CHECK(f.api->batches.size() < 200);
}

TEST_CASE("bulk - who has never got through is told soon", "[bulk]") {
  Fixture f;
  f.options.batch_size = 1;
  f.options.in_flight = 3;
  f.api->deferred = true;
  f.clock->happen = [&f] { return f.api->answer_one(0); };
  f.api->judge = [](const ex::TransportRequest&) -> std::optional<ex::FakeTransport::Answer> {
    return ex::detail::make_error(Kind::connection, "nobody there");
  };
  const auto begun = f.clock->now();
  const auto report = f.upload(film_lines(10));
  REQUIRE(report.error);
  CHECK(report.error->kind == Kind::connection);
  CHECK(f.clock->now() - begun < std::chrono::seconds(10));
  CHECK(f.api->batches.size() == 3 + 1 + 1 + 1);
  CHECK(report.counts.accepted == 0);
  CHECK(adds_up(report));
}

TEST_CASE("bulk - an API that fails the first requests, as when it restarts, gets all the records", "[bulk]") {
  for (const bool explained : {true, false}) {
    for (const int in_flight : {1, 4}) {
      CAPTURE(explained, in_flight);
      Fixture f;
      f.answer_in_turn(in_flight);
      f.options.batch_size = 2;
      int asked = 0;
      f.api->judge = [&](const ex::TransportRequest&) -> std::optional<ex::FakeTransport::Answer> {
        if (++asked > 3) return std::nullopt;
        return bulk::api_error(explained ? 503 : 500);
      };
      const auto report = f.upload(film_lines(20));
      CHECK_FALSE(report.error);
      CHECK(report.counts.accepted == 20);
      CHECK(f.api->films.size() == 20);
      CHECK(adds_up(report));
    }
  }
}

TEST_CASE("bulk - what no request would survive ends the upload", "[bulk]") {
  const int status = GENERATE(401, 403, 404, 405, 302);
  CAPTURE(status);
  Fixture f;
  f.options.batch_size = 1;
  f.options.in_flight = 1;
  f.api->judge = [status](const ex::TransportRequest&) { return bulk::api_error(status); };
  const auto report = f.upload(film_lines(10));
  REQUIRE(report.error);
  CHECK(f.api->batches.size() <= 2);  // a 401 is tried with a fresh token
  CHECK(report.counts.rejected == 0);
  CHECK(adds_up(report));
}

TEST_CASE("bulk - a request that failed is sent again by the upload alone, at its pace", "[bulk]") {
  Fixture f;
  f.max_attempts = 4;  // of the client's other calls
  f.options.batch_size = 1;
  f.clock->happen = [&f] {
    f.api->run_delayed_tasks();
    return false;
  };
  std::vector<ex::Clock::Steady> sent;
  f.api->judge = [&](const ex::TransportRequest&) -> std::optional<ex::FakeTransport::Answer> {
    sent.push_back(f.clock->now());
    if (sent.size() > 6) return std::nullopt;
    return ex::json_response(429);
  };
  const auto report = f.upload(film_lines(1));
  CHECK_FALSE(report.error);
  CHECK(report.counts.retried == 6);
  REQUIRE(sent.size() == 7);
  for (std::size_t i = 1; i < sent.size(); ++i) CHECK(sent[i] - sent[i - 1] >= std::chrono::seconds(1));
}

TEST_CASE("bulk - goes on after a 503, of the issuer or of the API, and ends over any transport", "[bulk]") {
  const auto clock = std::make_shared<ex::FakeClock>();
  const auto transport = std::make_shared<ex::FakeTransport>(clock);
  const auto unavailable = ex::json_response(503, "{}", {{"Retry-After", "2"}});
  ex::ClientOptions options;
  options.transport = transport;
  options.token.clock = clock;
  const ex::ExhibitorClient client(ex::Region::eu, ex::credentials("client-1", ex::Secret("secret")), options);
  SECTION("of the issuer") { transport->answer_token(unavailable); }
  SECTION("of the API") { transport->answer(unavailable); }
  const std::vector<ex::Film> films{{"f1", "A Film"}, {"f2", "Another Film"}};
  auto upload = support::in_background([&] { return ex::Bulk(client).upsert(films); });
  while (upload.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
    if (clock->now() > ex::FakeClock().now() + std::chrono::minutes(10)) fixtures::give_up("the upload did not end");
    clock->advance(std::chrono::milliseconds(100));
  }
  const auto report = upload.get();
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 2);
}

TEST_CASE("bulk - a full batch is sent before the next record is there", "[bulk]") {
  Fixture f;
  const bool by_bytes = GENERATE(false, true);
  CAPTURE(by_bytes);
  (by_bytes ? f.options.batch_bytes : f.options.batch_size) = 2;
  const std::size_t in_a_batch = by_bytes ? 1 : 2;
  std::size_t given = 0;
  ex::Film film;
  const auto report = f.bulk().upsert_each<ex::Film>([&]() -> const ex::Film* {
    if (given > 0) CHECK(f.api->batches.size() == given / in_a_batch);
    if (given == 6) return nullptr;
    film = {"f" + std::to_string(++given), "title"};
    return &film;
  });
  CHECK(report.counts.accepted == 6);
}

TEST_CASE("bulk - a pause that ends between two looks at the clock is over", "[bulk]") {
  /// Each look takes a moment.
  class SlowClock : public ex::FakeClock {
   public:
    explicit SlowClock(std::chrono::milliseconds look) : look_(look) {}
    [[nodiscard]] Steady now() const noexcept override {
      const_cast<SlowClock*>(this)->advance(look_);
      return FakeClock::now();
    }
    void wait_until(std::unique_lock<std::mutex>& /*lock*/, std::condition_variable& /*changed*/,
                    Steady until) override {
      if (until == Steady::max()) throw std::runtime_error("a wait without an end");
      advance(std::chrono::milliseconds(1));
    }

   private:
    std::chrono::milliseconds look_;
  };
  for (int look = 10; look <= 3000; look += 30) {  // a pause takes one or two seconds
    CAPTURE(look);
    const auto api = std::make_shared<bulk::FilmApi>();
    api->judge = [count = 0](const ex::TransportRequest&) mutable -> std::optional<ex::FakeTransport::Answer> {
      if (++count % 4 == 0) return std::nullopt;
      return ex::json_response(429);
    };
    const fixtures::Rig rig;
    ex::TokenOptions token;
    token.clock = std::make_shared<SlowClock>(std::chrono::milliseconds(look));
    const auto provider = std::make_shared<ex::TokenProvider>(rig.endpoints, rig.source, token, api);
    ex::BulkOptions options;
    options.batch_size = 1;
    std::istringstream lines(film_lines(3));
    const ex::Bulk bulk(ex::ExhibitorClient(provider, rig.client_options), options);
    CHECK(bulk.upsert_ndjson<ex::Film>(ex::bytes_of(lines)).counts.accepted == 3);
  }
}

TEST_CASE("bulk - a 2xx without a receipt that adds up is no success", "[bulk]") {
  const auto report_for = [](const ex::HttpResponse& answer) {
    Fixture f;
    f.options.in_flight = 1;
    f.api->judge = [&](const ex::TransportRequest&) { return answer; };
    return f.upload(film_lines(3));
  };
  for (const auto& answer :
       {ex::json_response(202, R"({"total":0,"created_count":0,"updated_count":0})"),
        ex::json_response(202, R"({"total":2})"), ex::json_response(202, R"({"total":4})"),
        ex::json_response(202, R"({"total":3,"created_count":1,"updated_count":1})"),
        ex::json_response(202, R"({"created_count":4})"), ex::json_response(202, R"({"total":"3"})"),
        ex::json_response(202, "[]"), ex::json_response(200, "{}"), ex::json_response(201, R"({"total":3})"),
        ex::json_response(207, R"({"total":3})"), ex::HttpResponse{205}, ex::HttpResponse{200, {}, "Please log in"}}) {
    CAPTURE(answer.status);
    const auto report = report_for(answer);
    REQUIRE(report.error);
    CHECK(report.error->kind == Kind::protocol);
    CHECK(report.error->http_status == answer.status);
    CHECK(contains(report.error->message, "PUT /films: the "));
    CHECK(contains(report.error->message, "HTTP " + std::to_string(answer.status)));
    CHECK(report.counts.accepted == 0);
    CHECK(report.not_sent == 3);
  }
  CHECK(report_for(ex::json_response(202, R"({"total":3,"created_count":1,"updated_count":2})")).counts.updated == 2);
  CHECK(report_for(ex::json_response(202)).counts.accepted == 3);
  CHECK(report_for(ex::json_response(200, R"({"total":3})")).counts.accepted == 3);
}

TEST_CASE("bulk - a removal is done only when the answer says so", "[bulk]") {
  const auto report_for = [](const ex::HttpResponse& answer) {
    Fixture f;
    f.api->judge = [&](const ex::TransportRequest&) { return answer; };
    return f.bulk().remove<ex::Film>(Ids{"f1"});
  };
  CHECK(report_for(ex::HttpResponse{204}).counts.accepted == 1);
  CHECK(report_for(ex::json_response(200)).counts.accepted == 1);
  for (const auto& answer : {ex::HttpResponse{200, {}, "Please log in"}, ex::HttpResponse{207}, ex::HttpResponse{205},
                             ex::HttpResponse{201}}) {
    const auto report = report_for(answer);
    REQUIRE(report.error);
    CHECK(contains(report.error->message, "DELETE /films/{id}: the "));
    CHECK(contains(report.error->message, "HTTP " + std::to_string(answer.status)));
    CHECK(report.counts.accepted == 0);
    CHECK(report.not_sent == 1);
  }
}

TEST_CASE("bulk - the first reason to stop counts", "[bulk]") {
  Fixture f;
  f.answer_in_turn(2);
  int status = 402;
  f.api->judge = [&status](const ex::TransportRequest&) { return bulk::api_error(++status); };
  const auto report = f.upload(film_lines(4));
  REQUIRE(report.error);
  CHECK(report.error->http_status == 403);
  CHECK(status == 404);
}

TEST_CASE("bulk - structs are checked and sent like lines", "[bulk]") {
  Fixture f;
  std::vector<ex::Film> films{{"f1", "a"}, {"", "b"}, {"f3", "\xff"}, {"f1", "c"}};
  const auto report = f.bulk().upsert(films);
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 1);
  CHECK(report.counts.superseded == 1);
  CHECK(report.counts.rejected == 2);
  CHECK(f.api->films == std::map<std::string, std::string>{{"f1", "c"}});
  REQUIRE(f.rejects.size() == 2);
  CHECK(f.rejects[0].line == 2);
  CHECK(f.rejects[1].messages == Ids{"title is not UTF-8"});
  CHECK(adds_up(report));
}

TEST_CASE("bulk - many are removed, by a range of ids and by lines", "[bulk]") {
  Fixture f;
  f.api->films = {{"f1", "a"}, {"f/2", "b"}, {"f3", "c"}};
  const auto report = f.bulk().remove<ex::Film>(Ids{"f1", "f/2", "gone", "", "..", "f1"});
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 2);
  CHECK(report.counts.absent == 2);
  CHECK(report.counts.rejected == 2);
  CHECK(f.api->films.size() == 1);
  CHECK(adds_up(report));

  std::istringstream ids("f3\r\n\nnobody\n");
  const auto second = f.bulk().remove_lines<ex::Film>(ex::bytes_of(ids));
  CHECK(second.counts.accepted == 1);
  CHECK(second.counts.absent == 1);
  CHECK(f.api->films.empty());
}

TEST_CASE("bulk - an id that no path can hold is rejected, and the others are removed", "[bulk]") {
  Fixture f;
  f.api->films = {{"f1", "a"}, {"f2", "b"}};
  const std::string too_long(9000, 'l');
  f.api->judge = [&](const ex::TransportRequest& request) -> std::optional<ex::FakeTransport::Answer> {
    if (request.url.size() > 8000) return ex::json_response(414);
    return std::nullopt;
  };
  const auto report = f.bulk().remove<ex::Film>(Ids{"f1", "a/..", "./x", "a/../b", "a\\..\\b", "\xff", too_long, "f2"});
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 2);
  CHECK(report.counts.rejected == 6);
  CHECK(f.api->films.empty());
  CHECK(f.api->batches.size() == 3);
  f.rejects.clear();

  std::istringstream members(
      R"({"member_id":"a/../b","subscriptions":[]}
{"member_id":"..","subscriptions":[]}
{"member_id":"good","subscriptions":[]}
)");
  f.api->judge = [](const ex::TransportRequest&) { return ex::HttpResponse{204}; };
  const auto changed = f.bulk().update_subscriptions_ndjson(ex::bytes_of(members));
  CHECK_FALSE(changed.error);
  CHECK(changed.counts.accepted == 1);
  CHECK(changed.counts.rejected == 2);
  const std::vector<ex::MemberSubscriptions> structs{{"./x", {}}, {"good", {}}};
  CHECK(f.bulk().update_subscriptions(structs).counts.rejected == 1);
}

TEST_CASE("bulk - subscriptions are changed one member at a time", "[bulk]") {
  Fixture f;
  std::vector<std::string> asked;
  f.api->judge = [&asked](const ex::TransportRequest& request) -> std::optional<ex::FakeTransport::Answer> {
    asked.push_back(request.method + ' ' + request.url + ' ' + std::string(request.body.bytes()));
    return asked.size() == 2 ? bulk::api_error(404) : ex::HttpResponse{204};
  };
  std::istringstream lines(
      R"({"member_id":"m/1","subscriptions":[{"category_id":"a","channel":"SMS","state":"SUBSCRIBED"}]}
{"member_id":"m2","subscriptions":[]}
{"member_id":"m3","subscriptions":[{"category_id":"a"}]}
{"member_id":"m4","surprise":1,"subscriptions":[]}
)");
  const auto report = f.bulk().update_subscriptions_ndjson(ex::bytes_of(lines));
  CHECK_FALSE(report.error);
  CHECK(asked == Ids{"PATCH https://api.example/members/m%2F1/subscriptions "
                     R"([{"category_id":"a","channel":"SMS","state":"SUBSCRIBED"}])",
                     "PATCH https://api.example/members/m2/subscriptions []"});
  CHECK(report.counts.accepted == 1);
  CHECK(report.counts.rejected == 3);
  CHECK(adds_up(report));
}

TEST_CASE("bulk - options that make no sense are refused", "[bulk]") {
  const auto refused = [](auto change) {
    Fixture f;
    change(f.options);
    const auto report = f.upload(film_lines(1));
    return report.error && report.error->kind == Kind::invalid_argument && f.api->batches.empty();
  };
  CHECK(refused([](ex::BulkOptions& o) { o.batch_size = 0; }));
  CHECK(refused([](ex::BulkOptions& o) { o.batch_size = 5001; }));
  CHECK(refused([](ex::BulkOptions& o) { o.batch_bytes = 0; }));
  CHECK(refused([](ex::BulkOptions& o) { o.in_flight = 0; }));
  CHECK(refused([](ex::BulkOptions& o) { o.patience = std::chrono::milliseconds(-1); }));
}

TEST_CASE("bulk - batches are in flight together unless they share an id", "[bulk]") {
  Fixture f;
  f.options.batch_size = 2;
  f.options.in_flight = 3;
  f.api->deferred = true;
  std::vector<std::size_t> waiting;
  f.clock->happen = [&] {
    waiting.push_back(f.api->waiting());
    return f.api->answer_one(waiting.back() - 1);
  };
  const auto report = f.upload(film_lines(6) + film_line("f1", "again") + film_lines(1));
  CHECK_FALSE(report.error);
  CHECK(waiting == std::vector<std::size_t>{3, 2, 1, 1});
  CHECK(f.api->films["f1"] == "title");
  CHECK(report.counts.superseded == 1);
}

TEST_CASE("bulk - memory does not grow with the input", "[bulk]") {
  constexpr std::size_t lines = 100'000;
  const std::string title(1000, 'x');
  std::size_t made = 0;
  std::string line;
  const ex::ByteSource input = [&](char* into, std::size_t room) -> ex::Result<std::size_t> {
    if (line.empty() && made < lines) line = film_line("f" + std::to_string(++made), title);
    const std::size_t count = line.copy(into, room);
    line.erase(0, count);
    return count;
  };
  const auto taker = std::make_shared<Taker>();
  const fixtures::Rig rig;
  const auto provider = std::make_shared<ex::TokenProvider>(rig.endpoints, rig.source, ex::TokenOptions{}, taker);
  const double before = soak::Sample::taken().allocated;
  const auto report = ex::Bulk(ex::ExhibitorClient(provider, rig.client_options)).upsert_ndjson<ex::Film>(input);
  CHECK(report.counts.accepted == lines);
  CHECK(report.bytes > 100'000'000);
  CHECK(taker->most_allocated > before);
  CHECK(taker->most_allocated - before < 64.0 * 1024 * 1024);
}

TEST_CASE("bulk - whatever happens, every record has one fate and the last of an id wins", "[bulk]") {
  const unsigned seed = GENERATE(range(1U, 60U));
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto one_in = [&random](unsigned n) { return random() % n == 0; };
  Fixture f;
  f.options.batch_size = 1 + random() % 40;
  f.options.in_flight = 1 + static_cast<int>(random() % 8);
  f.options.batch_bytes = 100 + random() % 2000;
  f.api->name_entities = one_in(2);
  f.api->deferred = true;
  std::size_t most_waiting = 0;
  f.clock->happen = [&] {
    most_waiting = std::max(most_waiting, f.api->waiting());
    return f.api->answer_one(random());
  };
  f.api->judge = [&](const ex::TransportRequest& request) -> std::optional<ex::FakeTransport::Answer> {
    if (one_in(10)) return ex::json_response(429, "{}", {{"Retry-After", "1"}});
    if (one_in(10) && !f.api->films.empty()) return ex::json_response(503);
    if (one_in(10) && !f.api->films.empty()) return ex::detail::make_error(Kind::connection, "broken");
    if (request.body.bytes().size() > 1500) return ex::json_response(413);
    return std::nullopt;
  };
  std::string lines;
  std::map<std::string, std::string> wanted;
  std::uint64_t bad = 0;
  for (int i = 0; i < 500; ++i) {
    const std::string id = "f" + std::to_string(random() % 200);
    if (one_in(20)) {
      lines += "{\"film_id\":" + id + "}\n";
      ++bad;
    } else {
      const std::string title = "title " + std::to_string(i);
      lines += film_line(id, title);
      wanted[id] = title;
    }
  }
  const auto report = f.upload(lines);
  CHECK_FALSE(report.error);
  CHECK(report.read == 500);
  CHECK(report.not_sent == 0);
  CHECK(report.counts.rejected == bad);
  CHECK(f.rejects.size() == bad);
  CHECK(f.superseded.size() == report.counts.superseded);
  CHECK(adds_up(report));
  CHECK(f.api->films == wanted);
  CHECK(most_waiting <= static_cast<std::size_t>(f.options.in_flight));
}
