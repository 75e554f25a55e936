// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "../../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Records of one request: the API's limit.
inline constexpr std::size_t most_records = 5000;
/// Soft size limit of one request, in bytes. The API's own limit is not documented.
inline constexpr std::size_t usual_request_bytes = std::size_t{4} << 20U;

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
