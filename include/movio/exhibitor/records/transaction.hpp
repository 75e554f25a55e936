// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "decimal.hpp"
#include "raw_json.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Tickets sold for a session.
struct SessionLine {
  std::optional<std::string> ticket_id{};
  std::optional<std::string> film_id{};
  std::optional<std::chrono::system_clock::time_point> session_time{};
  std::optional<Decimal> quantity{};
  std::optional<Decimal> total{};
  std::optional<Decimal> tax{};
  std::optional<Decimal> discount{};
  OtherMembers other{};  ///< Sent beside the members above.
};

/// Items sold.
struct ItemLine {
  std::optional<std::string> item_id{};
  std::optional<Decimal> quantity{};
  std::optional<Decimal> total{};
  std::optional<Decimal> tax{};
  std::optional<Decimal> discount{};
  OtherMembers other{};  ///< Sent beside the members above.
};

/// `RawJson` is a line of an unknown kind; it is sent unchanged.
using TransactionLine = std::variant<SessionLine, ItemLine, RawJson>;

/// A purchase of a member.
struct Transaction {
  std::string transaction_id{};
  std::string member_id{};
  std::string cinema_id{};
  std::vector<TransactionLine> transaction_lines{};
  std::optional<std::string> sales_channel{};
  std::optional<std::chrono::system_clock::time_point> transacted_at{};
  std::optional<std::string> timezone{};  ///< IANA name, for example Pacific/Auckland.
  OtherMembers other{};                   ///< Sent beside the members above.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
