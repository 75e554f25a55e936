// SPDX-License-Identifier: MIT
#pragma once

// A full and a minimal record of each resource, as structs and as the API's JSON, and reading and writing them.
#include <chrono>
#include <movio/exhibitor/detail/json/value.hpp>
#include <movio/exhibitor/records/cinema.hpp>
#include <movio/exhibitor/records/detail/reader.hpp>
#include <movio/exhibitor/records/detail/schema.hpp>
#include <movio/exhibitor/records/detail/writer.hpp>
#include <movio/exhibitor/records/film.hpp>
#include <movio/exhibitor/records/item.hpp>
#include <movio/exhibitor/records/member.hpp>
#include <movio/exhibitor/records/subscription.hpp>
#include <movio/exhibitor/records/ticket.hpp>
#include <movio/exhibitor/records/transaction.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

namespace records {

namespace ex = movio::exhibitor;
using ex::detail::Reading;

/// The problem as a user sees it; empty when there is none.
inline std::string said(const std::optional<ex::detail::FieldProblem>& problem) {
  return problem ? problem->text() : "";
}

/// Reads into a record that may have held another one.
template <class Record>
std::string read_into(Record& record, std::string_view text, Reading reading = Reading::values) {
  return said(ex::detail::RecordReader(text, reading).read(record));
}

/// What is wrong with a text, in whichever way it is read.
template <class Record>
std::string problem_in(std::string_view text) {
  Record values;
  Record checked;
  const std::string problem = read_into(values, text);
  CHECK(read_into(checked, text, Reading::check) == problem);
  return problem;
}

template <class Record>
Record read(std::string_view text) {
  Record record;
  INFO(text);
  REQUIRE(read_into(record, text).empty());
  return record;
}

/// What keeps a record from being sent, after checking that nothing of it was written.
template <class Record>
std::string unsendable(const Record& record) {
  std::string out = "before";
  std::string problem = said(ex::detail::RecordWriter(out).write(record));
  CHECK_FALSE(problem.empty());
  CHECK(out == "before");
  return problem;
}

template <class Record>
std::string written(const Record& record) {
  std::string out = "before";
  REQUIRE(said(ex::detail::RecordWriter(out).write(record)).empty());
  REQUIRE(out.substr(0, 6) == "before");
  return out.substr(6);
}

/// A time of 2024-08-06, UTC.
inline std::chrono::system_clock::time_point that_day(std::chrono::microseconds time) {
  return std::chrono::system_clock::time_point(std::chrono::hours(24) * 19941 + time);
}

/// The text of an object with one more member, in front.
inline std::string inserted(std::string text, const std::string& member) { return text.insert(1, member + ','); }

/// A transaction with these lines.
inline std::string transaction_with(const std::string& line) {
  return R"({"transaction_id":"t","member_id":"m","cinema_id":"c","transactionLines":[)" + line + "]}";
}

template <class Record>
struct Sample {
  std::string resource;
  Record full{};
  std::string full_text;
  Record minimal{};
  std::string minimal_text;
  std::vector<std::string> required;
};

template <class Record>
Sample<Record> sample();

template <>
inline Sample<ex::Cinema> sample() {
  Sample<ex::Cinema> cinema;
  cinema.resource = "cinemas";
  cinema.full = {"northcitymultiplex01", "North City Multiplex", "Pacific/Auckland", {"IMAX", "3D"}, {}};
  cinema.full_text =
      R"({"cinema_id":"northcitymultiplex01","name":"North City Multiplex","timezone":"Pacific/Auckland",)"
      R"("tags":["IMAX","3D"]})";
  cinema.minimal = {"c", "C", "UTC", {}, {}};
  cinema.minimal_text = R"({"cinema_id":"c","name":"C","timezone":"UTC"})";
  cinema.required = {"cinema_id", "name", "timezone"};
  return cinema;
}

template <>
inline Sample<ex::Film> sample() {
  Sample<ex::Film> film;
  film.resource = "films";
  film.full.film_id = "captain_america-civil_war";
  film.full.title = "Captain America: Civil War";
  film.full.distributor = "Disney";
  film.full.rating = "M";
  film.full.opening_date = ex::Date::of(2024, 8, 6).value();
  film.full.genres = {"Action", "Adventure"};
  film.full_text =
      R"({"film_id":"captain_america-civil_war","title":"Captain America: Civil War","distributor":"Disney",)"
      R"("rating":"M","opening_date":"2024-08-06","genres":["Action","Adventure"]})";
  film.minimal.film_id = "f";
  film.minimal.title = "F";
  film.minimal_text = R"({"film_id":"f","title":"F"})";
  film.required = {"film_id", "title"};
  return film;
}

template <>
inline Sample<ex::Item> sample() {
  Sample<ex::Item> item;
  item.resource = "items";
  item.full = {"concession_popcorn_lrg_unbuttered", "Large popcorn", ex::ItemType::other, {"snack"}, {}};
  item.full_text =
      R"({"item_id":"concession_popcorn_lrg_unbuttered","name":"Large popcorn","type":"OTHER","tags":["snack"]})";
  item.minimal.item_id = "i";
  item.minimal.name = "I";
  item.minimal_text = R"({"item_id":"i","name":"I","type":"CONCESSION"})";
  item.required = {"item_id", "name", "type"};
  return item;
}

template <>
inline Sample<ex::Ticket> sample() {
  Sample<ex::Ticket> ticket;
  ticket.resource = "tickets";
  ticket.full = {"adult_ticket", "Adult", ex::TicketType::box_office, {"3D"}, {}};
  ticket.full_text = R"({"ticket_id":"adult_ticket","name":"Adult","type":"box_office","tags":["3D"]})";
  ticket.minimal.ticket_id = "T";
  ticket.minimal.name = "Adult";
  ticket.minimal_text = R"({"ticket_id":"T","name":"Adult"})";
  ticket.required = {"ticket_id", "name"};
  return ticket;
}

template <>
inline Sample<ex::Member> sample() {
  Sample<ex::Member> member;
  member.resource = "members";
  member.full.member_id = "member1";
  member.full.gender = ex::Gender::female;
  member.full.status = ex::MemberStatus::activated;
  member.full.email = "zoe@example.com";
  member.full.phone_number = "+6495550100";
  member.full.first_name = "Zo\xc3\xab";
  member.full.last_name = "O'Neill \"Z\"";
  member.full.date_of_birth = ex::Date::of(1980, 2, 29).value();
  member.full.loyalty_cards = {{"0001", ex::LoyaltyCardStatus::active, {}}, {"0002", {}, {}}};
  member.full.issued_at = that_day(std::chrono::hours(19) + std::chrono::minutes(30));
  member.full.preferences = ex::Preferences{{"northcitymultiplex01"}, {"Action", "Drama"}, {}};
  member.full_text =
      R"({"member_id":"member1","gender":"FEMALE","status":"ACTIVATED","email":"zoe@example.com",)"
      R"("phone_number":"+6495550100","first_name":"Zoë","last_name":"O'Neill \"Z\"","date_of_birth":"1980-02-29",)"
      R"("loyalty_cards":[{"number":"0001","status":"ACTIVE"},{"number":"0002"}],"issued_at":"2024-08-06T19:30:00Z",)"
      R"("preferences":{"cinema_ids":["northcitymultiplex01"],"genres":["Action","Drama"]}})";
  member.minimal.member_id = "m";
  member.minimal.gender = ex::Gender::unspecified;
  member.minimal.status = ex::MemberStatus::issued;
  member.minimal_text = R"({"member_id":"m","gender":"UNSPECIFIED","status":"ISSUED"})";
  member.required = {"member_id", "gender", "status"};
  return member;
}

template <>
inline Sample<ex::Transaction> sample() {
  ex::SessionLine session;
  session.ticket_id = "adult_ticket";
  session.film_id = "captain_america-civil_war";
  session.session_time = that_day(std::chrono::hours(20) + std::chrono::milliseconds(250));
  session.quantity = 2;
  session.total = ex::Decimal::scaled(3750, 2);
  session.tax = ex::Decimal::scaled(489, 2);
  session.discount = ex::Decimal::scaled(-5, 1);
  ex::ItemLine item;
  item.item_id = "concession_popcorn_lrg_unbuttered";
  item.quantity = 1;
  item.total = ex::Decimal::scaled(950, 2);
  item.tax = ex::Decimal::scaled(124, 2);
  item.discount = 0;
  Sample<ex::Transaction> transaction;
  transaction.resource = "transactions";
  transaction.full = {"t1",  "member1",    "northcitymultiplex01", {session, item},
                      "web", that_day({}), "Pacific/Auckland",     {}};
  transaction.full_text =
      R"({"transaction_id":"t1","member_id":"member1","cinema_id":"northcitymultiplex01","transactionLines":[)"
      R"({"line_type":"session","ticket_id":"adult_ticket","film_id":"captain_america-civil_war",)"
      R"("session_time":"2024-08-06T20:00:00.250000Z","quantity":2,"total":37.50,"tax":4.89,"discount":-0.5},)"
      R"({"line_type":"item","item_id":"concession_popcorn_lrg_unbuttered","quantity":1,"total":9.50,"tax":1.24,)"
      R"("discount":0}],"salesChannel":"web","transactedAt":"2024-08-06T00:00:00Z","timezone":"Pacific/Auckland"})";
  transaction.minimal.transaction_id = "t";
  transaction.minimal.member_id = "m";
  transaction.minimal.cinema_id = "c";
  transaction.minimal_text = R"({"transaction_id":"t","member_id":"m","cinema_id":"c","transactionLines":[]})";
  transaction.required = {"transaction_id", "member_id", "cinema_id", "transactionLines"};
  return transaction;
}

template <>
inline Sample<ex::Subscription> sample() {
  Sample<ex::Subscription> subscription;
  subscription.resource = "subscriptions";
  subscription.full = {"newsletter", ex::Channel::sms, ex::SubscriptionState::subscribed, {}};
  subscription.full_text = R"({"category_id":"newsletter","channel":"SMS","state":"SUBSCRIBED"})";
  subscription.minimal.category_id = "n";
  subscription.minimal.channel = ex::Channel::email;
  subscription.minimal_text = R"({"category_id":"n","channel":"EMAIL","state":"UNSUBSCRIBED"})";
  subscription.required = {"category_id", "channel", "state"};
  return subscription;
}

template <>
inline Sample<ex::MemberSubscriptions> sample() {
  Sample<ex::MemberSubscriptions> all;
  all.full = {"member1", {sample<ex::Subscription>().full, sample<ex::Subscription>().minimal}};
  all.full_text = R"({"member_id":"member1","subscriptions":[)" + sample<ex::Subscription>().full_text + ',' +
                  sample<ex::Subscription>().minimal_text + "]}";
  all.minimal.member_id = "m";
  all.minimal_text = R"({"member_id":"m","subscriptions":[]})";
  all.required = {"member_id", "subscriptions"};
  return all;
}

}  // namespace records

/// For TEMPLATE_TEST_CASE: all kinds of records; those that have a place for members that are not known.
#define EXHIBITOR_OPEN_RECORDS                                                                        \
  movio::exhibitor::Cinema, movio::exhibitor::Film, movio::exhibitor::Item, movio::exhibitor::Ticket, \
      movio::exhibitor::Member, movio::exhibitor::Transaction, movio::exhibitor::Subscription
#define EXHIBITOR_RECORDS EXHIBITOR_OPEN_RECORDS, movio::exhibitor::MemberSubscriptions
