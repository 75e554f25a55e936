// SPDX-License-Identifier: MIT

// Answers that are not the API's, and failures that do not say which record is why.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <movio/exhibitor/bulk/bulk.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "bulk_fixture.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using bulk::adds_up;
using bulk::film_line;
using bulk::film_lines;
using bulk::Fixture;
using nlohmann::json;
using support::contains;
using Kind = ex::ErrorKind;
using Answer = ex::FakeTransport::Answer;
using Ids = std::vector<std::string>;

namespace {

ex::HttpResponse page(int status) {
  return {status, {{"Content-Type", "text/html"}}, "<html><title>Forbidden</title><p>Request blocked.</html>"};
}

/// A transport's failure of a request that the API may have got.
ex::Error broken(Kind kind) { return ex::detail::make_error(kind, "it broke"); }

/// Ways in which a request fails because of one record, without a word about it.
std::vector<Answer> unexplained() {
  return {page(400),
          page(403),
          page(406),
          page(200),
          page(302),
          page(502),
          ex::json_response(500, R"({"message":"Internal server error"})"),
          ex::json_response(504),
          ex::json_response(207),
          ex::json_response(202, R"({"total":0})"),
          broken(Kind::connection),
          broken(Kind::timeout)};
}

/// A judge that answers so whatever holds the text.
bulk::FilmApi::Judge answers_to(const std::string& text, const Answer& answer) {
  return [=](const ex::TransportRequest& request) -> std::optional<Answer> {
    if (contains(request.body.bytes(), text) || contains(request.url, text)) return answer;
    return std::nullopt;
  };
}

std::string films_with_poison(int count, int line) {
  std::string lines;
  for (int i = 1; i <= count; ++i) lines += film_line("f" + std::to_string(i), i == line ? "poison" : "title");
  return lines;
}

}  // namespace

TEST_CASE("bulk gateway - one record that makes its request fail is found, and the others get through", "[bulk]") {
  for (const auto& answer : unexplained()) {
    for (const int in_flight : {1, 4}) {
      CAPTURE(answer ? answer->status : 0, in_flight);
      Fixture f;
      f.options.batch_size = 10;
      f.options.in_flight = in_flight;
      f.api->judge = answers_to("poison", answer);
      const auto report = f.upload(films_with_poison(200, 26));
      CHECK_FALSE(report.error);
      CHECK(report.counts.accepted == 199);
      REQUIRE(f.rejects.size() == 1);
      CHECK(f.rejects[0].line == 26);
      CHECK(f.rejects[0].id == "f26");
      CHECK(f.rejects[0].messages.size() == 1);
      CHECK(f.api->batches.size() < 20 + 20);
      CHECK(adds_up(report));
    }
  }
}

TEST_CASE("bulk gateway - a record that makes its request fail is found wherever it stands", "[bulk]") {
  const int batch_size = GENERATE(1, 2, 7);
  const int line = GENERATE(8, 19, 20);
  CAPTURE(batch_size, line);
  Fixture f;
  f.options.batch_size = static_cast<std::size_t>(batch_size);
  f.options.in_flight = 1;
  f.options.patience = std::chrono::minutes(2);
  f.api->judge = answers_to("poison", page(403));
  const auto report = f.upload(films_with_poison(20, line));
  CHECK(report.counts.accepted == 19);
  // nothing else is left to succeed beside a last batch of one record, which could be an outage as well
  const bool is_last_alone = line == 20 && batch_size == 1;
  CHECK(report.error.has_value() == is_last_alone);
  CHECK(f.rejects.size() == (is_last_alone ? 0 : 1));
  CHECK(adds_up(report));
}

