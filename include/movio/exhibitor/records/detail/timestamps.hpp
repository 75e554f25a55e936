// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../../core/result.hpp"
#include "../../detail/text/date_time.hpp"
#include "../../detail/text/encoding.hpp"
#include "../date.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The other way round than `days_from_civil` (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years
/// begin in March, eras of 400 years are all alike).
inline Result<Date> date_of_epoch_day(std::int64_t days) {
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const auto day_of_era = static_cast<int>(shifted - era * 146097);
  const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int march_month = (5 * day_of_year + 2) / 153;
  const int month = march_month < 10 ? march_month + 3 : march_month - 9;
  const std::int64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);
  if (year < 0 || year > 9999) return invalid_argument("the time lies outside the years 0000 to 9999");
  return Date::of(static_cast<int>(year), month, day_of_year - (153 * march_month + 2) / 5 + 1);
}

/// YYYY-MM-DDTHH:MM:SSZ, with microseconds when there are any (RFC 3339). Errors: `invalid_argument` outside the years
/// 0000 to 9999.
inline Result<std::string> utc_text(std::chrono::system_clock::time_point time) {
  using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;
  const auto since_epoch = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch());
  const auto days = std::chrono::floor<Days>(since_epoch);
  const auto date = date_of_epoch_day(days.count());
  if (!date) return date.error();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch - days);
  const auto second = static_cast<int>(seconds.count());
  const auto fraction = static_cast<int>((since_epoch - days - seconds).count());
  std::string out = date->text();
  const auto append = [&out](char mark, int number, int count) {
    out += mark;
    append_digits(out, number, count);
  };
  append('T', second / 3600, 2);
  append(':', second / 60 % 60, 2);
  append(':', second % 60, 2);
  if (fraction != 0) append('.', fraction, 6);
  return out += 'Z';
}

/// A date-time taken apart: seconds from 1970-01-01T00:00:00Z, and the fraction of one more.
struct DateTime {
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
};

/// Seconds east of UTC of "Z" or "+hh:mm" (RFC 3339 `time-offset`).
inline std::optional<int> parse_offset(std::string_view text) {
  if (text == "Z") return 0;
  if (!has_pattern(text, "+99:99") && !has_pattern(text, "-99:99")) return std::nullopt;
  const int hours = digits_at(text, 1, 2);
  const int minutes = digits_at(text, 4, 2);
  if (hours > 23 || minutes > 59) return std::nullopt;
  return (text.front() == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/// Steps over ".digits"; nothing when a point has none behind it. What is smaller than a nanosecond is dropped.
inline std::optional<std::int64_t> take_fraction(std::string_view& text) {
  std::int64_t nanoseconds = 0;
  if (text.empty() || text.front() != '.') return nanoseconds;
  text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  for (std::int64_t unit = 100'000'000; !text.empty() && is_digit(text.front()); unit /= 10) {
    nanoseconds += unit * (text.front() - '0');
    text.remove_prefix(1);
  }
  return nanoseconds;
}

/// Reads an RFC 3339 `date-time`.
inline std::optional<DateTime> parse_date_time(std::string_view text) {
  constexpr std::string_view form = "9999-99-99T99:99:99";
  if (!has_pattern(text.substr(0, form.size()), form)) return std::nullopt;
  const auto date = Date::parse(text.substr(0, 10));
  const int hour = digits_at(text, 11, 2);
  const int minute = digits_at(text, 14, 2);
  const int second = digits_at(text, 17, 2);
  text.remove_prefix(form.size());
  const auto fraction = take_fraction(text);
  const auto offset = parse_offset(text);
  if (!date || hour > 23 || minute > 59 || second > 59 || !fraction || !offset) return std::nullopt;
  const std::int64_t days = days_from_civil(date->year(), date->month(), date->day());
  const int second_of_day = hour * 3600 + minute * 60 + second;
  return DateTime{days * 86400 + second_of_day - *offset, *fraction};
}

/// Nothing when the clock cannot hold it (one that counts nanoseconds ends in the year 2262).
inline std::optional<std::chrono::system_clock::time_point> time_point_of(const DateTime& time) {
  using Duration = std::chrono::system_clock::duration;
  constexpr auto most = std::chrono::duration_cast<std::chrono::seconds>(Duration::max()).count();
  if (time.seconds >= most || time.seconds <= -most) return std::nullopt;
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<Duration>(std::chrono::seconds(time.seconds)) +
      std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(time.nanoseconds)));
}

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
