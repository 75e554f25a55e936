// SPDX-License-Identifier: MIT

// What a reader keeps of the text, and of the record before: nothing lost, nothing left over.
#include <chrono>
#include <movio/exhibitor/records/detail/reader.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "catch.hpp"
#include "records.hpp"

namespace ex = movio::exhibitor;
using nlohmann::json;
using records::inserted;
using records::problem_in;
using records::read_into;
using records::Reading;
using records::sample;
using records::transaction_with;
using records::written;

TEMPLATE_TEST_CASE("record reader - members that are not known survive, in their order and as they were written",
                   "[record_reader]", EXHIBITOR_OPEN_RECORDS) {
  const std::string others =
      R"("price":1.50,"big":123456789012345678901234567890,"exp":-1E+05,"text":"\u0041\/","deep":{"b":[ 1,{"a":null}]},)"
      R"("null":null,"true":true,"empty":{},"caf\u00e9\n":[],"Name":"x","":0)";
  const std::string as_written =
      R"("price":1.50,"big":123456789012345678901234567890,"exp":-1E+05,"text":"\u0041\/","deep":{"b":[ 1,{"a":null}]},)"
      "\"null\":null,\"true\":true,\"empty\":{},\"caf\xc3\xa9\\u000a\":[],\"Name\":\"x\",\"\":0";
  const auto known = sample<TestType>();
  for (const auto& text : {known.full_text, known.minimal_text}) {
    const auto record = records::read<TestType>(inserted(text, others));
    CHECK(record.other.size() == 11);
    CHECK(written(record) == text.substr(0, text.size() - 1) + ',' + as_written + '}');
    CHECK(json::parse(written(record)) == json::parse(inserted(text, others)));
  }
}

TEST_CASE("record reader - members that are not known survive at every level", "[record_reader]") {
  const std::string member =
      R"({"member_id":"m","gender":"MALE","status":"ISSUED","loyalty_cards":[{"number":"1","points":1.50},{"tier":[]}],)"
      R"("preferences":{"cinema_ids":["c"],"seats":{"row":"F"}},"vip":true})";
  CHECK(written(records::read<ex::Member>(member)) == member);
  const std::string transaction =
      transaction_with(R"({"line_type":"session","ticket_id":"t","seat":"F1"},{"line_type":"item","sku":10.00})");
  CHECK(written(records::read<ex::Transaction>(transaction)) == transaction);
}

TEST_CASE("record reader - values of enumerations that are not known survive", "[record_reader]") {
  const std::string member =
      R"({"member_id":"m","gender":"Diverse \u00e9","status":"PAUSED","loyalty_cards":[{"status":"LOST"}]})";
  CHECK(json::parse(written(records::read<ex::Member>(member))) == json::parse(member));
  const std::string item = R"({"item_id":"i","name":"I","type":"GIFT_CARD"})";
  CHECK(written(records::read<ex::Item>(item)) == item);
  const std::string ticket = R"({"ticket_id":"t","name":"T","type":"web"})";
  CHECK(written(records::read<ex::Ticket>(ticket)) == ticket);
  const std::string subscription = R"({"category_id":"n","channel":"PUSH","state":"PENDING"})";
  CHECK(written(records::read<ex::Subscription>(subscription)) == subscription);
}

TEST_CASE("record reader - times with an offset are written in UTC", "[record_reader]") {
  const auto member = records::read<ex::Member>(
      inserted(sample<ex::Member>().minimal_text, R"("issued_at":"2024-08-07T07:30:00.5+12:00")"));
  CHECK(json::parse(written(member)).at("issued_at") == "2024-08-06T19:30:00.500000Z");
}

TEST_CASE("record reader - a time beyond this machine's clock can be checked but not read", "[record_reader]") {
  if (std::chrono::system_clock::period::den < 1'000'000'000) return;  // this clock can hold them
  for (const char* time : {"9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z"}) {
    const std::string text = inserted(sample<ex::Member>().minimal_text, "\"issued_at\":" + json(time).dump());
    ex::Member member = sample<ex::Member>().full;
    CHECK(read_into(member, text, Reading::check).empty());
    CHECK_FALSE(member.issued_at);
    CHECK(read_into(member, text) == "issued_at lies outside the years that this machine's clock can hold");
  }
}

TEST_CASE("record reader - amounts stay as they are written", "[record_reader]") {
  const std::string text = transaction_with(
      R"({"line_type":"item","quantity":1e2,"total":12.30,"tax":-0.0,"discount":0.1000000000000000055511151231257827})");
  CHECK(written(records::read<ex::Transaction>(text)) == text);
}

TEST_CASE("record reader - a line's kind may stand anywhere in it", "[record_reader]") {
  for (const char* line :
       {R"({"line_type":"session","total":1,"x":{"line_type":"item"}})", R"({"total":1,"line_type":"session"})",
        R"({"x":{"line_type":"item"},"total":1,"line_type":"session"})",
        R"({"line\u005ftype":"se\u0073sion","total":1})",
        R"({"x":"\"line_type\":\"item\"","total":1,"line_type":"session"})"}) {
    INFO(line);
    const auto record = records::read<ex::Transaction>(transaction_with(line));
    REQUIRE(std::holds_alternative<ex::SessionLine>(record.transaction_lines.at(0)));
    CHECK(std::get<ex::SessionLine>(record.transaction_lines[0]).total == ex::Decimal(1));
    CHECK(json::parse(written(record)) == json::parse(transaction_with(line)));
  }
}

