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

/// The only documented value; there are others.
enum class TicketType { box_office };

template <>
struct EnumNames<TicketType> {
  static constexpr std::array<std::string_view, 1> names{"box_office"};
};

/// A kind of ticket.
struct Ticket {
  std::string ticket_id{};  ///< Case sensitive.
  std::string name{};
  OpenEnum<TicketType> type{};
  std::vector<std::string> tags{};  ///< At most 10.
  OtherMembers other{};             ///< Sent beside the members above.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
