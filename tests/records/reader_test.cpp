// SPDX-License-Identifier: MIT
#include <movio/exhibitor/records/detail/reader.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

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
using namespace std::string_literals;

namespace {

using Places = std::vector<std::pair<std::string, json::json_pointer>>;

/// Every value below the root, by the path that messages name it with.
void collect(const json& value, const std::string& path, const json::json_pointer& pointer, Places& places) {
  if (!path.empty()) places.emplace_back(path, pointer);
  if (!value.is_structured()) return;
  for (const auto& inner : value.items()) {
    const std::string step = value.is_array() ? '[' + inner.key() + ']' : (path.empty() ? "" : ".") + inner.key();
    collect(inner.value(), path + step, pointer / inner.key(), places);
  }
}

std::string wanted_at(const std::string& path, const json& value) {
  const std::string name = path.substr(path.find_last_of('.') + 1);
  if (name == "opening_date" || name == "date_of_birth") return " must be an existing date YYYY-MM-DD";
  if (name == "issued_at" || name == "transactedAt" || name == "session_time") {
    return " must be a UTC date-time like 2024-08-06T19:30:00Z";
  }
  if (value.is_object()) return " must be a JSON object";
  return " must be "s + (value.is_array() ? "an array" : (value.is_number() ? "a number" : "a string"));
}

}  // namespace

TEMPLATE_TEST_CASE("record reader - a required member that is missing is named, one that is null too",
                   "[record_reader]", EXHIBITOR_RECORDS) {
  const auto known = sample<TestType>();
  for (const auto& name : known.required) {
    for (const auto& text : {known.full_text, known.minimal_text}) {
      json changed = json::parse(text);
      changed.erase(name);
      CHECK(problem_in<TestType>(changed.dump()) == name + " is required");
      changed[name] = nullptr;
      CHECK(problem_in<TestType>(changed.dump()) == name + " is required");
    }
  }
}

TEMPLATE_TEST_CASE("record reader - any other member may be missing, or be null", "[record_reader]",
                   EXHIBITOR_RECORDS) {
  const auto known = sample<TestType>();
  const json full = json::parse(known.full_text);
  for (const auto& member : full.items()) {
    if (json::parse(known.minimal_text).contains(member.key())) continue;
    json without = full;
    without.erase(member.key());
    json null = full;
    null[member.key()] = nullptr;
    for (const json& changed : {without, null}) {
      TestType record = records::read<TestType>(known.full_text);
      CHECK(read_into(record, changed.dump()).empty());
      CHECK(json::parse(written(record)) == without);
      CHECK(read_into(record, changed.dump(), Reading::check).empty());
    }
  }
}

TEMPLATE_TEST_CASE("record reader - a value of the wrong type is named by its path", "[record_reader]",
                   EXHIBITOR_RECORDS) {
  const json full = json::parse(sample<TestType>().full_text);
  Places places;
  collect(full, "", json::json_pointer(), places);
  REQUIRE(places.size() >= full.size());
  for (const auto& [path, pointer] : places) {
    json text = full;
    json& value = text[pointer];
    const std::string wanted = path + wanted_at(path, value);
    for (const json& wrong : {json::object(), json::array(), json("x"), json(1.5), json(true), json{{"a", {1, "]"}}}}) {
      if (wrong.type() == full[pointer].type() || (wrong.is_number() && full[pointer].is_number())) continue;
      value = wrong;
      CHECK(problem_in<TestType>(text.dump()) == wanted);
    }
  }
}

TEST_CASE("record reader - in an array null is a value of the wrong type", "[record_reader]") {
  const auto cinema = [](const char* tags) {
    return problem_in<ex::Cinema>(inserted(sample<ex::Cinema>().minimal_text, "\"tags\":"s + tags));
  };
  CHECK(cinema("[null]") == "tags[0] must be a string");
  CHECK(cinema("[\"a\",null]") == "tags[1] must be a string");
  CHECK(problem_in<ex::Transaction>(transaction_with("null")) == "transactionLines[0] must be a JSON object");
}

TEMPLATE_TEST_CASE("record reader - what is no object is no record", "[record_reader]", EXHIBITOR_RECORDS) {
  for (const char* text : {"[]", "[{}]", "null", "1", "\"{}\"", "true", " [ ] "}) {
    CHECK(problem_in<TestType>(text) == "the record must be a JSON object");
  }
}

