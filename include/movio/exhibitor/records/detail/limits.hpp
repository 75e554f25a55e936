#pragma once

#include <cstddef>

#include "../../version.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// The API's own limit.
inline constexpr std::size_t most_records = 5000;
/// The bytes of a request that are not exceeded by another record. What the API takes at most is not documented.
inline constexpr std::size_t usual_request_bytes = std::size_t{4} << 20U;

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
