// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "open_enum.hpp"
#include "raw_json.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

enum class ItemType { concession, other };

template <>
struct EnumNames<ItemType> {
  static constexpr std::array<std::string_view, 2> names{"CONCESSION", "OTHER"};
};

/// A product other than a ticket.
struct Item {
  std::string item_id{};
  std::string name{};
  OpenEnum<ItemType> type = ItemType::concession;
  std::vector<std::string> tags{};  ///< At most 10.
  OtherMembers other{};             ///< Sent beside the members above.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
