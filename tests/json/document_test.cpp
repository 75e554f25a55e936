// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <ctime>
#include <limits>
#include <movio/exhibitor/detail/json/document.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using ex::detail::dump_json;
using ex::detail::parse_json;
using nlohmann::json;
using namespace std::string_literals;

namespace {

constexpr int many = 200000;

/// `levels` arrays, one in the other, around `core`.
std::string nested_text(int levels, const std::string& core = {}) {
  const auto count = static_cast<std::size_t>(levels);
  return std::string(count, '[') + core + std::string(count, ']');
}

json nested_value(int levels) {
  json value = json::array();
  for (int i = 1; i < levels; ++i) {
    json outer = json::array();
    outer.push_back(std::move(value));
    value = std::move(outer);
  }
  return value;
}

/// The refusal's message, after checking that it is one and that it holds nothing of the text.
std::string parse_refusal(std::string_view text) {
  const auto value = parse_json(text, "the answer");
  REQUIRE_FALSE(value);
  CHECK(value.error().kind == ex::ErrorKind::protocol);
  CHECK_FALSE(support::contains(support::all_text(value.error()), "planted"));
  CHECK(support::contains(value.error().message, "the answer"));
  return value.error().message;
}

}  // namespace

TEST_CASE("json - reads every kind of value, at the root too", "[json]") {
  CHECK(parse_json(R"({"a":[1,2.5,"x",null,true]})", "it").value().at("a").size() == 5);
  CHECK(parse_json("[1,2]", "it").value().is_array());
  CHECK(parse_json("\"x\"", "it").value() == "x");
  CHECK(parse_json("null", "it").value().is_null());
  CHECK(parse_json(" \r\n\t{ } \n", "it").value().empty());
}

TEST_CASE("json - a byte-order mark in front is skipped", "[json]") {
  CHECK(parse_json("\xEF\xBB\xBF{\"a\":1}", "it").value().at("a") == 1);
  parse_refusal("\xEF\xBB{\"a\":\"planted\"}");
}

TEST_CASE("json - what is not JSON is refused", "[json]") {
  for (const auto& bad : {""s,
                          " "s,
                          "{"s,
                          "}"s,
                          "<html>planted</html>"s,
                          "{\"a\":\"planted\""s,
                          "{\"a\":\"planted\"}x"s,
                          "{\"a\":\"planted\",}"s,
                          "{'a':'planted'}"s,
                          "{a:1}"s,
                          "[1,]"s,
                          "nul"s,
                          "NaN"s,
                          "Infinity"s,
                          "+1"s,
                          "01"s,
                          ".5"s,
                          "{} {}"s,
                          "/*planted*/{}"s,
                          "\"planted\nnewline\""s,
                          "\"planted\\x\""s,
                          "\"planted\\ud800\""s,
                          "{}\0"s,
                          "{}\0planted"s,
                          "\0"s,
                          "access_token=planted"s,
                          "\xFE\xFF\0{\0}"s}) {
    INFO(bad);
    CHECK(support::contains(parse_refusal(bad), "not valid JSON"));
  }
}

TEST_CASE("json - text that is not UTF-8 is refused", "[json]") {
  for (const char* bad : {"{\"a\":\"planted\xff\"}", "\"\xc3\"", "\"\xed\xa0\x80\"", "\"\xc0\xaf\"", "{\"\xff\":1}"}) {
    CHECK(support::contains(parse_refusal(bad), "not valid JSON"));
  }
}

TEST_CASE("json - a number beyond a double is refused, never infinite", "[json]") {
  parse_refusal("1e400");
  parse_refusal(R"({"expires_in":-1e400})");
  CHECK(parse_json("1e308", "it").value().is_number());
  CHECK(parse_json("99999999999999999999999", "it").value().is_number_float());
  CHECK(parse_json("18446744073709551615", "it").value().is_number_unsigned());
  CHECK(parse_json("-1", "it").value() == -1);
}

