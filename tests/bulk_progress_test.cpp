// What a bulk run tells while it goes on, and what it makes of requests that were repeated.
#include <algorithm>
#include <chrono>
#include <movio/exhibitor/bulk.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bulk_fixture.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using bulk::film_line;
using bulk::film_lines;
using bulk::Fixture;
using namespace std::chrono_literals;

namespace {

/// Each request takes a second.
struct ProgressFixture : Fixture {
  std::vector<ex::BulkProgress> told;

  ProgressFixture() {
    options.batch_size = 5;
    options.in_flight = 1;
    options.on_progress = [this](const ex::BulkProgress& progress) { told.push_back(progress); };
    api->judge = [this](const ex::HttpRequest&) {
      clock->advance(1s);
      return std::nullopt;
    };
  }

  [[nodiscard]] int most_in_flight() const {
    int most = 0;
    for (const auto& progress : told) most = std::max(most, progress.in_flight);
    return most;
  }
};

}  // namespace

TEST_CASE("bulk progress - is told, and adds up at the end", "[bulk]") {
  ProgressFixture f;
  const std::string lines = film_lines(10) + "nonsense\nnonsense\n";
  CHECK_FALSE(f.upload(lines).error);
  REQUIRE(f.told.size() >= 2);
  CHECK(f.told.back().read == 12);
  CHECK(f.told.back().bytes == lines.size());
  CHECK(f.told.back().counts.accepted == 10);
  CHECK(f.told.back().counts.rejected == 2);
  CHECK(f.told.back().in_flight == 0);
  CHECK(f.told.back().records_per_second == Approx(6));
}

TEST_CASE("bulk progress - tells how many requests are in flight when one was answered", "[bulk]") {
  ProgressFixture f;
  f.options.batch_size = 1;
  f.options.in_flight = 3;
  f.api->deferred = true;
  f.clock->happen = [&f] { return f.api->answer_one(0); };
  CHECK_FALSE(f.upload(film_lines(10)).error);
  CHECK(f.most_in_flight() == 2);
}

TEST_CASE("bulk progress - the time left counts from what this run has sent", "[bulk]") {
  ProgressFixture f;
  f.options.journal = f.directory.path("journal");
  std::string lines;
  for (int i = 0; i < 200; ++i) lines += film_line(std::to_string(i), std::string(4000, 't'));
  int count = 0;
  const auto take = f.api->judge;
  f.api->judge = [&count](const ex::HttpRequest&) -> std::optional<ex::FakeTransport::Answer> {
    if (++count <= 10) return std::nullopt;
    return ex::json_response(403);
  };
  REQUIRE(f.upload(lines).error);
  f.api->judge = take;
  f.told.clear();
  f.options.input_bytes = lines.size();
  CHECK(f.upload(lines).resumed == 50);
  CHECK_FALSE(f.told.front().time_left);
  const auto half =
      std::find_if(f.told.begin(), f.told.end(), [](const auto& progress) { return progress.read == 100; });
  REQUIRE(half != f.told.end());
  CHECK(half->bytes < lines.size() * 51 / 100);
  REQUIRE(half->time_left);
  CHECK(*half->time_left >= 20s);
  CHECK(*half->time_left < 24s);
}

TEST_CASE("bulk - requests that a call has repeated count, and slow the upload", "[bulk]") {
  ProgressFixture f;
  f.max_attempts = 3;
  f.options.batch_size = 1;
  f.options.in_flight = 4;
  f.api->deferred = true;
  int count = 0;
  f.api->judge = [&count](const ex::HttpRequest&) -> std::optional<ex::FakeTransport::Answer> {
    if (++count > 2) return std::nullopt;
    return ex::json_response(503);
  };
  std::vector<std::size_t> waiting;
  f.clock->happen = [&] {
    f.api->run_delayed_tasks();
    waiting.push_back(f.api->waiting());
    return f.api->answer_one(0);
  };
  const auto report = f.upload(film_lines(12));
  CHECK_FALSE(report.error);
  CHECK(report.counts.retried == 2);
  CHECK(std::count(waiting.begin(), waiting.end(), 4) < 9);
}

TEST_CASE("bulk - the first reason to stop counts", "[bulk]") {
  Fixture f;
  f.options.batch_size = 1;
  f.options.in_flight = 2;
  f.api->deferred = true;
  f.clock->happen = [&f] { return f.api->answer_one(0); };
  int status = 402;
  f.api->judge = [&status](const ex::HttpRequest&) { return ex::json_response(++status); };
  const auto report = f.upload(film_lines(4));
  REQUIRE(report.error);
  CHECK(report.error->http_status == 403);
  CHECK(status == 404);
}

TEST_CASE("bulk - a hook that throws ends the upload, and what is in flight", "[bulk]") {
  ProgressFixture f;
  f.options.batch_size = 1;
  f.options.in_flight = 2;
  f.options.on_progress = [](const ex::BulkProgress& progress) {
    if (progress.in_flight != 0) throw std::runtime_error("enough");
  };
  f.api->deferred = true;
  f.clock->happen = [&f] { return f.api->answer_one(0); };
  const ex::Bulk bulk = f.bulk();  // and so its client, until the end
  std::istringstream lines(film_lines(4));
  CHECK_THROWS_WITH(bulk.upsert_ndjson<ex::Film>(ex::bytes_of(lines)), "enough");
  REQUIRE(f.api->waiting() == 1);
  bool cancelled = false;
  f.api->judge = [&cancelled](const ex::HttpRequest& request) {
    cancelled = request.cancel.cancelled();
    return std::nullopt;
  };
  f.api->answer_one(0);
  CHECK(cancelled);
}