TEST_CASE("bulk gateway - before anything has succeeded, a page in place of an answer ends the upload", "[bulk]") {
  const int status = GENERATE(400, 403, 404, 406);
  CAPTURE(status);
  Fixture f;
  f.options.batch_size = 5;
  f.options.in_flight = 1;
  f.api->judge = answers_to("poison", page(status));
  const auto report = f.upload(films_with_poison(20, 3));
  REQUIRE(report.error);
  CHECK(report.error->http_status == status);
  CHECK(contains(report.error->message, "PUT /films: something before the API"));
  CHECK(contains(report.error->message, "answered HTTP " + std::to_string(status)));
  CHECK(contains(report.error->message, "(lines 1 to 5 of the input)"));
  CHECK_FALSE(contains(report.error->message, "scopes"));
  CHECK(f.api->batches.size() == 1);
  CHECK(report.counts.rejected == 0);
  CHECK(report.not_sent == report.read);
}

TEST_CASE("bulk gateway - an answer that is there first does not count for those in flight", "[bulk]") {
  Fixture f;
  f.options.batch_size = 5;
  f.options.in_flight = 4;
  f.api->deferred = true;
  std::size_t lot = 1;  // the second batch is answered first
  bool answers = false;
  f.clock->happen = [&] {  // the pause after a failure ends before the next answer comes
    f.clock->advance(std::chrono::seconds(5));
    return !std::exchange(answers, !answers) || f.api->answer_one(std::exchange(lot, 0));
  };
  SECTION("when one of those succeeds, the upload goes on") {
    f.api->judge = answers_to("poison", page(403));
    const auto report = f.upload(films_with_poison(100, 8));
    CHECK_FALSE(report.error);
    CHECK(report.counts.accepted == 99);
    CHECK(report.counts.rejected == 1);
  }
  SECTION("when none succeeds, it ends with the first error, and sends no more") {
    f.api->judge = [&](const ex::TransportRequest& request) -> std::optional<Answer> {
      if (contains(request.body.bytes(), "\"f8\"")) return page(403);
      return broken(Kind::connection);
    };
    const auto report = f.upload(film_lines(100));
    REQUIRE(report.error);
    CHECK(report.error->http_status == 403);
    CHECK(contains(report.error->message, "(lines 6 to 10 of the input)"));
    CHECK(f.api->batches.size() == 4);
    CHECK(adds_up(report));
  }
}

TEST_CASE("bulk gateway - whatever the API itself has answered counts as a success", "[bulk]") {
  Fixture f;
  f.options.batch_size = 1;
  f.options.in_flight = 1;
  SECTION("a refusal") {
    std::string lines;
    for (int i = 1; i <= 20; ++i) lines += film_line("f" + std::to_string(i), i == 3 ? "poison" : "bad");
    f.api->judge = answers_to("poison", page(403));
    const auto report = f.upload(lines);
    CHECK_FALSE(report.error);
    CHECK(report.counts.rejected == 20);
  }
  SECTION("an id that it does not have") {
    Ids ids;
    for (int i = 1; i <= 20; ++i) ids.push_back(i == 3 ? "poison" : "f" + std::to_string(i));
    f.api->judge = answers_to("poison", page(403));
    const auto report = f.bulk().remove<ex::Film>(ids);
    CHECK_FALSE(report.error);
    CHECK(report.counts.absent == 19);
    CHECK(report.counts.rejected == 1);
  }
}

TEST_CASE("bulk gateway - what succeeded before an upload was resumed counts", "[bulk]") {
  Fixture f;
  f.options.journal = f.directory.path("journal");
  f.options.batch_size = 10;
  f.options.in_flight = 1;
  const std::string lines = films_with_poison(20, 13);
  f.api->judge = bulk::only_first(1);
  REQUIRE(f.upload(lines).error);
  f.api->judge = answers_to("poison", page(403));
  const auto report = f.upload(lines);
  CHECK_FALSE(report.error);
  CHECK(report.resumed == 10);
  CHECK(report.counts.accepted == 19);
  CHECK(report.counts.rejected == 1);
  CHECK(adds_up(report));
}

