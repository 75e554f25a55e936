// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdint>
#include <movio/exhibitor/bulk/detail/pacing.hpp>
#include <optional>

#include "catch.hpp"

namespace ex = movio::exhibitor;
using ex::detail::Pacing;
using Kind = ex::ErrorKind;
using namespace std::chrono_literals;

namespace {

const ex::Clock::Steady first_moment{1h};

ex::Error failed_as(Kind kind, std::optional<std::chrono::seconds> retry_after = {}) {
  ex::Error error = ex::detail::make_error(kind, "a test's");
  error.retry_after = retry_after;
  return error;
}

/// Tells of a failure; whether there is use in going on.
bool goes_on(Pacing& pace, std::uint64_t number, const ex::Error& error, ex::Clock::Steady now, double jitter) {
  pace.failed(number, error, now, jitter);
  return !pace.hopeless();
}

/// The same of a request that is alone.
bool goes_on(Pacing& pace, const ex::Error& error, ex::Clock::Steady now, double jitter) {
  return goes_on(pace, pace.sent(), error, now, jitter);
}

}  // namespace

TEST_CASE("pace - throttling halves what is in flight, and success adds to it again", "[pace]") {
  Pacing pace(8, 15min);
  CHECK(pace.allowed() == 8);
  pace.throttled(pace.sent());
  CHECK(pace.allowed() == 4);
  for (int i = 0; i < 5; ++i) pace.succeeded();
  CHECK(pace.allowed() == 5);
  for (int i = 0; i < 100; ++i) pace.succeeded();
  CHECK(pace.allowed() == 8);
}

TEST_CASE("pace - requests that were in flight together and throttled count once", "[pace]") {
  Pacing pace(8, 15min);
  const auto first = pace.sent();
  const auto second = pace.sent();
  pace.throttled(first);
  pace.throttled(second);
  CHECK(pace.allowed() == 4);
  pace.throttled(pace.sent());
  CHECK(pace.allowed() == 2);
}

TEST_CASE("pace - one request is always allowed", "[pace]") {
  Pacing pace(2, 15min);
  for (int i = 0; i < 10; ++i) pace.throttled(pace.sent());
  CHECK(pace.allowed() == 1);
}

TEST_CASE("pace - pauses double up to 30 seconds, and begin anew after a success", "[pace]") {
  Pacing pace(8, 15min);
  pace.succeeded();
  auto now = first_moment;
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    CHECK(goes_on(pace, failed_as(Kind::connection), now, 1));
    CHECK(pace.not_before() == now + pause);
    now = pace.not_before();
  }
  pace.succeeded();
  CHECK(goes_on(pace, failed_as(Kind::connection), now, 0.5));
  CHECK(pace.not_before() == now + 500ms);
}

TEST_CASE("pace - waits as long as the API asks, and then a little", "[pace]") {
  Pacing pace(8, 15min);
  CHECK(goes_on(pace, failed_as(Kind::rate_limited, 60s), first_moment, 0.5));
  CHECK(pace.not_before() == first_moment + 60s + 500ms);
  CHECK(goes_on(pace, failed_as(Kind::rate_limited), first_moment, 0));
  CHECK(pace.not_before() == first_moment + 60s + 500ms);
}

TEST_CASE("pace - throttling without a time backs off from one second", "[pace]") {
  Pacing pace(8, 15min);
  auto now = first_moment;
  for (const auto pause : {1s, 2s, 3s, 5s}) {
    const double jitter = pause == 1s ? 0 : 0.5;
    CHECK(goes_on(pace, failed_as(Kind::rate_limited), now, jitter));
    CHECK(pace.not_before() == now + pause);
    now = pace.not_before();
  }
  CHECK(goes_on(pace, failed_as(Kind::rate_limited, 0s), now, 0));
  CHECK(pace.not_before() == now + 1s);
}

TEST_CASE("pace - throttling lets the patience begin anew", "[pace]") {
  Pacing pace(8, 10min);
  pace.succeeded();
  CHECK(goes_on(pace, failed_as(Kind::server_error), first_moment, 0));
  CHECK(goes_on(pace, failed_as(Kind::rate_limited), first_moment + 9min, 0));
  CHECK(goes_on(pace, failed_as(Kind::server_error), first_moment + 15min, 0));
  CHECK(goes_on(pace, failed_as(Kind::server_error), first_moment + 24min, 0));
  CHECK_FALSE(goes_on(pace, failed_as(Kind::server_error), first_moment + 26min, 0));
}

