#pragma once

#include <array>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "detail/schema.hpp"
#include "open_enum.hpp"
#include "raw_json.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

enum class ItemType { concession, other };

constexpr std::array<std::string_view, 2> names_of(ItemType /*type*/) { return {"CONCESSION", "OTHER"}; }

/// What is sold beside tickets.
struct Item {
  std::string item_id{};
  std::string name{};
  OpenEnum<ItemType> type = ItemType::concession;
  std::vector<std::string> tags{};  ///< At most 10.
  OtherMembers other{};             ///< Sent beside the members above.
};

namespace detail {

template <>
struct Schema<Item> {
  static constexpr std::string_view path = "/items";
  static constexpr auto fields =
      std::make_tuple(required("item_id", &Item::item_id), required("name", &Item::name), required("type", &Item::type),
                      optional("tags", &Item::tags, Rule::tags));
};

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
