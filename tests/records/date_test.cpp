// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdint>
#include <limits>
#include <movio/exhibitor/detail/text/date_time.hpp>
#include <movio/exhibitor/records/date.hpp>
#include <movio/exhibitor/records/detail/timestamps.hpp>
#include <movio/exhibitor/records/time.hpp>
#include <string>
#include <string_view>

#include "catch.hpp"

namespace ex = movio::exhibitor;
namespace detail = movio::exhibitor::detail;
using ex::Date;
using TimePoint = std::chrono::system_clock::time_point;
using namespace std::chrono_literals;

namespace {

/// Seconds from 1970 and nanoseconds, in one text; "none" for what is no date-time.
std::string read(std::string_view text) {
  const auto time = detail::parse_date_time(text);
  if (!time) return "none";
  return std::to_string(time->seconds) + '.' + std::to_string(time->nanoseconds);
}

std::string time_written(TimePoint time) {
  const auto text = detail::utc_text(time);
  return text ? *text : text.error().message;
}

TimePoint at(std::chrono::nanoseconds since_epoch) {
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(since_epoch));
}

}  // namespace

TEST_CASE("date - the days that exist can be had", "[date]") {
  const Date date = Date::of(2024, 8, 6).value();
  CHECK(date.year() == 2024);
  CHECK(date.month() == 8);
  CHECK(date.day() == 6);
  CHECK(date.text() == "2024-08-06");
  CHECK(Date::of(0, 1, 1).value().text() == "0000-01-01");
  CHECK(Date::of(9999, 12, 31).value().text() == "9999-12-31");
}

TEST_CASE("date - the days that do not exist cannot", "[date]") {
  struct Row {
    int year, month, day;
  };
  for (const Row& row : {Row{2024, 0, 1},
                         Row{2024, 13, 1},
                         Row{2024, -1, 1},
                         Row{2024, 1, 0},
                         Row{2024, 1, 32},
                         Row{2024, 1, -1},
                         Row{2024, 4, 31},
                         Row{2024, 6, 31},
                         Row{2024, 9, 31},
                         Row{2024, 11, 31},
                         Row{2024, 2, 30},
                         Row{2023, 2, 29},
                         Row{1900, 2, 29},
                         Row{2100, 2, 29},
                         Row{-1, 1, 1},
                         Row{10000, 1, 1},
                         Row{2024, 1, 257},
                         Row{2024, 257, 1},
                         Row{67560, 8, 6},
                         Row{2024, 1, std::numeric_limits<int>::max()},
                         Row{std::numeric_limits<int>::min(), 1, 1}}) {
    INFO(row.year << '-' << row.month << '-' << row.day);
    const auto date = Date::of(row.year, row.month, row.day);
    REQUIRE_FALSE(date);
    CHECK(date.error().kind == ex::ErrorKind::invalid_argument);
  }
}

TEST_CASE("date - every fourth year is a leap year, but of full centuries every fourth one", "[date]") {
  for (const int leap : {0, 4, 1600, 2000, 2024, 2400, 9996}) CHECK(Date::of(leap, 2, 29));
  for (const int common : {1, 100, 1700, 1800, 1900, 2023, 2025, 2100, 9999}) CHECK_FALSE(Date::of(common, 2, 29));
}

TEST_CASE("date - is read from YYYY-MM-DD and nothing else", "[date]") {
  CHECK(Date::parse("2024-02-29").value() == Date::of(2024, 2, 29).value());
  CHECK(Date::parse("0000-01-01").value().text() == "0000-01-01");
  for (const std::string_view bad : {"",
                                     "2024",
                                     "2024-08",
                                     "2024-8-6",
                                     "24-08-06",
                                     "2024-08-6",
                                     "02024-08-06",
                                     "2024-08-066",
                                     " 2024-08-06",
                                     "2024-08-06 ",
                                     "2024/08/06",
                                     "2024.08.06",
                                     "20240806",
                                     "2024-08-06T00:00:00Z",
                                     "06-08-2024",
                                     "2024-08-0a",
                                     "-024-08-06",
                                     "2024--8-06",
                                     "2024-+8-06",
                                     "2024-08-:6",
                                     "2024-08-/6",
                                     "2024-00-01",
                                     "2024-13-01",
                                     "2024-01-00",
                                     "2024-01-32",
                                     "2023-02-29",
                                     "1900-02-29",
                                     "9999-99-99"}) {
    INFO(bad);
    const auto date = Date::parse(bad);
    REQUIRE_FALSE(date);
    CHECK(date.error().kind == ex::ErrorKind::invalid_argument);
  }
}

