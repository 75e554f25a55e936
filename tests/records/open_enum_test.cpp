// SPDX-License-Identifier: MIT
#include <movio/exhibitor/records/detail/schema.hpp>
#include <movio/exhibitor/records/detail/schemas.hpp>
#include <movio/exhibitor/records/open_enum.hpp>
#include <nlohmann/json.hpp>
#include <sandbox/validation.hpp>
#include <string>
#include <type_traits>

#include "catch.hpp"
#include "records.hpp"

namespace ex = movio::exhibitor;
using nlohmann::json;
using records::sample;
using records::written;

TEMPLATE_TEST_CASE("models - a record is written as the API spells it", "[models]", EXHIBITOR_RECORDS) {
  const auto known = sample<TestType>();
  CHECK(written(known.full) == known.full_text);
  CHECK(written(known.minimal) == known.minimal_text);
}

TEMPLATE_TEST_CASE("models - a record that was written is read back equal", "[models]", EXHIBITOR_RECORDS) {
  const auto known = sample<TestType>();
  CHECK(written(records::read<TestType>(known.full_text)) == known.full_text);
  CHECK(written(records::read<TestType>(known.minimal_text)) == known.minimal_text);
  CHECK(records::problem_in<TestType>(known.full_text).empty());
  CHECK(records::problem_in<TestType>(known.minimal_text).empty());
}

TEMPLATE_TEST_CASE("models - the order of members, blanks and escapes make no difference", "[models]",
                   EXHIBITOR_RECORDS) {
  const auto known = sample<TestType>();
  for (const auto& text : {known.full_text, known.minimal_text}) {
    const json value = json::parse(text);  // sorts the members
    for (const bool ascii : {false, true}) {
      const auto record = records::read<TestType>(' ' + value.dump(2, ' ', ascii) + "\r\n");
      CHECK(json::parse(written(record)) == value);
    }
    std::string escaped;
    for (const char c : text) escaped += c == '_' ? "\\u005f" : std::string(1, c);
    CHECK(written(records::read<TestType>(escaped)) == text);
  }
}

TEMPLATE_TEST_CASE("models - the API's stand-in takes what is written", "[models]", ex::Cinema, ex::Film, ex::Item,
                   ex::Ticket, ex::Member, ex::Transaction, ex::Subscription) {
  const auto known = sample<TestType>();
  CHECK(sandbox::problems_of(known.resource, json::parse(written(known.full))).empty());
  CHECK(sandbox::problems_of(known.resource, json::parse(written(known.minimal))).empty());
}

TEMPLATE_TEST_CASE("models - the API's stand-in and the reader ask for the same members", "[models]", ex::Cinema,
                   ex::Film, ex::Item, ex::Ticket, ex::Member, ex::Transaction, ex::Subscription) {
  const auto known = sample<TestType>();
  const json full = json::parse(known.full_text);
  for (const auto& member : full.items()) {
    json changed = full;
    changed.erase(member.key());
    const auto problems = sandbox::problems_of(known.resource, changed);
    CHECK(records::problem_in<TestType>(changed.dump()) == (problems.empty() ? "" : problems.front()));
  }
}

TEST_CASE("models - a value that is known is told from one that is only kept", "[models]") {
  CHECK(ex::OpenEnum<ex::Gender>(ex::Gender::male).known() == ex::Gender::male);
  CHECK(ex::OpenEnum<ex::Gender>("FEMALE").known() == ex::Gender::female);
  CHECK_FALSE(ex::OpenEnum<ex::Gender>("OTHER").known());
  CHECK_FALSE(ex::OpenEnum<ex::Gender>("female").known());
  CHECK_FALSE(ex::OpenEnum<ex::Gender>().known());
  CHECK_FALSE(ex::OpenEnum<ex::Gender>(static_cast<ex::Gender>(7)).known());
}

