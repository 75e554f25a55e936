#pragma once

#include <cstdint>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0 {
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

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