TEMPLATE_TEST_CASE("record reader - a record that is cut anywhere is not JSON, whichever field is wrong with it",
                   "[record_reader]", EXHIBITOR_RECORDS) {
  const std::string text = sample<TestType>().full_text;
  for (std::size_t length = 0; length < text.size(); ++length) {
    const std::string problem = problem_in<TestType>(text.substr(0, length));
    INFO(text.substr(0, length));
    CHECK((problem == "the record is not valid JSON" || problem == "the record is not UTF-8"));
  }
  for (const char* more : {"{}", ",", "x", "]", "}", "null", "\f"}) {
    CHECK(problem_in<TestType>(text + more) == "the record is not valid JSON");
  }
  CHECK(problem_in<TestType>("\xef\xbb\xbf" + text) == "the record is not valid JSON");
}

TEST_CASE("record reader - a broken value is called broken JSON, not a value of the wrong type", "[record_reader]") {
  for (const char* broken : {"[1,]", "{", "01", "tru", "'x'", "", "\"\\x\"", "[\"]", "{\"a\"}"}) {
    INFO(broken);
    for (const char* field : {"date_of_birth", "gender", "loyalty_cards", "issued_at", "preferences", "email", "x"}) {
      const std::string text = inserted(R"({"member_id":"m"})", '"' + std::string(field) + "\":" + broken);
      CHECK(problem_in<ex::Member>(text) == "the record is not valid JSON");
    }
    for (const std::string field : {"\"total\":", "\"line_type\":", "\"x\":"}) {
      CHECK(problem_in<ex::Transaction>(transaction_with("{" + field + broken + "}")) ==
            "the record is not valid JSON");
    }
  }
}

TEST_CASE("record reader - JSON that is broken after a wrong value is called broken, too", "[record_reader]") {
  for (const char* more : {"x", "{}", ","}) {
    CHECK(problem_in<ex::Cinema>(R"({"cinema_id":1})"s + more) == "the record is not valid JSON");
    CHECK(problem_in<ex::Cinema>("[]"s + more) == "the record is not valid JSON");
  }
  CHECK(problem_in<ex::Cinema>(R"({"cinema_id":1,"name":"})") == "the record is not valid JSON");
  CHECK(problem_in<ex::Cinema>("{\"cinema_id\":1,\"name\":\"\xff\"}") == "the record is not UTF-8");
}

TEST_CASE("record reader - text that is not UTF-8 is refused as that, known or not", "[record_reader]") {
  for (const char* member : {"\"name\":\"\xff\"", "\"x\":\"\xff\"", "\"\xff\":1", "\"tags\":[\"\xc3\"]"}) {
    CHECK(problem_in<ex::Cinema>(inserted(R"({"cinema_id":"c"})", member)) == "the record is not UTF-8");
  }
}

TEMPLATE_TEST_CASE("record reader - a known member that is there twice is refused, however it is spelled",
                   "[record_reader]", EXHIBITOR_RECORDS) {
  const std::string text = sample<TestType>().full_text;
  const json full = json::parse(text);
  for (const auto& member : full.items()) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto second = static_cast<unsigned char>(member.key()[1]);
    std::string escaped = member.key();
    escaped.replace(1, 1, "\\u00"s + digits[second / 16U] + digits[second % 16U]);
    for (const auto& name : {member.key(), escaped}) {
      for (const auto& value : {member.value().dump(), "null"s}) {
        const std::string more = ",\"" + name + "\":" + value + '}';
        CHECK(problem_in<TestType>(text.substr(0, text.size() - 1) + more) == member.key() + " is there twice");
      }
    }
    const bool required = json::parse(sample<TestType>().minimal_text).contains(member.key());
    CHECK(problem_in<TestType>(inserted(text, '"' + member.key() + "\":null")) ==
          member.key() + (required ? " is required" : " is there twice"));
  }
}

TEST_CASE("record reader - twice is refused within a record too", "[record_reader]") {
  const std::string member = sample<ex::Member>().minimal_text;
  CHECK(problem_in<ex::Member>(inserted(member, R"("preferences":{"genres":[],"genres":[]})")) ==
        "preferences.genres is there twice");
  CHECK(problem_in<ex::Member>(inserted(member, R"("loyalty_cards":[{},{"number":"1","number":"1"}])")) ==
        "loyalty_cards[1].number is there twice");
  CHECK(problem_in<ex::Transaction>(transaction_with(R"({"line_type":"item","total":1,"total":1})")) ==
        "transactionLines[0].total is there twice");
  CHECK(problem_in<ex::Member>(inserted(member, R"("loyalty_cards":[{"number":"1"},{"number":"1"}])")).empty());
}

