// SPDX-License-Identifier: MIT
#include <chrono>
#include <movio/exhibitor/records/detail/writer.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "catch.hpp"
#include "records.hpp"

namespace ex = movio::exhibitor;
using nlohmann::json;
using records::problem_in;
using records::sample;
using records::unsendable;
using records::written;

namespace {

constexpr const char* bad = "planted\xff";

/// A member with one thing about it changed.
template <class Change>
std::string unsendable_member(Change change) {
  ex::Member member = sample<ex::Member>().full;
  change(member);
  return unsendable(member);
}

template <class Line>
ex::Transaction transaction_of(Line line) {
  ex::Transaction transaction = sample<ex::Transaction>().minimal;
  transaction.transaction_lines.emplace_back(ex::ItemLine());
  transaction.transaction_lines.emplace_back(std::move(line));
  return transaction;
}

}  // namespace

TEMPLATE_TEST_CASE("record writer - what it writes is JSON of the same meaning", "[record_writer]", EXHIBITOR_RECORDS) {
  const auto known = sample<TestType>();
  CHECK(json::parse(written(known.full)) == json::parse(known.full_text));
  CHECK(json::parse(written(known.minimal)) == json::parse(known.minimal_text));
}

TEST_CASE("record writer - writes one record behind the other", "[record_writer]") {
  std::string out = "[";
  ex::detail::RecordWriter writer(out);
  REQUIRE_FALSE(writer.write(sample<ex::Item>().full));
  out += ',';
  ex::Item broken = sample<ex::Item>().full;
  broken.name = bad;
  CHECK(records::said(writer.write(broken)) == "name is not UTF-8");
  REQUIRE_FALSE(writer.write(sample<ex::Item>().minimal));
  CHECK(out == '[' + sample<ex::Item>().full_text + ',' + sample<ex::Item>().minimal_text);
}

TEST_CASE("record writer - text that is not UTF-8 is named, not quoted, and nothing is written", "[record_writer]") {
  CHECK(unsendable_member([](auto& member) { member.member_id = bad; }) == "member_id is not UTF-8");
  CHECK(unsendable_member([](auto& member) { member.email = bad; }) == "email is not UTF-8");
  CHECK(unsendable_member([](auto& member) { member.gender = ex::OpenEnum<ex::Gender>(bad); }) ==
        "gender is not UTF-8");
  CHECK(unsendable_member([](auto& member) { member.loyalty_cards[1].number = bad; }) ==
        "loyalty_cards[1].number is not UTF-8");
  CHECK(unsendable_member([](auto& member) { member.preferences->genres[1] = bad; }) ==
        "preferences.genres[1] is not UTF-8");
  CHECK(unsendable_member([](auto& member) { member.other = {{bad, {"1"}}}; }) == "other has a name that is not UTF-8");
  CHECK(unsendable_member([](auto& member) {
          member.preferences->other = {{bad, {"1"}}};
        }) == "preferences.other has a name that is not UTF-8");
  ex::ItemLine line;
  line.item_id = bad;
  CHECK(unsendable(transaction_of(line)) == "transactionLines[1].item_id is not UTF-8");
  ex::MemberSubscriptions all = sample<ex::MemberSubscriptions>().full;
  all.subscriptions[1].category_id = bad;
  CHECK(unsendable(all) == "subscriptions[1].category_id is not UTF-8");
}

TEST_CASE("record writer - text is escaped where JSON wants it, names of other members too", "[record_writer]") {
  ex::Ticket ticket = sample<ex::Ticket>().minimal;
  ticket.name = "\"\\\n\x01\x7f caf\xc3\xa9";
  ticket.other = {{"\"\n", {"1"}}};
  CHECK(written(ticket) ==
        "{\"ticket_id\":\"T\",\"name\":\"\\\"\\\\\\u000a\\u0001\x7f caf\xc3\xa9\",\"\\\"\\u000a\":1}");
  CHECK(json::parse(written(ticket)).at("name") == ticket.name);
}

TEST_CASE("record writer - raw JSON is written as it is, without blanks around it", "[record_writer]") {
  ex::Ticket ticket = sample<ex::Ticket>().minimal;
  ticket.other = {{"a", {" {\"b\": [1.50, 1e2]}\n"}}, {"c", {"null"}}};
  CHECK(written(ticket) == R"({"ticket_id":"T","name":"Adult","a":{"b": [1.50, 1e2]},"c":null})");
}

TEST_CASE("record writer - raw JSON that is not JSON is named", "[record_writer]") {
  for (const char* text : {"", " ", "{", "1,\"admin\":true", "1}", "{}{}", "tru", "01", "'x'", "[1,]", "\"", "NaN"}) {
    INFO(text);
    CHECK(unsendable_member([&](auto& member) { member.other = {{"x", {text}}}; }) == "x is not valid JSON");
    CHECK(unsendable_member([&](auto& member) {
            member.loyalty_cards[1].other = {{"x", {text}}};
          }) == "loyalty_cards[1].x is not valid JSON");
    CHECK(unsendable(transaction_of(ex::RawJson{text})) == "transactionLines[1] is not valid JSON");
  }
  CHECK(unsendable_member([](auto& member) { member.other = {{"x", {"\"\xff\""}}}; }) == "x is not UTF-8");
}

