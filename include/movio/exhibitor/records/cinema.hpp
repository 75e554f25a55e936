// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "raw_json.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A cinema.
struct Cinema {
  std::string cinema_id{};
  std::string name{};
  std::string timezone{};           ///< IANA name, for example Pacific/Auckland.
  std::vector<std::string> tags{};  ///< At most 10, for example IMAX.
  OtherMembers other{};             ///< Sent beside the members above.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