TEST_CASE("date - dates are equal when they are the same day", "[date]") {
  const Date day = Date::of(2024, 8, 6).value();
  CHECK(day == Date::parse("2024-08-06").value());
  CHECK_FALSE(day != Date::parse("2024-08-06").value());
  for (const char* other : {"2023-08-06", "2024-07-06", "2024-08-07"}) {
    CHECK(day != Date::parse(other).value());
    CHECK_FALSE(day == Date::parse(other).value());
  }
}

TEST_CASE("date - every day of ten thousand years is one more than the day before, and comes back", "[date]") {
  std::int64_t expected = -719528;  // of 0000-01-01, as the constants of the algorithm have it
  std::int64_t wrong = 0;
  for (int year = 0; year <= 9999; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= detail::days_in_month(year, month); ++day, ++expected) {
        const auto date = detail::date_of_epoch_day(expected);
        const bool back = date && date->year() == year && date->month() == month && date->day() == day;
        if (detail::days_from_civil(year, month, day) != expected || !back) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(expected == 2932897);  // of 10000-01-01
  CHECK_FALSE(detail::date_of_epoch_day(expected));
  CHECK_FALSE(detail::date_of_epoch_day(-719529));
}

TEST_CASE("date - days are counted as others count them", "[date]") {
  struct Row {
    int year, month, day;
    std::int64_t days;
  };
  for (const Row& row :
       {Row{1970, 1, 1, 0}, Row{1969, 12, 31, -1}, Row{1, 1, 1, -719162}, Row{1600, 2, 29, -135081},
        Row{1900, 3, 1, -25508}, Row{2000, 2, 29, 11016}, Row{2024, 2, 29, 19782}, Row{9999, 12, 31, 2932896}}) {
    CHECK(detail::days_from_civil(row.year, row.month, row.day) == row.days);
  }
}

TEST_CASE("date - a date-time is read to the second", "[date]") {
  CHECK(read("1970-01-01T00:00:00Z") == "0.0");
  CHECK(read("2024-08-06T19:30:00Z") == "1722972600.0");
  CHECK(read("2024-08-06T19:30:59Z") == "1722972659.0");
  CHECK(read("1969-12-31T23:59:59Z") == "-1.0");
  CHECK(read("1600-02-29T12:00:00Z") == "-11670955200.0");
  CHECK(read("0000-01-01T00:00:00Z") == "-62167219200.0");
  CHECK(read("9999-12-31T23:59:59Z") == "253402300799.0");
}

TEST_CASE("date - a fraction of any length is read, and cut at a nanosecond", "[date]") {
  const std::string digits = "123456789987";
  std::int64_t expected = 0;
  std::int64_t unit = 1'000'000'000;
  for (std::size_t length = 1; length <= digits.size(); ++length) {
    unit /= 10;
    expected += unit * (digits[length - 1] - '0');
    const std::string fraction = '.' + digits.substr(0, length);
    INFO(fraction);
    CHECK(read("1970-01-01T00:00:01" + fraction + 'Z') == "1." + std::to_string(expected));
    CHECK(read("1970-01-01T00:00:01" + fraction + "+00:01") == "-59." + std::to_string(expected));
  }
  CHECK(read("1970-01-01T00:00:00.000000001Z") == "0.1");
  CHECK(read("1969-12-31T23:59:59.5Z") == "-1.500000000");
  CHECK(read("1970-01-01T00:00:00." + std::string(1000, '9') + 'Z') == "0.999999999");
}

TEST_CASE("date - an offset east of UTC is an earlier time, one west of it a later one", "[date]") {
  CHECK(read("1970-01-01T00:00:00+00:00") == "0.0");
  CHECK(read("1970-01-01T00:00:00-00:00") == "0.0");
  CHECK(read("2024-08-07T07:30:00+12:00") == read("2024-08-06T19:30:00Z"));
  CHECK(read("2024-08-06T10:00:00-09:30") == read("2024-08-06T19:30:00Z"));
  CHECK(read("1970-01-01T00:00:00+23:59") == "-86340.0");
  CHECK(read("1970-01-01T00:00:00-23:59") == "86340.0");
}

TEST_CASE("date - what is no date-time is not read as one", "[date]") {
  for (const std::string_view bad : {"",
                                     "Z",
                                     "2024-08-06",
                                     "2024-08-06T19:30Z",
                                     "2024-08-06T19:30:00",
                                     "2024-08-06 19:30:00Z",
                                     "2024-08-06t19:30:00Z",
                                     "2024-08-06T19:30:00z",
                                     "2024-08-06T19:30:00ZZ",
                                     "2024-08-06T19:30:00Z ",
                                     " 2024-08-06T19:30:00Z",
                                     "2024-08-06T24:00:00Z",
                                     "2024-08-06T19:60:00Z",
                                     "2024-08-06T19:30:60Z",
                                     "2024-08-06T99:99:99Z",
                                     "2024-02-30T19:30:00Z",
                                     "2023-02-29T00:00:00Z",
                                     "2024-13-01T00:00:00Z",
                                     "2024-08-06T1:30:00Z",
                                     "2024-08-06T19:30:0Z",
                                     "2024-08-06T19.30.00Z",
                                     "2024-08-06T193000Z",
                                     "2024-08-06T19:30:00.Z",
                                     "2024-08-06T19:30:00.",
                                     "2024-08-06T19:30:00.1",
                                     "2024-08-06T19:30:00.+01:00",
                                     "2024-08-06T19:30:00,5Z",
                                     "2024-08-06T19:30:00.5.5Z",
                                     "2024-08-06T19:30:00.5aZ",
                                     "2024-08-06T19:30:00+1:00",
                                     "2024-08-06T19:30:00+0100",
                                     "2024-08-06T19:30:00+01",
                                     "2024-08-06T19:30:00+24:00",
                                     "2024-08-06T19:30:00+01:60",
                                     "2024-08-06T19:30:00 +01:00",
                                     "2024-08-06T19:30:00+01:00Z",
                                     "2024-08-06T19:30:00+01:000",
                                     "2024-08-06T19:30:00*01:00",
                                     "10000-01-01T00:00:00Z",
                                     "1722972600",
                                     "now"}) {
    INFO(bad);
    CHECK(read(bad) == "none");
  }
}

TEST_CASE("date - a time is written in UTC, with microseconds only when there are any", "[date]") {
  CHECK(time_written(at(0s)) == "1970-01-01T00:00:00Z");
  CHECK(time_written(at(1722972600s)) == "2024-08-06T19:30:00Z");
  CHECK(time_written(at(1722972600s + 250ms)) == "2024-08-06T19:30:00.250000Z");
  CHECK(time_written(at(1us)) == "1970-01-01T00:00:00.000001Z");
  CHECK(time_written(at(23h + 59min + 59s + 999999us)) == "1970-01-01T23:59:59.999999Z");
}

TEST_CASE("date - a time before 1970 is written as it is read", "[date]") {
  CHECK(time_written(at(-1s)) == "1969-12-31T23:59:59Z");
  CHECK(time_written(at(-1us)) == "1969-12-31T23:59:59.999999Z");
  CHECK(time_written(at(-24h)) == "1969-12-31T00:00:00Z");
  CHECK(time_written(at(-24h - 1us)) == "1969-12-30T23:59:59.999999Z");
}

TEST_CASE("date - less than a microsecond is dropped, on both sides of 1970", "[date]") {
  if (TimePoint::duration::period::den < 1'000'000'000) return;  // the clock has no such time
  CHECK(time_written(at(999ns)) == "1970-01-01T00:00:00Z");
  CHECK(time_written(at(-1ns)) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("date - times come back from their text", "[date]") {
  for (const char* text :
       {"1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "2000-01-01T00:00:00.000001Z", "1969-12-31T23:59:59.999999Z",
        "1900-02-28T12:34:56.789000Z", "1678-01-01T00:00:00Z", "2262-04-11T23:47:15.999999Z"}) {
    INFO(text);
    const auto time = detail::parse_date_time(text);
    REQUIRE(time);
    const auto point = detail::time_point_of(*time);
    REQUIRE(point);
    CHECK(time_written(*point) == text);
  }
  // about every ninth day from 1700 to 2240, at odd times of the day
  for (std::int64_t second = -8'500'000'000; second < 8'500'000'000; second += 789'123) {
    const auto point = at(std::chrono::seconds(second));
    const auto back = detail::parse_date_time(time_written(point));
    if (!back || back->seconds != second || detail::time_point_of(*back) != point) FAIL(second);
  }
}

TEST_CASE("date - a time that the clock cannot hold gives no time point", "[date]") {
  using Seconds = std::chrono::seconds;
  const auto last = std::chrono::duration_cast<Seconds>(TimePoint::duration::max()).count();
  CHECK(detail::time_point_of({last - 1, 999'999'999}));
  CHECK(detail::time_point_of({1 - last, 0}));
  CHECK_FALSE(detail::time_point_of({last, 0}));
  CHECK_FALSE(detail::time_point_of({-last, 0}));
  CHECK_FALSE(detail::time_point_of({std::numeric_limits<std::int64_t>::max(), 999'999'999}));
  CHECK_FALSE(detail::time_point_of({std::numeric_limits<std::int64_t>::min(), 0}));
}

TEST_CASE("date - the clock's first and last time are written, or refused as outside the calendar", "[date]") {
  if (TimePoint::duration::period::den == 1'000'000'000) {
    CHECK(time_written(TimePoint::max()) == "2262-04-11T23:47:16.854775Z");
    CHECK(time_written(TimePoint::min()) == "1677-09-21T00:12:43.145224Z");
  } else {
    CHECK_FALSE(detail::utc_text(TimePoint::max()));
    CHECK_FALSE(detail::utc_text(TimePoint::min()));
  }
}

TEST_CASE("date - other forms are read as the format says", "[date]") {
  struct Row {
    const char* text;
    const char* format;
    const char* date;
  };
  for (const Row& row : {Row{"06/08/2024", "%d/%m/%Y", "2024-08-06"}, Row{"6/8/2024", "%d/%m/%Y", "2024-08-06"},
                         Row{"20240806", "%Y%m%d", "2024-08-06"}, Row{"8.6.2024 ", "%m.%d.%Y ", "2024-08-06"},
                         Row{"100% 2024-2-29", "100% %Y-%m-%d", "2024-02-29"}}) {
    CAPTURE(row.text, row.format);
    CHECK(Date::parse(row.text, row.format).value().text() == row.date);
  }
}

TEST_CASE("date - what does not have the form is refused", "[date]") {
  const auto refused = [](const char* text, const char* format) {
    const auto date = Date::parse(text, format);
    return date ? date->text() : date.error().message;
  };
  for (const char* text :
       {"", "6/8/24", "6/8/2024 ", " 6/8/2024", "6-8-2024", "/8/2024", "006/8/2024", "+6/8/2024", "6/8/"}) {
    CAPTURE(text);
    CHECK(refused(text, "%d/%m/%Y") == "the date does not have the form %d/%m/%Y");
  }
  CHECK(refused("31/2/2024", "%d/%m/%Y") == "there is no such date");
  CHECK(refused("6/8", "%d/%m") == "a format has %Y, %m and %d");
  CHECK(refused("", "") == "a format has %Y, %m and %d");
  CHECK(refused("6/6/8/2024", "%d/%d/%m/%Y") == "the format has a part of the date twice");
}

TEST_CASE("time - is read with its offset, and written in UTC", "[time]") {
  const auto utc = [](std::string_view text) {
    const auto time = ex::parse_time(text);
    return time ? ex::time_text(*time).value() : time.error().message;
  };
  CHECK(utc("2024-08-06T19:30:00+12:00") == "2024-08-06T07:30:00Z");
  CHECK(utc("2024-01-01T00:15:00-00:30") == "2024-01-01T00:45:00Z");
  CHECK(utc("2024-08-06T07:30:00.25Z") == "2024-08-06T07:30:00.250000Z");
  for (const char* text : {"", "2024-08-06", "2024-08-06T19:30:00", "2024-08-06 19:30:00Z", "2024-08-06T19:30Z",
                           "2024-02-30T00:00:00Z", "2024-08-06T19:30:00+1200"}) {
    CAPTURE(text);
    CHECK(utc(text) == "a time has the form 2024-08-06T19:30:00+12:00, or Z for its offset");
  }
  CHECK(utc("9999-12-31T00:00:00Z") == "the time lies outside the years that this machine's clock can hold");
}
