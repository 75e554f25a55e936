// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "../../detail/text/date_time.hpp"
#include "../../detail/text/encoding.hpp"
#include "../date.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

MOVIO_EXHIBITOR_INLINE Result<Date> Date::of(int year, int month, int day) {
  const bool exists =
      year >= 0 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= detail::days_in_month(year, month);
  if (!exists) return detail::invalid_argument("there is no such date");
  return Date(year, month, day);
}

MOVIO_EXHIBITOR_INLINE Result<Date> Date::parse(std::string_view text) {
  if (!detail::has_pattern(text, "9999-99-99")) return detail::invalid_argument("a date has the form YYYY-MM-DD");
  return of(detail::digits_at(text, 0, 4), detail::digits_at(text, 5, 2), detail::digits_at(text, 8, 2));
}

MOVIO_EXHIBITOR_INLINE Result<Date> Date::parse(std::string_view text, std::string_view format) {
  std::array<std::optional<int>, 3> parts;
  constexpr std::string_view letters = "Ymd";
  const Error other_form = detail::invalid_argument("the date does not have the form " + std::string(format));
  while (!format.empty()) {
    const auto part = format.front() == '%' && format.size() > 1 ? letters.find(format[1]) : std::string_view::npos;
    if (part == std::string_view::npos) {
      if (text.empty() || text.front() != format.front()) return other_form;
      text.remove_prefix(1);
      format.remove_prefix(1);
      continue;
    }
    if (parts[part]) return detail::invalid_argument("the format has a part of the date twice");
    parts[part] = part == 0 ? detail::take_number(text, 4, 4) : detail::take_number(text, 1, 2);
    if (!parts[part]) return other_form;
    format.remove_prefix(2);
  }
  if (!parts[0] || !parts[1] || !parts[2]) return detail::invalid_argument("a format has %Y, %m and %d");
  return text.empty() ? of(*parts[0], *parts[1], *parts[2]) : Result<Date>(other_form);
}

MOVIO_EXHIBITOR_INLINE std::string Date::text() const {
  std::string out;
  detail::append_digits(out, year_, 4);
  out += '-';
  detail::append_digits(out, month_, 2);
  out += '-';
  detail::append_digits(out, day_, 2);
  return out;
}

}  // namespace v0_1
}  // namespace movio::exhibitor
