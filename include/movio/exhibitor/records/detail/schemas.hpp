// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

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
  static constexpr auto id = required("cinema_id", &Cinema::cinema_id);
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(id) && visit(required("name", &Cinema::name)) &&
           visit(required("timezone", &Cinema::timezone, Rule::time_zone)) &&
           visit(optional("tags", &Cinema::tags, Rule::tags));
  }
};

template <>
struct Schema<Film> {
  static constexpr std::string_view path = "/films";
  static constexpr auto id = required("film_id", &Film::film_id);
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(id) && visit(required("title", &Film::title)) && visit(optional("distributor", &Film::distributor)) &&
           visit(optional("rating", &Film::rating)) && visit(optional("opening_date", &Film::opening_date)) &&
           visit(optional("genres", &Film::genres));
  }
};

template <>
struct Schema<Item> {
  static constexpr std::string_view path = "/items";
  static constexpr auto id = required("item_id", &Item::item_id);
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(id) && visit(required("name", &Item::name)) && visit(required("type", &Item::type)) &&
           visit(optional("tags", &Item::tags, Rule::tags));
  }
};

template <>
struct Schema<Ticket> {
  static constexpr std::string_view path = "/tickets";
  static constexpr auto id = required("ticket_id", &Ticket::ticket_id);
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(id) && visit(required("name", &Ticket::name)) && visit(optional("type", &Ticket::type)) &&
           visit(optional("tags", &Ticket::tags, Rule::tags));
  }
};

template <>
struct Schema<LoyaltyCard> {
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(optional("number", &LoyaltyCard::number)) && visit(optional("status", &LoyaltyCard::status));
  }
};

template <>
struct Schema<Preferences> {
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(optional("cinema_ids", &Preferences::cinema_ids)) && visit(optional("genres", &Preferences::genres));
  }
};

template <>
struct Schema<Member> {
  static constexpr std::string_view path = "/members";
  static constexpr auto id = required("member_id", &Member::member_id);
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(id) && visit(required("gender", &Member::gender)) && visit(required("status", &Member::status)) &&
           visit(optional("email", &Member::email)) && visit(optional("phone_number", &Member::phone_number)) &&
           visit(optional("first_name", &Member::first_name)) && visit(optional("last_name", &Member::last_name)) &&
           visit(optional("date_of_birth", &Member::date_of_birth)) &&
           visit(optional("loyalty_cards", &Member::loyalty_cards)) &&
           visit(optional("issued_at", &Member::issued_at)) && visit(optional("preferences", &Member::preferences));
  }
};

template <>
struct Schema<SessionLine> {
  static constexpr std::string_view tag_name = "line_type";
  static constexpr std::string_view tag = "session";
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(optional("ticket_id", &SessionLine::ticket_id)) && visit(optional("film_id", &SessionLine::film_id)) &&
           visit(optional("session_time", &SessionLine::session_time)) &&
           visit(optional("quantity", &SessionLine::quantity)) && visit(optional("total", &SessionLine::total)) &&
           visit(optional("tax", &SessionLine::tax)) && visit(optional("discount", &SessionLine::discount));
  }
};

template <>
struct Schema<ItemLine> {
  static constexpr std::string_view tag_name = "line_type";
  static constexpr std::string_view tag = "item";
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(optional("item_id", &ItemLine::item_id)) && visit(optional("quantity", &ItemLine::quantity)) &&
           visit(optional("total", &ItemLine::total)) && visit(optional("tax", &ItemLine::tax)) &&
           visit(optional("discount", &ItemLine::discount));
  }
};

template <>
struct Schema<Transaction> {
  static constexpr std::string_view path = "/transactions";
  static constexpr auto id = required("transaction_id", &Transaction::transaction_id);
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(id) && visit(required("member_id", &Transaction::member_id)) &&
           visit(required("cinema_id", &Transaction::cinema_id)) &&
           visit(required("transactionLines", &Transaction::transaction_lines)) &&
           visit(optional("salesChannel", &Transaction::sales_channel)) &&
           visit(optional("transactedAt", &Transaction::transacted_at)) &&
           visit(optional("timezone", &Transaction::timezone, Rule::time_zone));
  }
};

template <>
struct Schema<SubscriptionCategory> {
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(required("id", &SubscriptionCategory::id)) && visit(optional("name", &SubscriptionCategory::name)) &&
           visit(optional("channels", &SubscriptionCategory::channels));
  }
};

template <>
struct Schema<Subscription> {
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(required("category_id", &Subscription::category_id)) &&
           visit(required("channel", &Subscription::channel)) && visit(required("state", &Subscription::state));
  }
};

template <>
struct Schema<MemberSubscriptions> {
  static constexpr auto id = required("member_id", &MemberSubscriptions::member_id);
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(id) && visit(required("subscriptions", &MemberSubscriptions::subscriptions));
  }
};

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
