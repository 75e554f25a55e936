// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

constexpr int days_in_month(int year, int month) noexcept {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// Days since 1970-01-01 in the Gregorian calendar, for years from 0 on. A year begins in March here, so that the day
/// that comes and goes is its last.
constexpr std::int64_t days_from_civil(int year, int month, int day) noexcept {
  const int years = year + 400 - (month > 2 ? 0 : 1);  // a whole cycle more, so that it is never negative
  const int months = month > 2 ? month - 3 : month + 9;
  const std::int64_t days_of_years = std::int64_t{years} * 365 + years / 4 - years / 100 + years / 400;
  constexpr std::int64_t days_of_400_years = 146097;
  constexpr std::int64_t epoch = 719468;  // 1970-01-01, counted from 0000-03-01
  return days_of_years - days_of_400_years + (153 * months + 2) / 5 + day - 1 - epoch;
}

/// Whether `text` has the pattern's length, digits where it has '9', anything where it has '#', and else its very
/// characters.
constexpr bool has_pattern(std::string_view text, std::string_view pattern) noexcept {
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (pattern[i] == '9' ? !is_digit(text[i]) : pattern[i] != '#' && text[i] != pattern[i]) return false;
  }
  return true;
}

constexpr int digits_at(std::string_view text, std::size_t at, std::size_t count) noexcept {
  int number = 0;
  for (const char digit : text.substr(at, count)) number = number * 10 + (digit - '0');
  return number;
}

/// Steps over a number of `least` to `most` digits; nothing when there are fewer.
inline std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) noexcept {
  std::size_t count = 0;
  while (count < most && count < text.size() && is_digit(text[count])) ++count;
  if (count < least) return std::nullopt;
  const int number = digits_at(text, 0, count);
  text.remove_prefix(count);
  return number;
}

inline void append_digits(std::string& out, int number, int count) {
  int unit = 1;
  for (int i = 1; i < count; ++i) unit *= 10;
  for (; unit > 0; unit /= 10) out += static_cast<char>('0' + number / unit % 10);
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
