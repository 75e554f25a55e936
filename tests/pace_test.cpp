#include <chrono>
#include <movio/exhibitor/detail/pace.hpp>
#include <optional>

#include "catch.hpp"

namespace ex = movio::exhibitor;
using ex::detail::Pace;
using Kind = ex::ErrorKind;
using namespace std::chrono_literals;

namespace {

const ex::Clock::Steady first_moment{1h};

ex::Error failed_as(Kind kind, std::optional<std::chrono::seconds> retry_after = {}) {
  ex::Error error = ex::detail::make_error(kind, "a test's");
  error.retry_after = retry_after;
  return error;
}

}  // namespace

TEST_CASE("pace - throttling halves what is in flight, and success adds to it again", "[pace]") {
  Pace pace(8, 15min);
  CHECK(pace.allowed() == 8);
  pace.throttled(pace.sent());
  CHECK(pace.allowed() == 4);
  for (int i = 0; i < 5; ++i) pace.succeeded();
  CHECK(pace.allowed() == 5);
  for (int i = 0; i < 100; ++i) pace.succeeded();
  CHECK(pace.allowed() == 8);
}

TEST_CASE("pace - requests that were in flight together and throttled count once", "[pace]") {
  Pace pace(8, 15min);
  const auto first = pace.sent();
  const auto second = pace.sent();
  pace.throttled(first);
  pace.throttled(second);
  CHECK(pace.allowed() == 4);
  pace.throttled(pace.sent());
  CHECK(pace.allowed() == 2);
}

TEST_CASE("pace - one request is always allowed", "[pace]") {
  Pace pace(2, 15min);
  for (int i = 0; i < 10; ++i) pace.throttled(pace.sent());
  CHECK(pace.allowed() == 1);
}

TEST_CASE("pace - pauses double up to 30 seconds, and begin anew after a success", "[pace]") {
  Pace pace(8, 15min);
  pace.succeeded();
  auto now = first_moment;
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    CHECK(pace.failed(pace.sent(), failed_as(Kind::connection), now, 1));
    CHECK(pace.not_before() == now + pause);
    now = pace.not_before();
  }
  pace.succeeded();
  CHECK(pace.failed(pace.sent(), failed_as(Kind::connection), now, 0.5));
  CHECK(pace.not_before() == now + 500ms);
}

TEST_CASE("pace - waits as long as the API asks, and then a little", "[pace]") {
  Pace pace(8, 15min);
  CHECK(pace.failed(pace.sent(), failed_as(Kind::rate_limited, 60s), first_moment, 0.5));
  CHECK(pace.not_before() == first_moment + 60s + 500ms);
  CHECK(pace.failed(pace.sent(), failed_as(Kind::rate_limited), first_moment, 0));
  CHECK(pace.not_before() == first_moment + 60s + 500ms);
}

TEST_CASE("pace - throttling without a time backs off from one second", "[pace]") {
  Pace pace(8, 15min);
  auto now = first_moment;
  for (const auto pause : {1s, 2s, 3s, 5s}) {
    const double jitter = pause == 1s ? 0 : 0.5;
    CHECK(pace.failed(pace.sent(), failed_as(Kind::rate_limited), now, jitter));
    CHECK(pace.not_before() == now + pause);
    now = pace.not_before();
  }
  CHECK(pace.failed(pace.sent(), failed_as(Kind::rate_limited, 0s), now, 0));
  CHECK(pace.not_before() == now + 1s);
}

TEST_CASE("pace - throttling lets the patience begin anew", "[pace]") {
  Pace pace(8, 10min);
  pace.succeeded();
  CHECK(pace.failed(pace.sent(), failed_as(Kind::server_error), first_moment, 0));
  CHECK(pace.failed(pace.sent(), failed_as(Kind::rate_limited), first_moment + 9min, 0));
  CHECK(pace.failed(pace.sent(), failed_as(Kind::server_error), first_moment + 15min, 0));
  CHECK(pace.failed(pace.sent(), failed_as(Kind::server_error), first_moment + 24min, 0));
  CHECK_FALSE(pace.failed(pace.sent(), failed_as(Kind::server_error), first_moment + 26min, 0));
}

TEST_CASE("pace - gives up when nothing has succeeded for as long as the patience", "[pace]") {
  Pace pace(8, 10min);
  pace.succeeded();
  CHECK(pace.failed(pace.sent(), failed_as(Kind::server_error), first_moment, 1));
  CHECK(pace.failed(pace.sent(), failed_as(Kind::server_error), first_moment + 9min, 1));
  CHECK_FALSE(pace.failed(pace.sent(), failed_as(Kind::server_error), first_moment + 10min, 1));
  Pace other(8, 10min);
  other.succeeded();
  CHECK_FALSE(other.failed(other.sent(), failed_as(Kind::server_error, 11min), first_moment, 0));
}

TEST_CASE("pace - throttling is waited out, however long it lasts", "[pace]") {
  Pace pace(8, 10min);
  for (auto now = first_moment; now < first_moment + 24h; now += 5min) {
    CHECK(pace.failed(pace.sent(), failed_as(Kind::rate_limited), now, 1));
  }
  CHECK(pace.failed(pace.sent(), failed_as(Kind::rate_limited, 3600s), first_moment + 25h, 1));
  CHECK(pace.not_before() >= first_moment + 26h);
}

TEST_CASE("pace - what has never succeeded is given up at once, unless the API asks to wait", "[pace]") {
  for (const auto kind : {Kind::connection, Kind::timeout, Kind::server_error, Kind::proxy}) {
    Pace pace(8, 15min);
    CHECK_FALSE(pace.failed(pace.sent(), failed_as(kind), first_moment, 1));
  }
  Pace throttled(8, 15min);
  CHECK(throttled.failed(throttled.sent(), failed_as(Kind::rate_limited), first_moment, 1));
  Pace asked(8, 15min);
  CHECK(asked.failed(asked.sent(), failed_as(Kind::server_error, 5s), first_moment, 1));
}
