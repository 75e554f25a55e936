// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <movio/exhibitor/call/detail/response_error.hpp>
#include <string_view>
#include <utility>

namespace support {

/// What a call makes of an answer that it does not repeat: the response itself, or an error.
inline movio::exhibitor::Result<movio::exhibitor::HttpResponse> check_response(
    movio::exhibitor::HttpResponse response, std::string_view method, std::string_view route,
    const movio::exhibitor::detail::Confidential& confidential = {},
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now()) {
  if (movio::exhibitor::detail::is_success(response, method)) return response;
  return movio::exhibitor::detail::error_of(response, method, route, confidential, now);
}

}  // namespace support
