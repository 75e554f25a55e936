// SPDX-License-Identifier: MIT
#include "sandbox/validation.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

namespace sandbox {
namespace {

using nlohmann::json;
using Problems = std::vector<std::string>;
// Adds what is wrong with a value; the path is how messages call it.
using Check = std::function<void(const std::string& path, const json& value, Problems& problems)>;

struct Field {
  const char* name;
  bool required;
  Check check;
};
using Fields = std::vector<Field>;

struct Resource {
  const char* id;
  Fields fields;
};

Check accepts(bool (*test)(const json&), const char* wanted) {
  return [=](const std::string& path, const json& value, Problems& problems) {
    if (!test(value)) problems.push_back(path + " must be " + wanted);
  };
}

bool is_text(const json& value) { return value.is_string(); }
bool is_id(const json& value) { return value.is_string() && !value.get_ref<const std::string&>().empty(); }
bool is_number(const json& value) { return value.is_number(); }

bool matches(std::string_view text, std::string_view pattern) {
  return text.size() == pattern.size() &&
         std::equal(text.begin(), text.end(), pattern.begin(),
                    [](char c, char wanted) { return wanted == '9' ? c >= '0' && c <= '9' : c == wanted; });
}

int number_at(std::string_view text, std::size_t at, std::size_t length) {
  int number = 0;
  for (const char digit : text.substr(at, length)) number = number * 10 + (digit - '0');
  return number;
}

bool is_existing_date(std::string_view text) {
  if (!matches(text, "9999-99-99")) return false;
  const int year = number_at(text, 0, 4);
  const int month = number_at(text, 5, 2);
  const int day = number_at(text, 8, 2);
  if (month < 1 || month > 12) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  static constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return day >= 1 && day <= (month == 2 && leap ? 29 : days[month - 1]);
}

// RFC 3339 in UTC, with or without a fraction of a second: 2024-08-06T19:30:00Z, 2024-08-06T19:30:00.250Z.
bool is_utc_date_time(std::string_view text) {
  constexpr std::size_t date_length = 10;
  constexpr std::size_t seconds_end = 19;
  if (text.size() <= seconds_end || text.back() != 'Z' || !is_existing_date(text.substr(0, date_length))) return false;
  if (!matches(text.substr(date_length, seconds_end - date_length), "T99:99:99")) return false;
  if (number_at(text, 11, 2) > 23 || number_at(text, 14, 2) > 59 || number_at(text, 17, 2) > 59) return false;
  const auto fraction = text.substr(seconds_end, text.size() - seconds_end - 1);
  return fraction.empty() || (fraction.size() > 1 && matches(fraction, '.' + std::string(fraction.size() - 1, '9')));
}

bool is_date(const json& value) { return is_text(value) && is_existing_date(value.get_ref<const std::string&>()); }

bool is_date_time(const json& value) { return is_text(value) && is_utc_date_time(value.get_ref<const std::string&>()); }

// The form of an IANA name only: which names exist changes several times a year.
bool is_time_zone(const json& value) {
  if (!is_id(value)) return false;
  const auto& name = value.get_ref<const std::string&>();
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/_+-").find(c) != std::string_view::npos;
  });
}

Check text() { return accepts(is_text, "a string"); }
Check id() { return accepts(is_id, "a string that is not empty"); }
Check number() { return accepts(is_number, "a number"); }
Check date() { return accepts(is_date, "an existing date YYYY-MM-DD"); }
Check date_time() { return accepts(is_date_time, "a UTC date-time YYYY-MM-DDTHH:MM:SSZ"); }
Check time_zone() { return accepts(is_time_zone, "the name of an IANA time zone"); }

Check one_of(std::initializer_list<std::string> names) {
  return [allowed = std::vector<std::string>(names)](const std::string& path, const json& value, Problems& problems) {
    if (std::any_of(allowed.begin(), allowed.end(), [&](const std::string& name) { return value == name; })) return;
    std::string wanted;
    for (const auto& name : allowed) wanted += (wanted.empty() ? "" : ", ") + name;
    problems.push_back(path + " must be one of " + wanted);
  };
}

Check list_of(const Check& element, std::size_t most = static_cast<std::size_t>(-1)) {
  return [=](const std::string& path, const json& value, Problems& problems) {
    if (!value.is_array()) {
      problems.push_back(path + " must be an array");
      return;
    }
    if (value.size() > most) problems.push_back(path + " must have at most " + std::to_string(most) + " entries");
    for (std::size_t i = 0; i < value.size(); ++i) element(path + '[' + std::to_string(i) + ']', value[i], problems);
  };
}

