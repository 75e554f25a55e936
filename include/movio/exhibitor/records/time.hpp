// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Reads a date-time with its offset from UTC, for example "2024-08-06T19:30:00.25+12:00" or "2024-08-06T07:30:00Z"
/// (RFC 3339 `date-time`). What is smaller than the clock's unit is dropped. Errors: `invalid_argument`, also for a
/// time that the machine's clock cannot hold.
Result<std::chrono::system_clock::time_point> parse_time(std::string_view text);

/// The time as it is sent: in UTC, with microseconds when there are any. Errors: `invalid_argument` outside the years
/// 0000 to 9999, which a clock that counts nanoseconds does not reach.
Result<std::string> time_text(std::chrono::system_clock::time_point time);

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/time.ipp"
#endif
