// SPDX-License-Identifier: MIT
#include <movio/exhibitor/records/detail/rules.hpp>
#include <movio/exhibitor/records/detail/schema.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "records.hpp"

namespace ex = movio::exhibitor;
using nlohmann::json;
using records::problem_in;
using records::sample;
using records::unsendable;
using records::written;

namespace {

constexpr const char* no_time_zone = "timezone must be the name of an IANA time zone, like Pacific/Auckland";

/// What is wrong with a record that has one member changed: to whoever reads it, and to whoever writes it.
template <class Record>
std::string problem_with(const std::string& name, const json& value) {
  json text = json::parse(sample<Record>().full_text);
  text[name] = value;
  return problem_in<Record>(text.dump());
}

template <class Record>
void check_tags() {
  for (const std::size_t count : {0U, 1U, 10U}) {
    Record record = sample<Record>().full;
    record.tags.assign(count, "IMAX");
    CHECK_FALSE(written(record).empty());
    CHECK(problem_with<Record>("tags", record.tags).empty());
  }
  for (const std::size_t count : {11U, 1000U}) {
    Record record = sample<Record>().full;
    record.tags.assign(count, "IMAX");
    CHECK(unsendable(record) == "tags must have at most 10 entries");
    CHECK(problem_with<Record>("tags", record.tags) == "tags must have at most 10 entries");
  }
}

}  // namespace

TEST_CASE("record rules - every id is something", "[record_rules]") {
  CHECK(problem_with<ex::Cinema>("cinema_id", "") == "cinema_id must not be empty");
  CHECK(problem_with<ex::Film>("film_id", "") == "film_id must not be empty");
  CHECK(problem_with<ex::Item>("item_id", "") == "item_id must not be empty");
  CHECK(problem_with<ex::Ticket>("ticket_id", "") == "ticket_id must not be empty");
  CHECK(problem_with<ex::Member>("member_id", "") == "member_id must not be empty");
  CHECK(problem_with<ex::Transaction>("transaction_id", "") == "transaction_id must not be empty");
  CHECK(problem_with<ex::Transaction>("member_id", "") == "member_id must not be empty");
  CHECK(problem_with<ex::Transaction>("cinema_id", "") == "cinema_id must not be empty");
  CHECK(problem_with<ex::Subscription>("category_id", "") == "category_id must not be empty");
  CHECK(problem_with<ex::MemberSubscriptions>("member_id", "") == "member_id must not be empty");
  CHECK(problem_with<ex::Cinema>("cinema_id", " ").empty());
}

TEST_CASE("record rules - a record that was never filled in is not sent", "[record_rules]") {
  CHECK(unsendable(ex::Cinema()) == "cinema_id must not be empty");
  CHECK(unsendable(ex::Film()) == "film_id must not be empty");
  CHECK(unsendable(ex::Item()) == "item_id must not be empty");
  CHECK(unsendable(ex::Ticket()) == "ticket_id must not be empty");
  CHECK(unsendable(ex::Member()) == "member_id must not be empty");
  CHECK(unsendable(ex::Transaction()) == "transaction_id must not be empty");
  CHECK(unsendable(ex::Subscription()) == "category_id must not be empty");
  CHECK(unsendable(ex::MemberSubscriptions()) == "member_id must not be empty");
}

TEST_CASE("record rules - a required text that was left empty is not sent in the place of what is there",
          "[record_rules]") {
  CHECK(unsendable(ex::Film{"f1"}) == "title must not be empty");
  CHECK(unsendable(ex::Cinema{"c1"}) == "name must not be empty");
  CHECK(unsendable(ex::Item{"i1"}) == "name must not be empty");
  CHECK(unsendable(ex::Ticket{"t1"}) == "name must not be empty");
  CHECK(unsendable(ex::Transaction{"t1"}) == "member_id must not be empty");
  CHECK(problem_with<ex::Cinema>("name", "") == "name must not be empty");
  CHECK(problem_with<ex::Film>("title", "") == "title must not be empty");
}

TEST_CASE("record rules - other texts may be empty", "[record_rules]") {
  CHECK(problem_with<ex::Film>("distributor", "").empty());
  CHECK(problem_with<ex::Member>("email", "").empty());
  CHECK(problem_with<ex::Cinema>("tags", {""}).empty());
}

TEST_CASE("record rules - rules hold inside of a record too", "[record_rules]") {
  ex::MemberSubscriptions all = sample<ex::MemberSubscriptions>().full;
  all.subscriptions[1].category_id.clear();
  CHECK(unsendable(all) == "subscriptions[1].category_id must not be empty");
  CHECK(problem_with<ex::MemberSubscriptions>("subscriptions",
                                              {{{"category_id", ""}, {"channel", "SMS"}, {"state", "SUBSCRIBED"}}}) ==
        "subscriptions[0].category_id must not be empty");
  CHECK(problem_with<ex::MemberSubscriptions>("subscriptions", {{{"category_id", "n"}, {"channel", "SMS"}}}) ==
        "subscriptions[0].state is required");
}

TEST_CASE("record rules - at most ten tags", "[record_rules]") {
  check_tags<ex::Cinema>();
  check_tags<ex::Item>();
  check_tags<ex::Ticket>();
}

TEST_CASE("record rules - other lists may be longer", "[record_rules]") {
  const std::vector<std::string> many(1000, "x");
  CHECK(problem_with<ex::Film>("genres", many).empty());
  CHECK(problem_with<ex::Member>("preferences", {{"genres", many}, {"cinema_ids", many}}).empty());
}

TEST_CASE("record rules - a time zone has the form of an IANA name", "[record_rules]") {
  for (const char* good : {"UTC", "Pacific/Auckland", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "Etc/GMT-14",
                           "GMT0", "EST5EDT", "America/Port-au-Prince", "NZ-CHAT"}) {
    INFO(good);
    CHECK(problem_with<ex::Cinema>("timezone", good).empty());
    CHECK(problem_with<ex::Transaction>("timezone", good).empty());
  }
  for (const char* bad : {"", " ", "Pacific/", "/Auckland", "/", "//", "Pacific//Auckland", "Pacific/Auckland/",
                          "Pacific Auckland", "Pacific/Auckland ", "../etc", "Pacific\\Auckland", "+13:00", "UTC\n",
                          "Pacific/Auckl\xc3\xa4nd", "America/St.Johns", "a:b"}) {
    INFO(bad);
    CHECK(problem_with<ex::Cinema>("timezone", bad) == no_time_zone);
    CHECK(problem_with<ex::Transaction>("timezone", bad) == no_time_zone);
    ex::Cinema cinema = sample<ex::Cinema>().full;
    cinema.timezone = bad;
    CHECK(unsendable(cinema) == no_time_zone);
    ex::Transaction transaction = sample<ex::Transaction>().full;
    transaction.timezone = bad;
    CHECK(unsendable(transaction) == no_time_zone);
  }
}

TEST_CASE("record rules - problems are told from the outside in", "[record_rules]") {
  ex::detail::FieldProblem problem{"", "is wrong"};
  CHECK(problem.text() == "the record is wrong");
  problem.prefix("number");
  CHECK(problem.text() == "number is wrong");
  problem.prefix("[12]");
  problem.prefix("loyalty_cards");
  CHECK(problem.text() == "loyalty_cards[12].number is wrong");
}
