// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "../detail/timestamps.hpp"
#include "../time.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

MOVIO_EXHIBITOR_INLINE Result<std::chrono::system_clock::time_point> parse_time(std::string_view text) {
  const auto read = detail::parse_date_time(text);
  if (!read) return detail::invalid_argument("a time has the form 2024-08-06T19:30:00+12:00, or Z for its offset");
  const auto time = detail::time_point_of(*read);
  if (!time) return detail::invalid_argument("the time lies outside the years that this machine's clock can hold");
  return *time;
}

MOVIO_EXHIBITOR_INLINE Result<std::string> time_text(std::chrono::system_clock::time_point time) {
  return detail::utc_text(time);
}

}  // namespace v0_1
}  // namespace movio::exhibitor