TEST_CASE("pace - gives up when nothing has succeeded for as long as the patience", "[pace]") {
  Pacing pace(8, 10min);
  pace.succeeded();
  CHECK(goes_on(pace, failed_as(Kind::server_error), first_moment, 1));
  CHECK(goes_on(pace, failed_as(Kind::server_error), first_moment + 9min, 1));
  CHECK_FALSE(goes_on(pace, failed_as(Kind::server_error), first_moment + 10min, 1));
  Pacing other(8, 10min);
  other.succeeded();
  CHECK_FALSE(goes_on(other, failed_as(Kind::server_error, 11min), first_moment, 0));
}

TEST_CASE("pace - throttling is waited out, however long it lasts", "[pace]") {
  Pacing pace(8, 10min);
  for (auto now = first_moment; now < first_moment + 24h; now += 5min) {
    CHECK(goes_on(pace, failed_as(Kind::rate_limited), now, 1));
  }
  CHECK(goes_on(pace, failed_as(Kind::rate_limited, 3600s), first_moment + 25h, 1));
  CHECK(pace.not_before() >= first_moment + 26h);
}

TEST_CASE("pace - requests that were in flight together and failed make one pause longer", "[pace]") {
  Pacing pace(8, 15min);
  pace.succeeded();
  const auto first = pace.sent();
  const auto second = pace.sent();
  CHECK(goes_on(pace, first, failed_as(Kind::connection), first_moment, 1));
  CHECK(goes_on(pace, second, failed_as(Kind::connection), first_moment, 1));
  CHECK(pace.not_before() == first_moment + 2s);
  CHECK(goes_on(pace, failed_as(Kind::connection), pace.not_before(), 1));
  CHECK(pace.not_before() == first_moment + 4s);
}

TEST_CASE("pace - trouble before anything has succeeded is waited out for four tries", "[pace]") {
  for (const auto kind :
       {Kind::connection, Kind::timeout, Kind::server_error, Kind::proxy, Kind::issuer_unavailable, Kind::overloaded}) {
    Pacing pace(8, 15min);
    auto now = first_moment;
    for (const auto pause : {1s, 2s, 4s}) {
      const auto first = pace.sent();
      const auto second = pace.sent();
      CHECK(goes_on(pace, first, failed_as(kind), now, 1));
      CHECK(pace.not_before() == now + pause);
      CHECK(goes_on(pace, second, failed_as(kind), now, 0));  // those that were in flight together count once
      now = pace.not_before();
    }
    CHECK_FALSE(goes_on(pace, failed_as(kind), now, 1));
  }
  Pacing impatient(8, 500ms);
  CHECK_FALSE(goes_on(impatient, failed_as(Kind::connection), first_moment, 1));
}

TEST_CASE("pace - the API's asking for time lets the tries begin anew", "[pace]") {
  Pacing pace(8, 15min);
  for (int i = 0; i < 20; ++i) {
    CHECK(goes_on(pace, failed_as(Kind::server_error), first_moment, 0));
    if (i % 3 == 2) CHECK(goes_on(pace, failed_as(Kind::rate_limited), first_moment, 0));
  }
  Pacing asked(8, 15min);
  for (int i = 0; i < 10; ++i) CHECK(goes_on(asked, failed_as(Kind::server_error, 5s), first_moment, 1));
}

TEST_CASE("pace - who turns requests away before any has succeeded is asked once", "[pace]") {
  for (const auto kind : {Kind::rejected, Kind::forbidden, Kind::not_found, Kind::protocol}) {
    Pacing pace(8, 15min);
    CHECK_FALSE(goes_on(pace, failed_as(kind), first_moment, 1));
    Pacing later(8, 15min);
    later.succeeded();
    for (int i = 0; i < 10; ++i) CHECK(goes_on(later, failed_as(kind), first_moment, 1));
  }
}

TEST_CASE("pace - a request in flight that succeeds after all gives hope again", "[pace]") {
  for (const bool throttled : {false, true}) {
    Pacing pace(8, 15min);
    const auto first = pace.sent();
    const auto second = pace.sent();
    CHECK_FALSE(goes_on(pace, first, failed_as(Kind::forbidden), first_moment, 1));
    CHECK_FALSE(goes_on(pace, second, failed_as(Kind::not_found), first_moment, 1));
    CHECK(pace.hopeless()->kind == Kind::forbidden);  // the first reason counts
    if (throttled) {
      CHECK(goes_on(pace, failed_as(Kind::rate_limited), first_moment, 1));
    } else {
      pace.succeeded();
    }
    CHECK_FALSE(pace.hopeless());
  }
}