void check_fields(const std::string& prefix, const Fields& fields, const json& object, Problems& problems) {
  for (const auto& field : fields) {
    const auto found = object.find(field.name);
    // Null counts as absent, as it does in most JSON APIs.
    if (found != object.end() && !found->is_null()) {
      field.check(prefix + field.name, *found, problems);
    } else if (field.required) {
      problems.push_back(prefix + field.name + " is required");
    }
  }
}

Check object_of(Fields fields) {
  return [fields = std::move(fields)](const std::string& path, const json& value, Problems& problems) {
    if (value.is_object()) {
      check_fields(path + '.', fields, value, problems);
    } else {
      problems.push_back(path + " must be an object");
    }
  };
}

Fields line_fields(std::initializer_list<Field> own) {
  Fields fields(own);
  for (const char* amount : {"quantity", "total", "tax", "discount"}) fields.push_back({amount, false, number()});
  return fields;
}

// Which fields of a line are required is not documented; only what names the thing that was sold is asked for here.
Check transaction_line() {
  const Check session = object_of(
      line_fields({{"ticket_id", true, id()}, {"film_id", false, id()}, {"session_time", false, date_time()}}));
  const Check item = object_of(line_fields({{"item_id", true, id()}}));
  const Check kind = object_of({{"line_type", true, one_of({"session", "item"})}});
  return [=](const std::string& path, const json& value, Problems& problems) {
    kind(path, value, problems);
    if (!value.is_object()) return;
    const json line_type = value.value("line_type", json());
    if (line_type == "session") session(path, value, problems);
    if (line_type == "item") item(path, value, problems);
  };
}

Fields member_fields() {
  return {
      {"member_id", true, id()},
      {"gender", true, one_of({"UNSPECIFIED", "FEMALE", "MALE"})},
      {"status", true, one_of({"ISSUED", "ACTIVATED", "DELETED"})},
      {"email", false, text()},
      {"phone_number", false, text()},
      {"first_name", false, text()},
      {"last_name", false, text()},
      {"date_of_birth", false, date()},
      {"loyalty_cards", false, list_of(object_of({{"number", false, text()}, {"status", false, text()}}))},
      {"issued_at", false, date_time()},
      {"preferences", false, object_of({{"cinema_ids", false, list_of(text())}, {"genres", false, list_of(text())}})}};
}

Fields transaction_fields() {
  return {{"transaction_id", true, id()},  {"member_id", true, id()},
          {"cinema_id", true, id()},       {"transactionLines", true, list_of(transaction_line())},
          {"salesChannel", false, text()}, {"transactedAt", false, date_time()},
          {"timezone", false, time_zone()}};
}

std::map<std::string, Resource> make_resources() {
  const Check tags = list_of(text(), 10);
  return {
      {"cinemas",
       {"cinema_id",
        {{"cinema_id", true, id()}, {"name", true, text()}, {"timezone", true, time_zone()}, {"tags", false, tags}}}},
      {"films",
       {"film_id",
        {{"film_id", true, id()},
         {"title", true, text()},
         {"distributor", false, text()},
         {"rating", false, text()},
         {"opening_date", false, date()},
         {"genres", false, list_of(text())}}}},
      {"items",
       {"item_id",
        {{"item_id", true, id()},
         {"name", true, text()},
         {"type", true, one_of({"CONCESSION", "OTHER"})},
         {"tags", false, tags}}}},
      {"tickets",
       {"ticket_id",
        {{"ticket_id", true, id()}, {"name", true, text()}, {"type", false, text()}, {"tags", false, tags}}}},
      {"members", {"member_id", member_fields()}},
      {"transactions", {"transaction_id", transaction_fields()}},
  };
}

const std::map<std::string, Resource>& resources() {
  static const auto table = make_resources();
  return table;
}

const Fields& subscription_fields() {
  static const Fields fields = {{"category_id", true, id()},
                                {"channel", true, one_of({"EMAIL", "SMS"})},
                                {"state", true, one_of({"SUBSCRIBED", "UNSUBSCRIBED"})}};
  return fields;
}

}  // namespace

const char* id_field(const std::string& resource) {
  const auto found = resources().find(resource);
  return found == resources().end() ? nullptr : found->second.id;
}

std::vector<std::string> problems_of(const std::string& resource, const json& record) {
  if (!record.is_object()) return {"the record must be an object"};
  Problems problems;
  const auto& fields = resource == "subscriptions" ? subscription_fields() : resources().at(resource).fields;
  check_fields("", fields, record, problems);
  return problems;
}

}  // namespace sandbox
