// SPDX-License-Identifier: MIT
#include <chrono>
#include <clocale>
#include <movio/exhibitor/call/detail/repetition.hpp>
#include <movio/exhibitor/detail/text/date_time.hpp>
#include <movio/exhibitor/detail/text/retry_after.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "catch.hpp"

namespace detail = movio::exhibitor::detail;
using namespace std::chrono_literals;
using namespace std::string_view_literals;
using Time = std::chrono::system_clock::time_point;

namespace {

/// Seconds since the epoch of a date; nothing when it is not one.
std::optional<long long> seconds_of(std::string_view date) {
  const auto time = detail::parse_http_date(date);
  if (!time) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count();
}

const Time rfc_example{784111777s};  // Sun, 06 Nov 1994 08:49:37 GMT

}  // namespace

TEST_CASE("retry - an HTTP date is read", "[retry]") {
  CHECK(seconds_of("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
  CHECK(seconds_of("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
  CHECK(seconds_of("Wed, 31 Dec 1969 23:59:59 GMT") == -1);
  CHECK(seconds_of("Tue, 29 Feb 2000 12:00:00 GMT") == 951825600);
  CHECK(seconds_of("Thu, 29 Feb 2024 23:59:59 GMT") == 1709251199);
  CHECK(seconds_of("Fri, 01 Mar 2024 00:00:00 GMT") == 1709251200);
  CHECK(seconds_of("Tue, 19 Jan 2038 03:14:08 GMT") == 2147483648);
  CHECK(seconds_of("Mon, 01 Mar 2100 00:00:00 GMT") == 4107542400);
}

TEST_CASE("retry - every day of four centuries follows the day before", "[retry]") {
  std::int64_t expected = detail::days_from_civil(1800, 1, 1);
  CHECK(expected == -62091);
  for (int year = 1800; year <= 2200; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= detail::days_in_month(year, month); ++day) {
        if (detail::days_from_civil(year, month, day) != expected++) FAIL(year << '-' << month << '-' << day);
      }
    }
  }
}

TEST_CASE("retry - a leap second counts as the next minute's first", "[retry]") {
  CHECK(seconds_of("Sat, 31 Dec 2016 23:59:60 GMT") == seconds_of("Sun, 01 Jan 2017 00:00:00 GMT"));
}

TEST_CASE("retry - a date beyond the clock's range becomes its end, not an overflow", "[retry]") {
  CHECK(*detail::parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT") > Time(9000000000s));
  CHECK(*detail::parse_http_date("Sat, 01 Jan 0000 00:00:00 GMT") < Time(-9000000000s));
  CHECK(detail::parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", Time::min()) == 1h);
  CHECK(detail::parse_retry_after("Sat, 01 Jan 0000 00:00:00 GMT", Time::max()) == 0s);
}

TEST_CASE("retry - a date does not depend on the locale", "[retry]") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, "de_DE.UTF-8");  // where it is installed; "Dez", not "Dec"
  CHECK(seconds_of("Sat, 31 Dec 2016 00:00:00 GMT") == 1483142400);
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("retry - what is not exactly an HTTP date is refused", "[retry]") {
  for (const auto bad : {""sv,
                         "Sun"sv,
                         "Sun, 06 Nov 1994 08:49:37"sv,
                         "Sun, 06 Nov 1994 08:49:37 UTC"sv,
                         "Sun, 06 Nov 1994 08:49:37 gmt"sv,
                         "Sun, 06 Nov 1994 08:49:37 GMT "sv,
                         " Sun, 06 Nov 1994 08:49:37 GMT"sv,
                         "Sun, 6 Nov 1994 08:49:37 GMT"sv,
                         "Sun, 06 Nov 94 08:49:37 GMT"sv,
                         "Sunday, 06-Nov-94 08:49:37 GMT"sv,
                         "Sun Nov  6 08:49:37 1994"sv,
                         "1994-11-06T08:49:37Z"sv,
                         "Xxx, 06 Nov 1994 08:49:37 GMT"sv,
                         "sun, 06 Nov 1994 08:49:37 GMT"sv,
                         "unM, 06 Nov 1994 08:49:37 GMT"sv,
                         "Sun, 06 Nox 1994 08:49:37 GMT"sv,
                         "Sun, 06 ovD 1994 08:49:37 GMT"sv,
                         "Sun; 06 Nov 1994 08:49:37 GMT"sv,
                         "Sun, 06-Nov-1994 08:49:37 GMT"sv,
                         "Sun, 06 Nov 1994 08.49.37 GMT"sv,
                         "Sun, +6 Nov 1994 08:49:37 GMT"sv,
                         "Sun, 06 Nov -994 08:49:37 GMT"sv,
                         "Sun, 06 Nov 1994 0x:49:37 GMT"sv,
                         "Sun, 06 Nov 1994 08:4\0:37 GMT"sv,
                         "Sun, 06 Nov 1994 08:49: 7 GMT"sv}) {
    INFO(bad);
    CHECK_FALSE(detail::parse_http_date(bad));
  }
}

TEST_CASE("retry - a date that does not exist is refused", "[retry]") {
  for (const char* bad :
       {"Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 32 Dec 1994 08:49:37 GMT",
        "Tue, 29 Feb 2023 00:00:00 GMT", "Mon, 29 Feb 2100 00:00:00 GMT", "Tue, 30 Feb 2024 00:00:00 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT"}) {
    INFO(bad);
    CHECK_FALSE(detail::parse_http_date(bad));
  }
}

TEST_CASE("retry - Retry-After is read as seconds", "[retry]") {
  CHECK(detail::parse_retry_after("0", rfc_example) == 0s);
  CHECK(detail::parse_retry_after("120", rfc_example) == 120s);
  CHECK(detail::parse_retry_after(" \t7 ", rfc_example) == 7s);
  CHECK(detail::parse_retry_after("0000000000000000000000000030", rfc_example) == 30s);
}

TEST_CASE("retry - Retry-After is read as a date, from now on", "[retry]") {
  const auto date = "Sun, 06 Nov 1994 08:49:37 GMT";
  CHECK(detail::parse_retry_after(date, rfc_example - 90s) == 90s);
  CHECK(detail::parse_retry_after(date, rfc_example) == 0s);
  CHECK(detail::parse_retry_after(" Sun, 06 Nov 1994 08:49:37 GMT ", rfc_example - 90s) == 90s);
}

TEST_CASE("retry - part of a second before a date is a whole one, so that nobody comes early", "[retry]") {
  CHECK(detail::parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", rfc_example - 1ms) == 1s);
}

TEST_CASE("retry - a date gone by asks for no wait", "[retry]") {
  CHECK(detail::parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", rfc_example + 1s) == 0s);
  CHECK(detail::parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT", rfc_example) == 0s);
}

TEST_CASE("retry - an absurd Retry-After is cut to an hour, as a number and as a date", "[retry]") {
  CHECK(detail::parse_retry_after("3600", rfc_example) == 1h);
  CHECK(detail::parse_retry_after("3601", rfc_example) == 1h);
  CHECK(detail::parse_retry_after("410400", rfc_example) == 1h);  // 114 hours
  CHECK(detail::parse_retry_after("4294967296", rfc_example) == 1h);
  CHECK(detail::parse_retry_after("18446744073709551617", rfc_example) == 1h);
  CHECK(detail::parse_retry_after(std::string(100000, '9'), rfc_example) == 1h);
  CHECK(detail::parse_retry_after("Sun, 13 Nov 1994 08:49:37 GMT", rfc_example) == 1h);
}

TEST_CASE("retry - a Retry-After that is neither is as good as none", "[retry]") {
  for (const auto bad :
       {""sv, " "sv, "-1"sv, "-0"sv, "+5"sv, "1.5"sv, "5s"sv, "5 6"sv, "0x10"sv, "1e3"sv, "soon"sv, "5\n"sv, "5\0"sv,
        "\xd9\xa3"sv, "99999999999999999999x"sv, "Sun, 99 Nov 1994 08:49:37 GMT"sv}) {
    INFO(bad);
    CHECK_FALSE(detail::parse_retry_after(bad, rfc_example));
  }
}

TEST_CASE("retry - the pause is anywhere in a range that doubles up to a bound", "[retry]") {
  movio::exhibitor::RetryPolicy policy;
  policy.first_pause = 100ms;
  policy.longest_pause = 1s;
  CHECK(detail::pause_after(policy, 1, 0) == 0ms);
  CHECK(detail::pause_after(policy, 1, 0.5) == 50ms);
  CHECK(detail::pause_after(policy, 1, 1) == 100ms);
  CHECK(detail::pause_after(policy, 2, 1) == 200ms);
  CHECK(detail::pause_after(policy, 4, 1) == 800ms);
  CHECK(detail::pause_after(policy, 5, 1) == 1s);
  CHECK(detail::pause_after(policy, 1'000'000, 1) == 1s);
  policy.first_pause = 0ms;
  CHECK(detail::pause_after(policy, 1'000'000, 1) == 0ms);
  policy.first_pause = std::chrono::milliseconds::max();
  policy.longest_pause = std::chrono::milliseconds::max();
  CHECK(detail::pause_after(policy, 3, 0.5) > 24h);
}

TEST_CASE("retry - the budget is spent by repetitions and filled by a tenth by successes", "[retry]") {
  detail::RetryBudget budget(2);
  CHECK(budget.take());
  CHECK(budget.take());
  CHECK_FALSE(budget.take());
  for (int i = 0; i < 9; ++i) budget.succeeded();
  CHECK_FALSE(budget.take());
  budget.succeeded();
  CHECK(budget.take());
  for (int i = 0; i < 1000; ++i) budget.succeeded();
  CHECK(budget.take());
  CHECK(budget.take());
  CHECK_FALSE(budget.take());
  CHECK_FALSE(detail::RetryBudget(0).take());
}