TEST_CASE("models - a value of each field stands in the member of its name", "[models]") {
  const auto member = records::read<ex::Member>(sample<ex::Member>().full_text);
  CHECK(member.member_id == "member1");
  CHECK(member.gender == ex::Gender::female);
  CHECK(member.status == ex::MemberStatus::activated);
  CHECK(member.first_name == "Zo\xc3\xab");
  CHECK(member.last_name == "O'Neill \"Z\"");
  CHECK(member.date_of_birth == ex::Date::of(1980, 2, 29).value());
  REQUIRE(member.loyalty_cards.size() == 2);
  CHECK(member.loyalty_cards[0].status == ex::LoyaltyCardStatus::active);
  CHECK(member.loyalty_cards[1].status.empty());
  CHECK(member.issued_at == records::that_day(std::chrono::minutes(19 * 60 + 30)));
  CHECK(member.preferences.value().genres.at(1) == "Drama");
  const auto transaction = records::read<ex::Transaction>(sample<ex::Transaction>().full_text);
  REQUIRE(transaction.transaction_lines.size() == 2);
  CHECK(std::get<ex::SessionLine>(transaction.transaction_lines[0]).total == ex::Decimal::scaled(3750, 2));
  CHECK(std::get<ex::ItemLine>(transaction.transaction_lines[1]).discount == ex::Decimal(0));
}

TEST_CASE("models - the paths are the API's", "[models]") {
  using ex::detail::Schema;
  CHECK(Schema<ex::Cinema>::path == "/cinemas");
  CHECK(Schema<ex::Film>::path == "/films");
  CHECK(Schema<ex::Item>::path == "/items");
  CHECK(Schema<ex::Ticket>::path == "/tickets");
  CHECK(Schema<ex::Member>::path == "/members");
  CHECK(Schema<ex::Transaction>::path == "/transactions");
}

TEMPLATE_TEST_CASE("models - a record's id is its first member", "[models]", ex::Cinema, ex::Film, ex::Item, ex::Ticket,
                   ex::Member, ex::Transaction, ex::MemberSubscriptions) {
  const auto known = sample<TestType>();
  CHECK(json::parse(known.full_text).at(known.required.front()) == ex::detail::id_of(known.full));
}

TEST_CASE("models - every known value of an enumeration has the API's name", "[models]") {
  const auto name = [](auto value) { return ex::OpenEnum<decltype(value)>(value).text(); };
  CHECK(name(ex::Gender::unspecified) == "UNSPECIFIED");
  CHECK(name(ex::Gender::female) == "FEMALE");
  CHECK(name(ex::Gender::male) == "MALE");
  CHECK(name(ex::MemberStatus::issued) == "ISSUED");
  CHECK(name(ex::MemberStatus::activated) == "ACTIVATED");
  CHECK(name(ex::MemberStatus::deleted) == "DELETED");
  CHECK(name(ex::LoyaltyCardStatus::active) == "ACTIVE");
  CHECK(name(ex::ItemType::concession) == "CONCESSION");
  CHECK(name(ex::ItemType::other) == "OTHER");
  CHECK(name(ex::TicketType::box_office) == "box_office");
  CHECK(name(ex::Channel::email) == "EMAIL");
  CHECK(name(ex::Channel::sms) == "SMS");
  CHECK(name(ex::SubscriptionState::subscribed) == "SUBSCRIBED");
  CHECK(name(ex::SubscriptionState::unsubscribed) == "UNSUBSCRIBED");
}

TEST_CASE("models - an enumeration's value is a known one, or any text, or none", "[models]") {
  using Gender = ex::OpenEnum<ex::Gender>;
  CHECK(Gender(static_cast<ex::Gender>(3)).text() == "3");
  CHECK(Gender().empty());
  CHECK_FALSE(Gender(ex::Gender::male).empty());
  CHECK(Gender(ex::Gender::male) == Gender("MALE"));
  CHECK(Gender("DIVERSE").text() == "DIVERSE");
  CHECK(Gender("DIVERSE") != ex::Gender::male);
  CHECK(Gender() != ex::Gender::unspecified);
  CHECK_FALSE(std::is_convertible_v<std::string, Gender>);
  CHECK_FALSE(std::is_constructible_v<Gender, ex::MemberStatus>);
}