TEST_CASE("bulk gateway - what the API itself says ends the upload or refuses a record as before", "[bulk]") {
  Fixture f;
  f.options.batch_size = 5;
  f.api->judge = answers_to("poison", bulk::api_error(403));
  const auto forbidden = f.upload(films_with_poison(20, 13));
  REQUIRE(forbidden.error);
  CHECK(forbidden.error->kind == Kind::forbidden);
  CHECK_FALSE(contains(forbidden.error->message, "something before the API"));
  CHECK(forbidden.counts.rejected == 0);
  f.api->judge = answers_to("poison", bulk::api_error(422));
  CHECK(f.upload(films_with_poison(20, 3)).counts.rejected == 1);
}

TEST_CASE("bulk gateway - an outage rejects nothing, and ends the upload when patience does", "[bulk]") {
  for (const auto& answer : unexplained()) {
    CAPTURE(answer ? answer->status : 0);
    Fixture f;
    f.options.batch_size = 3;
    f.options.in_flight = 2;
    f.api->judge = [&](const ex::TransportRequest&) -> std::optional<Answer> {
      if (f.api->films.size() >= 9) return answer;
      return std::nullopt;
    };
    const auto begun = f.clock->now();
    const auto report = f.upload(film_lines(100));
    REQUIRE(report.error);
    CHECK(contains(report.error->message, "of the input)"));
    CHECK(report.counts.rejected == 0);
    CHECK(f.clock->now() - begun > std::chrono::minutes(13));
    CHECK(f.api->batches.size() < 200);
    CHECK(adds_up(report));
  }
}

TEST_CASE("bulk gateway - an outage that ends leaves no trace", "[bulk]") {
  Fixture f;
  f.options.batch_size = 10;
  const auto begun = f.clock->now();
  f.api->judge = [&](const ex::TransportRequest&) -> std::optional<Answer> {
    const auto time = f.clock->now() - begun;
    if (f.api->films.size() >= 30 && time < std::chrono::minutes(5)) return broken(Kind::connection);
    return std::nullopt;
  };
  const auto report = f.upload(film_lines(200));
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 200);
  CHECK(f.api->films.size() == 200);
}

TEST_CASE("bulk gateway - no more records than allowed are rejected for what nobody explains", "[bulk]") {
  Fixture f;
  f.options.batch_size = 10;
  f.options.max_rejects = 3;
  std::string lines = film_lines(20);
  for (int i = 0; i < 100; ++i) lines += film_line("p" + std::to_string(i), i % 2 == 0 ? "poison" : "title");
  f.api->judge = answers_to("poison", page(403));
  const auto report = f.upload(lines);
  REQUIRE(report.error);
  CHECK(report.error->kind == Kind::rejected);
  CHECK(report.counts.rejected == 4);
  CHECK(adds_up(report));
}

TEST_CASE("bulk gateway - batches that fail are not piled up in memory", "[bulk]") {
  Fixture f;
  f.options.batch_size = 10;
  f.options.in_flight = 3;
  std::string lines;
  for (int i = 1; i <= 600; ++i)
    lines += film_line("f" + std::to_string(i), i > 20 && i % 10 == 5 ? "poison" : "title");
  f.api->judge = answers_to("poison", page(403));
  std::uint64_t most_open = 0;
  f.options.on_progress = [&](const ex::BulkProgress& progress) {
    const auto& counts = progress.counts;
    most_open = std::max(most_open, progress.read - counts.accepted - counts.rejected);
  };
  const auto report = f.upload(lines);
  CHECK_FALSE(report.error);
  CHECK(report.counts.rejected == 58);
  CHECK(most_open >= 30);
  CHECK(most_open <= 80);  // four batches that are open, four that are settled and not yet put down
}

TEST_CASE("bulk gateway - a later record of an id waits for a batch that is taken apart", "[bulk]") {
  Fixture f;
  f.options.batch_size = 2;
  f.api->judge = answers_to("poison", page(403));
  const auto report = f.upload(film_lines(4) + film_line("x", "older") + film_line("y", "poison") +
                               film_line("x", "newer") + film_line("z", "title"));
  CHECK_FALSE(report.error);
  CHECK(f.api->films["x"] == "newer");
  CHECK(report.counts.rejected == 1);
}

