// SPDX-License-Identifier: MIT
#include <array>
#include <chrono>
#include <iomanip>
#include <movio/exhibitor/core/events.hpp>
#include <sstream>
#include <string_view>
#include <utility>

#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using namespace std::chrono_literals;
using support::printed;

namespace {

ex::Event attempt(const ex::TransferMetrics& metrics) {
  ex::Event event;
  event.kind = ex::EventKind::attempt_finished;
  event.call_id = "c-1";
  event.method = "PUT";
  event.route = "/members";
  event.http_status = 202;
  event.attempt = 1;
  event.duration = 1500us;
  event.metrics = &metrics;
  return event;
}

}  // namespace

TEST_CASE("events - an attempt's line has its sizes, its connection and the time of each phase", "[events]") {
  ex::TransferMetrics metrics;
  metrics.name_resolved = 10us;
  metrics.connected = 200us;
  metrics.secured = 800us;
  metrics.first_byte = 1300us;
  metrics.total = 1400us;
  metrics.bytes_sent = 77;
  metrics.bytes_received = 99;
  metrics.http_version = 20;
  CHECK(printed(attempt(metrics)) ==
        "attempt_finished method=PUT route=/members status=202 attempt=1 duration_us=1500 sent=77 received=99 "
        "http_version=20 reused=no resolved_us=10 connected_us=200 secured_us=800 first_byte_us=1300 total_us=1400 "
        "call_id=c-1");
}

TEST_CASE("events - a phase that there was not is not in the line", "[events]") {
  ex::TransferMetrics metrics;
  metrics.first_byte = 300us;
  metrics.total = 400us;
  metrics.http_version = 11;
  metrics.reused_connection = true;
  CHECK(printed(attempt(metrics)) ==
        "attempt_finished method=PUT route=/members status=202 attempt=1 duration_us=1500 sent=0 received=0 "
        "http_version=11 reused=yes first_byte_us=300 total_us=400 call_id=c-1");
}

TEST_CASE("events - a line does not follow the stream's locale or flags", "[events]") {
  ex::TransferMetrics metrics;
  metrics.bytes_sent = 1234567;
  metrics.total = 1234567us;
  ex::QuotaBucket bucket{"per_day", 50000, 4000, 43200s};
  ex::Error error = ex::detail::make_error(ex::ErrorKind::server_error, "failed");
  error.http_status = 503;
  ex::Event event = attempt(metrics);
  event.quota = &bucket;
  event.error = &error;
  CHECK(support::printed_oddly(event) == printed(event));
  CHECK(support::contains(printed(event), "sent=1234567"));
}

TEST_CASE("events - a width applies to the whole line", "[events]") {
  ex::Event event;
  event.kind = ex::EventKind::token_minted;
  event.fingerprint = "12345678";
  std::ostringstream out;
  out << std::setw(40) << event;
  CHECK(out.str() == "       token_minted fingerprint=12345678");
}

TEST_CASE("events - the names that dashboards and log searches hold on to stay as they are", "[events]") {
  using Kind = ex::EventKind;
  constexpr std::array<std::pair<Kind, std::string_view>, 13> names{{{Kind::token_minted, "token_minted"},
                                                                     {Kind::token_loaded, "token_loaded"},
                                                                     {Kind::store_failed, "store_failed"},
                                                                     {Kind::token_failed, "token_failed"},
                                                                     {Kind::renewal_failed, "renewal_failed"},
                                                                     {Kind::token_rejected, "token_rejected"},
                                                                     {Kind::credentials_rotated, "credentials_rotated"},
                                                                     {Kind::quota_low, "quota_low"},
                                                                     {Kind::attempt_started, "attempt_started"},
                                                                     {Kind::attempt_finished, "attempt_finished"},
                                                                     {Kind::retry_planned, "retry_planned"},
                                                                     {Kind::call_finished, "call_finished"},
                                                                     {Kind::callback_failed, "callback_failed"}}};
  for (const auto& [kind, name] : names) CHECK(ex::to_string(kind) == name);
}

TEST_CASE("events - an error is handed on without its details, for they may be personal", "[events]") {
  ex::Error error = ex::detail::make_error(ex::ErrorKind::rejected, "it was refused");
  error.details = "{\"message\":\"planted@example.com\"}";
  error.http_status = 422;
  ex::Event event;
  event.error = &error;
  event.attempt = 7;
  int told = 0;
  ex::detail::tell_hook(
      [&told](const ex::Event& seen) {
        ++told;
        REQUIRE(seen.error != nullptr);
        CHECK(seen.error->details.empty());
        CHECK(seen.error->message == "it was refused");
        CHECK(seen.error->http_status == 422);
        CHECK(seen.attempt == 7);
      },
      event);
  CHECK(told == 1);
  CHECK_FALSE(error.details.empty());
}