TEST_CASE("record reader - a line of a kind that is not known is kept as it is", "[record_reader]") {
  const std::string line = R"({ "b":1.50, "line_type":"gift card", "total":"not a number", "total":2, "a":{} })";
  const auto record = records::read<ex::Transaction>(transaction_with("{\"line_type\":\"item\"}," + line));
  REQUIRE(record.transaction_lines.size() == 2);
  CHECK(std::get<ex::RawJson>(record.transaction_lines[1]).text == line);
  CHECK(written(record) == transaction_with("{\"line_type\":\"item\"}," + line));
  CHECK(problem_in<ex::Transaction>(transaction_with(R"({"line_type":""})")).empty());
}

TEMPLATE_TEST_CASE("record reader - a record that is read into again keeps nothing of the one before",
                   "[record_reader]", EXHIBITOR_RECORDS) {
  const auto known = sample<TestType>();
  for (const Reading reading : {Reading::values, Reading::check}) {
    TestType record = known.full;
    CHECK(read_into(record, known.minimal_text, reading).empty());
    CHECK(written(record) == known.minimal_text);
    CHECK(read_into(record, known.full_text).empty());
    CHECK(written(record) == known.full_text);
    CHECK_FALSE(read_into(record, R"({"x":1})", reading).empty());
    CHECK(read_into(record, known.minimal_text, reading).empty());
    CHECK(written(record) == known.minimal_text);
  }
}

TEST_CASE("record reader - a value takes the place of one that is as long", "[record_reader]") {
  auto item = records::read<ex::Item>(R"({"item_id":"i1","name":"N1","type":"T1","tags":["a1"],"x1":1})");
  const std::string other = R"({"item_id":"i2","name":"N2","type":"T2","tags":["a2"],"x2":2})";
  CHECK(read_into(item, other).empty());
  CHECK(written(item) == other);
}

TEST_CASE("record reader - what stands deeper in a record is not kept either", "[record_reader]") {
  const std::string full =
      R"({"member_id":"m","gender":"MALE","status":"ISSUED","loyalty_cards":[{"number":"1","status":"X","a":1},{"b":2}],)"
      R"("preferences":{"cinema_ids":["a","b"],"genres":["c"],"d":3},"e":4})";
  const std::string less =
      R"({"member_id":"m","gender":"MALE","status":"ISSUED","loyalty_cards":[{}],"preferences":{"cinema_ids":["a"]}})";
  const std::string lines = transaction_with(
      R"({"line_type":"session","ticket_id":"t","session_time":"2024-08-06T20:00:00Z","total":1,"x":1},)"
      R"({"line_type":"item","item_id":"i","total":1},{"line_type":"new"})");
  const std::string fewer = transaction_with(R"({"line_type":"session"},{"line_type":"session"},{"line_type":"item"})");
  for (const Reading reading : {Reading::values, Reading::check}) {
    auto member = records::read<ex::Member>(full);
    CHECK(read_into(member, less, reading).empty());
    CHECK(written(member) == less);
    auto transaction = records::read<ex::Transaction>(lines);
    CHECK(read_into(transaction, fewer, reading).empty());
    CHECK(written(transaction) == fewer);
  }
}

TEST_CASE("record reader - checking keeps no member that is not known, and no amount of another record",
          "[record_reader]") {
  ex::Cinema cinema;
  CHECK(read_into(cinema, inserted(sample<ex::Cinema>().full_text, "\"x\":1"), Reading::check).empty());
  CHECK(cinema.other.empty());
  auto transaction = records::read<ex::Transaction>(transaction_with(R"({"line_type":"item","total":1})"));
  CHECK(read_into(transaction, transaction_with(R"({"line_type":"item","total":2})"), Reading::check).empty());
  CHECK_FALSE(std::get<ex::ItemLine>(transaction.transaction_lines.at(0)).total);
}