TEST_CASE("record reader - a record that has no place for other members refuses them", "[record_reader]") {
  CHECK(problem_in<ex::MemberSubscriptions>(inserted(sample<ex::MemberSubscriptions>().full_text, "\"x\":1")) ==
        "the record has a member that is not known here");
}

TEST_CASE("record reader - an enumeration's value is never the empty text, which would count as absent",
          "[record_reader]") {
  CHECK(problem_in<ex::Ticket>(R"({"ticket_id":"t","name":"T","type":""})") == "type must not be empty");
  CHECK(problem_in<ex::Item>(R"({"item_id":"t","name":"T","type":""})") == "type must not be empty");
}

TEST_CASE("record reader - dates and times that do not exist are named", "[record_reader]") {
  const auto film = [](const std::string& date) {
    return problem_in<ex::Film>(inserted(sample<ex::Film>().minimal_text, "\"opening_date\":" + json(date).dump()));
  };
  CHECK(film("2024-02-29").empty());
  for (const char* bad : {"2023-02-29", "2024-8-6", "2024-08-06T00:00:00Z", ""}) {
    CHECK(film(bad) == "opening_date must be an existing date YYYY-MM-DD");
  }
  const auto member = [](const std::string& time) {
    return problem_in<ex::Member>(inserted(sample<ex::Member>().minimal_text, "\"issued_at\":" + json(time).dump()));
  };
  CHECK(member("2024-08-06T19:30:00Z").empty());
  for (const char* bad : {"2024-08-06", "2024-08-06T24:00:00Z", "2024-08-06T19:30:00", "2023-02-29T00:00:00Z", ""}) {
    CHECK(member(bad) == "issued_at must be a UTC date-time like 2024-08-06T19:30:00Z");
  }
}

TEST_CASE("record reader - a line says its kind, once and as a string", "[record_reader]") {
  const auto line = [](const char* text) { return problem_in<ex::Transaction>(transaction_with(text)); };
  CHECK(line("{}") == "transactionLines[0].line_type is required");
  CHECK(line(R"({"line_type":null})") == "transactionLines[0].line_type is required");
  CHECK(line(R"({"x":{"line_type":"item"}})") == "transactionLines[0].line_type is required");
  CHECK(line(R"({"line_type":"item"},{"total":1})") == "transactionLines[1].line_type is required");
  CHECK(line(R"({"line_type":1})") == "transactionLines[0].line_type must be a string");
  CHECK(line(R"({"line_type":"item","line_type":"item"})") == "transactionLines[0].line_type is there twice");
  CHECK(line(R"({"line_type":"item","x":1,"line_type":"session"})") == "transactionLines[0].line_type is there twice");
  CHECK(line(R"({"line_type":"item","line_type":null})") == "transactionLines[0].line_type is there twice");
  CHECK(line(R"({"line_type":null,"line_type":"item"})") == "transactionLines[0].line_type is required");
}

TEMPLATE_TEST_CASE("record reader - 64 levels are read and 65 refused, wherever they are", "[record_reader]",
                   EXHIBITOR_OPEN_RECORDS) {
  const auto with = [](std::size_t levels) {
    return inserted(sample<TestType>().full_text, "\"x\":" + std::string(levels, '[') + std::string(levels, ']'));
  };
  CHECK(problem_in<TestType>(with(63)).empty());
  CHECK(problem_in<TestType>(with(64)) == "the record is nested deeper than 64 levels");
  CHECK(problem_in<TestType>(with(200000)) == "the record is nested deeper than 64 levels");
}

TEST_CASE("record reader - an array of absurd length is refused, before memory is taken for it", "[record_reader]") {
  json transaction = json::parse(sample<ex::Transaction>().full_text);
  json& items = transaction["transactionLines"];
  REQUIRE(items.is_array());
  const json item = items.at(0);
  items = json::array();
  for (int i = 0; i < 10'000; ++i) items.push_back(item);
  CHECK(problem_in<ex::Transaction>(transaction.dump()).empty());
  items.push_back(item);
  CHECK(problem_in<ex::Transaction>(transaction.dump()) == "transactionLines has more than 10000 elements");
}
