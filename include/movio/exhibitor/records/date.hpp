// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A day of the Gregorian calendar that exists, in the years 0000 to 9999 (RFC 3339 `full-date`).
class Date {
 public:
  /// Errors: `invalid_argument` for a day that does not exist.
  static Result<Date> of(int year, int month, int day);

  /// Reads YYYY-MM-DD. Errors: `invalid_argument`.
  static Result<Date> parse(std::string_view text);

  /// Reads a date of another form, for example `Date::parse("6/8/2024", "%d/%m/%Y")`: `%Y` has four digits, `%m` and
  /// `%d` one or two; everything else stands for itself. Errors: `invalid_argument`, also for a format that does not
  /// have each of the three once.
  static Result<Date> parse(std::string_view text, std::string_view format);

  [[nodiscard]] int year() const noexcept { return year_; }
  [[nodiscard]] int month() const noexcept { return month_; }  ///< 1 to 12.
  [[nodiscard]] int day() const noexcept { return day_; }      ///< 1 to 31.

  /// YYYY-MM-DD.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Date& a, const Date& b) noexcept {
    return a.year_ == b.year_ && a.month_ == b.month_ && a.day_ == b.day_;
  }
  friend bool operator!=(const Date& a, const Date& b) noexcept { return !(a == b); }

 private:
  Date(int year, int month, int day)
      : year_(static_cast<std::int16_t>(year)),
        month_(static_cast<std::int8_t>(month)),
        day_(static_cast<std::int8_t>(day)) {}

  std::int16_t year_;
  std::int8_t month_;
  std::int8_t day_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/date.ipp"
#endif
