// SPDX-License-Identifier: MIT
#include <movio/exhibitor/detail/text/sha256.hpp>
#include <movio/exhibitor/token/detail/failure_backoff.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using ex::ErrorKind;
using ex::detail::CredentialsMark;
using ex::detail::FailureBackoff;
using fixtures::later;
using namespace std::chrono_literals;

namespace {

const CredentialsMark first = "first";
const CredentialsMark second = "second";
const CredentialsMark none;

ex::Error down(std::optional<std::chrono::seconds> retry_after = {}) {
  auto error = ex::detail::make_error(ErrorKind::issuer_unavailable, "planned");
  error.retry_after = retry_after;
  return error;
}

ex::Error refused() {
  auto error = ex::detail::make_error(ErrorKind::issuer_rejected, "planned");
  error.http_status = 401;
  return error;
}

/// How long it stands, to the millisecond, from `begun()` on.
std::chrono::milliseconds span(const FailureBackoff& memory) {
  std::chrono::milliseconds time{0};
  while (memory.stands(later(time))) time += 1ms;
  return time;
}

std::chrono::milliseconds span_of(ex::Error error, double chance = 1) {
  FailureBackoff memory;
  memory.failed(error, first, later(0ms), chance);
  return span(memory);
}

}  // namespace

TEST_CASE("failure backoff - is inactive at first, and again after a success", "[failure_backoff]") {
  FailureBackoff memory;
  CHECK_FALSE(memory.stands(later(0ms)));
  CHECK_FALSE(memory.blocks(later(0ms)));
  CHECK_FALSE(memory.error(later(0ms)));
  CHECK(memory.next_look() <= later(0ms).uptime);
  auto error = down();
  memory.failed(error, first, later(0ms), 1);
  CHECK(memory.stands(later(0ms)));
  memory.clear();
  CHECK_FALSE(memory.stands(later(0ms)));
  CHECK_FALSE(memory.error(later(0ms)));
}

TEST_CASE("failure backoff - the pause is between half of d and d", "[failure_backoff]") {
  CHECK(span_of(down(), 0) == 500ms);
  CHECK(span_of(down(), 0.5) == 750ms);
  CHECK(span_of(down(), 1) == 1s);
}

TEST_CASE("failure backoff - d doubles from 1 s to 300 s, and begins anew after a success", "[failure_backoff]") {
  FailureBackoff memory;
  for (const auto d : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s}) {
    auto error = down();
    memory.failed(error, first, later(0ms), 1);
    CHECK(span(memory) == d);
    CHECK(error.retry_after == d);
  }
  memory.clear();
  auto error = down();
  memory.failed(error, first, later(0ms), 1);
  CHECK(span(memory) == 1s);
}

TEST_CASE("failure backoff - the issuer's Retry-After counts when it is longer, up to an hour", "[failure_backoff]") {
  CHECK(span_of(down(0s)) == 1s);
  CHECK(span_of(down(7s)) == 7s);
  CHECK(span_of(down(1h)) == 1h);
  CHECK(span_of(down(114h)) == 1h);
  CHECK(span_of(down(std::chrono::seconds::max())) == 1h);
  CHECK(span_of(down(std::chrono::seconds::min())) == 1s);
}

TEST_CASE("failure backoff - gives the error with the time that is left, rounded up", "[failure_backoff]") {
  FailureBackoff memory;
  auto error = down(10s);
  memory.failed(error, first, later(0ms), 1);
  CHECK(error.retry_after == 10s);
  CHECK(memory.error(later(0ms))->retry_after == 10s);
  CHECK(memory.error(later(1ms))->retry_after == 10s);
  CHECK(memory.error(later(9001ms))->retry_after == 1s);
  CHECK(memory.error(later(9001ms))->message == "planned");
  CHECK(memory.error(later(1h))->retry_after == 0s);
}

TEST_CASE("failure backoff - uses the uptime alone", "[failure_backoff]") {
  FailureBackoff memory;
  auto error = down();
  memory.failed(error, first, later(0ms), 1);
  CHECK(memory.stands({later(999ms).uptime, later(24h).wall}));
  CHECK_FALSE(memory.stands({later(1s).uptime, later(-24h).wall}));
}

TEST_CASE("failure backoff - an issuer that is down is not asked, whatever the source gives", "[failure_backoff]") {
  FailureBackoff memory;
  auto error = down(20s);
  memory.failed(error, first, later(0ms), 1);
  CHECK(memory.blocks(later(19s)));
  CHECK(memory.next_look() == later(20s).uptime);
  CHECK_FALSE(memory.blocks(later(20s)));
}

TEST_CASE("failure backoff - after refused credentials the source is asked once a second", "[failure_backoff]") {
  auto invalid_client = ex::detail::make_error(ErrorKind::issuer_rejected, "planned");
  invalid_client.oauth_error = "invalid_client";
  auto access_denied = invalid_client;
  access_denied.oauth_error = "access_denied";
  const auto unreadable = ex::detail::make_error(ErrorKind::credentials, "planned");
  const std::vector<std::pair<ex::Error, CredentialsMark>> rows{
      {refused(), first}, {invalid_client, first}, {access_denied, first}, {unreadable, none}};
  for (auto [error, tried] : rows) {
    error.retry_after = 20s;
    FailureBackoff memory;
    memory.failed(error, tried, later(0ms), 1);
    CHECK(memory.blocks(later(999ms)));
    CHECK_FALSE(memory.blocks(later(1s)));
    CHECK(memory.still(tried, later(1s)));
    CHECK(memory.blocks(later(1s)));
    CHECK(memory.blocks(later(1999ms)));
    CHECK_FALSE(memory.blocks(later(2s)));
    CHECK_FALSE(memory.still(second, later(2s)));
  }
}

TEST_CASE("failure backoff - asking the source does not prolong the pause", "[failure_backoff]") {
  FailureBackoff memory;
  auto error = refused();
  error.retry_after = 3s;
  memory.failed(error, first, later(0ms), 1);
  CHECK(memory.still(first, later(2900ms)));
  CHECK_FALSE(memory.stands(later(3s)));
  CHECK_FALSE(memory.blocks(later(3s)));
  CHECK_FALSE(memory.still(first, later(3s)));  // the same credentials are tried again then
}

TEST_CASE("failure backoff - a source that can be read again, or no longer, has changed", "[failure_backoff]") {
  FailureBackoff memory;
  auto unreadable = ex::detail::make_error(ErrorKind::credentials, "planned");
  memory.failed(unreadable, none, later(0ms), 1);
  CHECK(memory.still(none, later(0ms)));
  CHECK_FALSE(memory.still(first, later(0ms)));
  auto error = refused();
  memory.failed(error, first, later(0ms), 1);
  CHECK_FALSE(memory.still(none, later(0ms)));
}

TEST_CASE("failure backoff - an error says whether the issuer asked for the wait", "[failure_backoff]") {
  const auto own_backoff = [](ex::Error error) {
    FailureBackoff memory;
    memory.failed(error, first, later(0ms), 1);  // 1 s
    CHECK(memory.error(later(0ms))->own_backoff == error.own_backoff);
    return error.own_backoff;
  };
  CHECK(own_backoff(down()));
  CHECK(own_backoff(refused()));
  CHECK(own_backoff(down(0s)));
  CHECK_FALSE(own_backoff(down(1s)));
  CHECK_FALSE(own_backoff(down(60s)));
}