TEST_CASE("json - a member that is there twice is refused at the top, whatever stands between", "[json]") {
  CHECK(support::contains(parse_refusal(R"({"access_token":"planted","access_token":"planted2"})"), "twice"));
  CHECK(support::contains(parse_refusal(R"({"a":1,"b":{"c":[1]},"a":2})"), "twice"));
  CHECK(support::contains(parse_refusal("{\"a\":1,\"\\u0061\":2}"), "twice"));
  CHECK(parse_json(R"({"a":{"x":1},"b":{"x":1}})", "it"));
  CHECK(parse_json(R"([{"a":1},{"a":2}])", "it"));
}

TEST_CASE("json - 64 levels are read, 65 are refused", "[json]") {
  CHECK(parse_json(nested_text(64), "it"));
  CHECK(parse_json(nested_text(64, "1"), "it"));
  CHECK(support::contains(parse_refusal(nested_text(65)), "deeper"));
  CHECK(support::contains(parse_refusal(nested_text(65, "1")), "deeper"));
  CHECK(parse_json(nested_text(63, "{}"), "it"));
  CHECK(support::contains(parse_refusal(nested_text(64, "{}")), "deeper"));
  CHECK(support::contains(parse_refusal(nested_text(64, R"({"planted":1})")), "deeper"));
}

TEST_CASE("json - 200,000 nested arrays are refused without a crash", "[json]") {
  parse_refusal(nested_text(many));
  parse_refusal(std::string(many, '['));
  std::string objects;
  for (int i = 0; i < many; ++i) objects += "{\"a\":";
  parse_refusal(objects);
}

TEST_CASE("json - writing what was read gives the same", "[json]") {
  const std::string text = "{\"a\":[1,2.5,\"\xc3\xa9\",null,true],\"b\":{}}";
  CHECK(dump_json(parse_json(text, "it").value()).value() == text);
  CHECK(dump_json(json("\r\n\"")).value() == R"("\r\n\"")");
}

TEST_CASE("json - 64 levels are written, 65 and 200,000 are refused without a crash", "[json]") {
  CHECK(dump_json(nested_value(64)).value() == nested_text(64));
  for (const int levels : {65, many}) {
    const auto text = dump_json(nested_value(levels));
    REQUIRE_FALSE(text);
    CHECK(text.error().kind == ex::ErrorKind::invalid_argument);
  }
}

TEST_CASE("json - text that is not UTF-8 is not written, and not quoted", "[json]") {
  for (const json& value : {json("planted\xff"), json{{"planted\xff", 1}}, json::array({"planted\xc3"})}) {
    const auto text = dump_json(value);
    REQUIRE_FALSE(text);
    CHECK(text.error().kind == ex::ErrorKind::invalid_argument);
    CHECK_FALSE(support::contains(support::all_text(text.error()), "planted"));
  }
}

TEST_CASE("json - a member's text is read, and nothing else passes for it", "[json]") {
  const json object = {{"text", "x"}, {"number", 1}, {"null", nullptr}, {"object", json::object()}};
  CHECK(ex::detail::string_member(object, "text") == "x");
  for (const char* name : {"number", "null", "object", "absent", ""}) {
    INFO(name);
    CHECK(ex::detail::string_member(object, name).empty());
  }
  for (const json& value : {json(nullptr), json::array({"text"}), json("text"), json(1)}) {
    CHECK(ex::detail::string_member(value, "text").empty());
  }
}

TEST_CASE("json - ten times the elements take about ten times the time", "[json]") {
  const auto processor_time = [](std::size_t elements) {
    std::string text = "[{}";
    for (std::size_t i = 1; i < elements; ++i) text += ",{}";
    text += ']';
    std::clock_t least = std::numeric_limits<std::clock_t>::max();
    for (int i = 0; i < 3; ++i) {
      const auto begun = std::clock();
      REQUIRE(parse_json(text, "the answer"));
      least = std::min(least, std::clock() - begun);
    }
    return static_cast<double>(least);
  };
  CHECK(processor_time(30000) < 40 * processor_time(3000));
}
