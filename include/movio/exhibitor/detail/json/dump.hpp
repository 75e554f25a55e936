// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>

#include "../../core/result.hpp"
#include "forward.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

// The type of the caller's JSON is a parameter, so that a program that passes none does not compile nlohmann/json.hpp.

template <class Json>
bool is_deeper_than(const Json& value, int levels) {
  if (!value.is_structured()) return false;
  if (levels == 0) return true;
  return std::any_of(value.begin(), value.end(),
                     [levels](const Json& member) { return is_deeper_than(member, levels - 1); });
}

/// Writes a JSON value. Errors: `invalid_argument` for text that is not UTF-8 and for nesting deeper than 64 levels:
/// writing recurses once per level.
template <class Json>
Result<std::string> dump_json(const Json& value) {
  static_assert(std::is_same_v<Json, nlohmann::json>,
                "the body must be a nlohmann::json; pass JSON text to send() as a Body");
  if constexpr (std::is_same_v<Json, nlohmann::json>) {
    if (is_deeper_than(value, 64)) return invalid_argument("the JSON is nested deeper than 64 levels");
    try {
      return value.dump();
    } catch (const typename Json::type_error&) {  // its text quotes the value
      return invalid_argument("the JSON holds text that is not UTF-8");
    }
  } else {
    return std::string();
  }
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