TEST_CASE("bulk gateway - entities that name good records cost no request for each", "[bulk]") {
  const auto named = static_cast<std::size_t>(GENERATE(1, 400, 999));
  CAPTURE(named);
  Fixture f;
  f.options.batch_size = 1000;
  f.api->judge = [named](const ex::TransportRequest& request) -> std::optional<Answer> {
    if (!contains(request.body.bytes(), "poison")) return std::nullopt;
    json entities = json::array();
    for (const auto& film : json::parse(request.body.bytes())) {
      if (film["title"] != "poison" && entities.size() < named) entities.push_back({{"film_id", film["film_id"]}});
    }
    return ex::json_response(400, json{{"message", "no"}, {"entities", entities}}.dump());
  };
  const auto report = f.upload(films_with_poison(1000, 500));
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 999);
  CHECK(report.counts.rejected == 1);
  CHECK(f.api->batches.size() < 30);
}

TEST_CASE("bulk gateway - an id that is not there is counted apart", "[bulk]") {
  Fixture f;
  f.api->films = {{"f1", "a"}, {"f2", "b"}};
  const auto report = f.bulk().remove<ex::Film>(Ids{"f1", "gone", "f2", "F1"});
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 2);
  CHECK(report.counts.absent == 2);
  CHECK(report.counts.batches == 2);
  CHECK(adds_up(report));
  CHECK(f.bulk().remove<ex::Film>(Ids{"f1"}).counts.accepted == 0);
}

TEST_CASE("bulk gateway - a 404 that is not the API's removes nothing", "[bulk]") {
  for (const auto& answer : {page(404), ex::HttpResponse{404}, ex::json_response(404, "[]")}) {
    Fixture f;
    f.api->judge = [&](const ex::TransportRequest&) { return answer; };
    const auto report = f.bulk().remove<ex::Film>(Ids{"f1", "f2"});
    REQUIRE(report.error);
    CHECK(report.error->kind == Kind::not_found);
    CHECK(contains(report.error->message, "DELETE /films/{id}: something before the API"));
    CHECK(report.counts.accepted == 0);
    CHECK(report.counts.absent == 0);
    CHECK(report.not_sent == report.read);
  }
}

TEST_CASE("bulk gateway - an id that something before the API objects to is rejected, and the others are removed",
          "[bulk]") {
  Fixture f;
  f.options.in_flight = 1;
  Ids ids;
  for (int i = 1; i <= 20; ++i) ids.push_back(i == 7 ? "a/b" : "f" + std::to_string(i));
  for (const auto& id : ids) f.api->films[id] = "title";
  f.api->judge = answers_to("a%2Fb", page(404));
  const auto report = f.bulk().remove<ex::Film>(ids);
  CHECK_FALSE(report.error);
  CHECK(report.counts.accepted == 19);
  CHECK(report.counts.absent == 0);
  REQUIRE(f.rejects.size() == 1);
  CHECK(f.rejects[0].id == "a/b");
  CHECK(contains(f.rejects[0].messages[0], "something before the API"));
}

TEST_CASE("bulk gateway - a journal keeps how many ids were not there", "[bulk]") {
  Fixture f;
  f.options.journal = f.directory.path("journal");
  f.options.in_flight = 1;
  f.api->films = {{"f1", "a"}, {"f2", "b"}};
  const Ids ids{"f1", "gone", "f2"};
  f.api->judge = bulk::only_first(2);
  REQUIRE(f.bulk().remove<ex::Film>(ids).error);
  f.api->judge = [](const ex::TransportRequest&) { return std::nullopt; };
  const auto report = f.bulk().remove<ex::Film>(ids);
  CHECK_FALSE(report.error);
  CHECK(report.resumed == 2);
  CHECK(report.counts.absent == 1);
  CHECK(report.counts.accepted == 2);
  CHECK(adds_up(report));
}
