// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "date.hpp"
#include "raw_json.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A film.
struct Film {
  std::string film_id{};
  std::string title{};
  std::optional<std::string> distributor{};
  std::optional<std::string> rating{};
  std::optional<Date> opening_date{};
  std::vector<std::string> genres{};
  OtherMembers other{};  ///< Sent beside the members above.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
