// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <tuple>

#include "../cinema.hpp"
#include "../film.hpp"
#include "../item.hpp"
#include "../member.hpp"
#include "../subscription.hpp"
#include "../ticket.hpp"
#include "../transaction.hpp"
#include "schema.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
// How the API spells the models: the names of their members on the wire, and what it asks of them.
namespace detail {

template <>
struct Schema<Cinema> {
  static constexpr std::string_view path = "/cinemas";
  static constexpr auto fields = std::make_tuple(
      required("cinema_id", &Cinema::cinema_id), required("name", &Cinema::name),
      required("timezone", &Cinema::timezone, Rule::time_zone), optional("tags", &Cinema::tags, Rule::tags));
};

template <>
struct Schema<Film> {
  static constexpr std::string_view path = "/films";
  static constexpr auto fields =
      std::make_tuple(required("film_id", &Film::film_id), required("title", &Film::title),
                      optional("distributor", &Film::distributor), optional("rating", &Film::rating),
                      optional("opening_date", &Film::opening_date), optional("genres", &Film::genres));
};

template <>
struct Schema<Item> {
  static constexpr std::string_view path = "/items";
  static constexpr auto fields =
      std::make_tuple(required("item_id", &Item::item_id), required("name", &Item::name), required("type", &Item::type),
                      optional("tags", &Item::tags, Rule::tags));
};

template <>
struct Schema<Ticket> {
  static constexpr std::string_view path = "/tickets";
  static constexpr auto fields =
      std::make_tuple(required("ticket_id", &Ticket::ticket_id), required("name", &Ticket::name),
                      optional("type", &Ticket::type), optional("tags", &Ticket::tags, Rule::tags));
};

template <>
struct Schema<LoyaltyCard> {
  static constexpr auto fields =
      std::make_tuple(optional("number", &LoyaltyCard::number), optional("status", &LoyaltyCard::status));
};

template <>
struct Schema<Preferences> {
  static constexpr auto fields =
      std::make_tuple(optional("cinema_ids", &Preferences::cinema_ids), optional("genres", &Preferences::genres));
};

template <>
struct Schema<Member> {
  static constexpr std::string_view path = "/members";
  static constexpr auto fields =
      std::make_tuple(required("member_id", &Member::member_id), required("gender", &Member::gender),
                      required("status", &Member::status), optional("email", &Member::email),
                      optional("phone_number", &Member::phone_number), optional("first_name", &Member::first_name),
                      optional("last_name", &Member::last_name), optional("date_of_birth", &Member::date_of_birth),
                      optional("loyalty_cards", &Member::loyalty_cards), optional("issued_at", &Member::issued_at),
                      optional("preferences", &Member::preferences));
};

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

template <>
struct Schema<Subscription> {
  static constexpr auto fields =
      std::make_tuple(required("category_id", &Subscription::category_id), required("channel", &Subscription::channel),
                      required("state", &Subscription::state));
};

template <>
struct Schema<MemberSubscriptions> {
  static constexpr auto fields = std::make_tuple(required("member_id", &MemberSubscriptions::member_id),
                                                 required("subscriptions", &MemberSubscriptions::subscriptions));
};

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
