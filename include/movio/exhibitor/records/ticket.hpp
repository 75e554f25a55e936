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

/// The one that is known; there are others.
enum class TicketType { box_office };

constexpr std::array<std::string_view, 1> names_of(TicketType /*type*/) { return {"box_office"}; }

/// A kind of ticket.
struct Ticket {
  std::string ticket_id{};  ///< Case sensitive.
  std::string name{};
  OpenEnum<TicketType> type{};
  std::vector<std::string> tags{};  ///< At most 10.
  OtherMembers other{};             ///< Sent beside the members above.
};

namespace detail {

template <>
struct Schema<Ticket> {
  static constexpr std::string_view path = "/tickets";
  static constexpr auto fields =
      std::make_tuple(required("ticket_id", &Ticket::ticket_id), required("name", &Ticket::name),
                      optional("type", &Ticket::type), optional("tags", &Ticket::tags, Rule::tags));
};

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
