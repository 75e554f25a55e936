// SPDX-License-Identifier: MIT

// What a bulk run tells while it goes on.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <movio/exhibitor/bulk/bulk.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bulk_fixture.hpp"
#include "catch.hpp"

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
    api->judge = [this](const ex::TransportRequest&) {
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
  f.options.batch_size = 1;
  const std::string lines = film_lines(10) + "nonsense\nnonsense\n";
  f.options.input_bytes = lines.size();
  CHECK_FALSE(f.upload(lines).error);
  REQUIRE(f.told.size() >= 10);
  CHECK(f.told.back().read == 12);
  CHECK(f.told.back().bytes == lines.size());
  CHECK(f.told.back().counts.accepted == 10);
  CHECK(f.told.back().counts.rejected == 2);
  CHECK(f.told.back().in_flight == 0);
  CHECK(std::abs(f.told.back().records_per_second - 1.2) < 0.001);
}

TEST_CASE("bulk progress - tells how many requests are in flight when one was answered", "[bulk]") {
  ProgressFixture f;
  f.answer_in_turn(3);
  CHECK_FALSE(f.upload(film_lines(10)).error);
  CHECK(f.most_in_flight() == 2);
}

TEST_CASE("bulk progress - the time left counts from what this run has sent", "[bulk]") {
  ProgressFixture f;
  f.options.journal = f.directory.path("journal");
  std::string lines;
  for (int i = 0; i < 200; ++i) lines += film_line(std::to_string(i), std::string(4000, 't'));
  const auto take = std::exchange(f.api->judge, bulk::only_first(10));
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

TEST_CASE("bulk progress - a hook that throws ends the upload, and what is in flight", "[bulk]") {
  ProgressFixture f;
  f.answer_in_turn(2);
  f.options.on_progress = [](const ex::BulkProgress& progress) {
    if (progress.in_flight != 0) throw std::runtime_error("enough");
  };
  const ex::Bulk bulk = f.bulk();  // and so its client, until the end
  std::istringstream lines(film_lines(4));
  CHECK_THROWS_WITH(bulk.upsert_ndjson<ex::Film>(ex::bytes_of(lines)), "enough");
  REQUIRE(f.api->waiting() == 1);
  bool cancelled = false;
  f.api->judge = [&cancelled](const ex::TransportRequest& request) {
    cancelled = request.cancel.cancelled();
    return std::nullopt;
  };
  f.api->answer_one(0);
  CHECK(cancelled);
}
