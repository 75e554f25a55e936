#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "decimal.hpp"
#include "detail/schema.hpp"
#include "raw_json.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Tickets that were sold for a session.
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

/// Items that were sold.
struct ItemLine {
  std::optional<std::string> item_id{};
  std::optional<Decimal> quantity{};
  std::optional<Decimal> total{};
  std::optional<Decimal> tax{};
  std::optional<Decimal> discount{};
  OtherMembers other{};  ///< Sent beside the members above.
};

/// `RawJson` is a line of a kind that this library does not know; it is sent as it is.
using TransactionLine = std::variant<SessionLine, ItemLine, RawJson>;

/// What a member bought at one time.
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

namespace detail {

template <>
struct Schema<SessionLine> {
  static constexpr std::string_view tag_name = "line_type";
  static constexpr std::string_view tag = "session";
  static constexpr auto fields =
      std::make_tuple(optional("ticket_id", &SessionLine::ticket_id), optional("film_id", &SessionLine::film_id),
                      optional("session_time", &SessionLine::session_time),
                      optional("quantity", &SessionLine::quantity), optional("total", &SessionLine::total),
                      optional("tax", &SessionLine::tax), optional("discount", &SessionLine::discount));
};

template <>
struct Schema<ItemLine> {
  static constexpr std::string_view tag_name = "line_type";
  static constexpr std::string_view tag = "item";
  static constexpr auto fields = std::make_tuple(
      optional("item_id", &ItemLine::item_id), optional("quantity", &ItemLine::quantity),
      optional("total", &ItemLine::total), optional("tax", &ItemLine::tax), optional("discount", &ItemLine::discount));
};

template <>
struct Schema<Transaction> {
  static constexpr std::string_view path = "/transactions";
  static constexpr auto fields = std::make_tuple(
      required("transaction_id", &Transaction::transaction_id), required("member_id", &Transaction::member_id),
      required("cinema_id", &Transaction::cinema_id), required("transactionLines", &Transaction::transaction_lines),
      optional("salesChannel", &Transaction::sales_channel), optional("transactedAt", &Transaction::transacted_at),
      optional("timezone", &Transaction::timezone, Rule::time_zone));
};

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
