// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A JSON value as text, kept and sent unchanged.
struct RawJson {
  std::string text{};
};

/// Members of a record that its struct does not know, in their order: names (without quotes and escapes) and values.
using OtherMembers = std::vector<std::pair<std::string, RawJson>>;

}  // namespace v0_1
}  // namespace movio::exhibitor
