// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "date_time.hpp"
#include "encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The longest wait that a server's Retry-After is taken at its word for. Values of days have been seen (114 hours
/// once); honouring one would stop a service for that long, while asking again once an hour harms nobody.
inline constexpr std::chrono::seconds longest_retry_after{std::chrono::hours(1)};

/// The place of a three-letter name in a row of such names, counted from 0; -1 when it is not there.
constexpr int place_of_name(std::string_view names, std::string_view name) noexcept {
  for (std::size_t i = 0; i + 3 <= names.size(); i += 3) {
    if (names.substr(i, 3) == name) return static_cast<int>(i / 3);
  }
  return -1;
}

/// An HTTP-date in its one current form, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7), whatever the locale.
/// The two obsolete forms are refused: nobody sends them. Times beyond the clock's range become its end.
inline std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) noexcept {
  if (!has_pattern(text, "###, 99 ### 9999 99:99:99 GMT")) return std::nullopt;
  const int weekday = place_of_name("SunMonTueWedThuFriSat", text.substr(0, 3));
  const int day = digits_at(text, 5, 2);
  const int month = 1 + place_of_name("JanFebMarAprMayJunJulAugSepOctNovDec", text.substr(8, 3));
  const int year = digits_at(text, 12, 4);
  const int hour = digits_at(text, 17, 2);
  const int minute = digits_at(text, 20, 2);
  const int second = digits_at(text, 23, 2);
  if (weekday < 0 || month < 1 || day < 1 || day > days_in_month(year, month)) return std::nullopt;
  // 60 is a leap second, which the clock does not know: it counts as the next minute's first.
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;

  using Clock = std::chrono::system_clock;
  const std::chrono::seconds since_epoch{((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second};
  constexpr auto limit = std::chrono::duration_cast<std::chrono::seconds>(Clock::duration::max());
  return Clock::time_point(std::clamp(since_epoch, -limit, limit));
}

/// How long a Retry-After asks to wait from `now`: seconds or an HTTP-date (RFC 9110 section 10.2.3), at most
/// `longest_retry_after`; a date gone by asks for 0 s. Nothing when the value is neither. Never throws.
inline std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                             std::chrono::system_clock::time_point now) noexcept {
  using std::chrono::seconds;
  value = trim(value);
  if (value.empty()) return std::nullopt;
  if (const auto date = parse_http_date(value)) {
    const auto in_seconds = [](auto time) { return std::chrono::duration_cast<seconds>(time.time_since_epoch()); };
    return std::clamp(in_seconds(*date) - in_seconds(now), seconds(0), longest_retry_after);
  }
  seconds delay{0};
  for (const char c : value) {
    if (!is_digit(c)) return std::nullopt;
    delay = std::min(delay * 10 + seconds(c - '0'), longest_retry_after);  // here, so that no length can overflow
  }
  return delay;
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