TEST_CASE("record writer - a record may have 64 levels, those of raw JSON among them", "[record_writer]") {
  const auto nested = [](std::size_t levels) {
    return ex::RawJson{std::string(levels, '[') + std::string(levels, ']')};
  };
  const auto line = [&](std::size_t levels) {
    return transaction_of(ex::RawJson{R"({"line_type":"x","x":)" + nested(levels - 1).text + '}'});
  };
  ex::Ticket ticket = sample<ex::Ticket>().minimal;
  ticket.other = {{"w", nested(63)}, {"x", nested(63)}};
  CHECK(problem_in<ex::Ticket>(written(ticket)).empty());
  CHECK(problem_in<ex::Transaction>(written(line(62))).empty());
  for (const std::size_t more : {1U, 200000U}) {
    ticket.other = {{"w", nested(63)}, {"x", nested(63 + more)}};
    CHECK(unsendable(ticket) == "x is nested deeper than 64 levels");
    CHECK(unsendable(line(62 + more)) == "transactionLines[1] is nested deeper than 64 levels");
  }
}

TEST_CASE("record writer - a line of a kind that is not known here must be an object", "[record_writer]") {
  for (const char* text : {"1", "null", "[]", "\"{}\""}) {
    CHECK(unsendable(transaction_of(ex::RawJson{text})) == "transactionLines[1] must be a JSON object");
  }
}

TEMPLATE_TEST_CASE("record writer - another member has no name that the record knows", "[record_writer]",
                   EXHIBITOR_OPEN_RECORDS) {
  const json full = json::parse(sample<TestType>().full_text);
  for (const auto& member : full.items()) {
    TestType record = sample<TestType>().minimal;
    record.other = {{"x", {"1"}}, {member.key(), {"1"}}};
    CHECK(unsendable(record) == member.key() + " stands in `other`, but has a place of its own");
  }
}

TEST_CASE("record writer - a line's kind is no other member either", "[record_writer]") {
  ex::SessionLine line;
  line.other = {{"line_type", {"\"item\""}}};
  CHECK(unsendable(transaction_of(line)) ==
        "transactionLines[1].line_type stands in `other`, but has a place of its own");
  ex::Ticket ticket = sample<ex::Ticket>().minimal;
  ticket.other = {{"line_type", {"1"}}};  // has no meaning here
  CHECK(json::parse(written(ticket)).at("line_type") == 1);
}

TEST_CASE("record writer - lines of all kinds are written, the unknown ones as they are", "[record_writer]") {
  ex::Transaction transaction = transaction_of(ex::RawJson{R"({"line_type":"gift","x":1.50})"});
  transaction.transaction_lines.emplace_back(ex::SessionLine());
  CHECK(written(transaction) == R"({"transaction_id":"t","member_id":"m","cinema_id":"c","transactionLines":[)"
                                R"({"line_type":"item"},{"line_type":"gift","x":1.50},{"line_type":"session"}]})");
}

TEST_CASE("record writer - what is absent is not written, what is empty is", "[record_writer]") {
  ex::Film film = sample<ex::Film>().minimal;
  film.rating = "";
  CHECK(written(film) == R"({"film_id":"f","title":"F","rating":""})");
  ex::Member member = sample<ex::Member>().minimal;
  member.preferences = ex::Preferences();
  member.loyalty_cards.resize(1);
  CHECK(json::parse(written(member)).at("preferences") == json::object());
  CHECK(json::parse(written(member)).at("loyalty_cards") == json::array({json::object()}));
}

TEST_CASE("record writer - a required enumeration that was never set is named", "[record_writer]") {
  CHECK(unsendable_member([](auto& member) { member.gender = {}; }) == "gender is required");
  CHECK(unsendable_member([](auto& member) { member.status = {}; }) == "status is required");
  ex::Item item = sample<ex::Item>().full;
  item.type = {};
  CHECK(unsendable(item) == "type is required");
  ex::MemberSubscriptions all = sample<ex::MemberSubscriptions>().full;
  all.subscriptions[1].channel = {};
  CHECK(unsendable(all) == "subscriptions[1].channel is required");
}

TEST_CASE("record writer - times are written in UTC to the microsecond", "[record_writer]") {
  ex::Member member = sample<ex::Member>().minimal;
  member.issued_at = records::that_day(std::chrono::microseconds(1));
  CHECK(json::parse(written(member)).at("issued_at") == "2024-08-06T00:00:00.000001Z");
}
