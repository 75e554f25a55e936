// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <limits>
#include <movio/exhibitor/detail/json/value.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using ex::detail::JsonValue;
using ex::detail::parse_json;
using namespace std::string_literals;

namespace {

constexpr int many = 200000;

/// `levels` arrays, one in the other, around `core`.
std::string nested_text(int levels, const std::string& core = {}) {
  const auto count = static_cast<std::size_t>(levels);
  return std::string(count, '[') + core + std::string(count, ']');
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
  using Kind = JsonValue::Kind;
  CHECK(parse_json("[1,2]", "it")->kind() == Kind::array);
  CHECK(parse_json("\"x\"", "it")->string() == "x");
  CHECK(parse_json("null", "it")->is_null());
  CHECK(parse_json("true", "it")->kind() == Kind::boolean);
  CHECK(parse_json(" \r\n\t{ } \n", "it")->kind() == Kind::object);
}

TEST_CASE("json - lists the elements and the members in their order, each as it is written", "[json]") {
  const auto value = parse_json(R"({"b":[1, 2.50 ,"x\n",[],{}], "\u0061" : null})", "it");
  REQUIRE(value);
  std::string names;
  value->each_member([&names](const std::string& name, const JsonValue& /*member*/) { names += name; });
  CHECK(names == "ba");
  std::string elements;
  value->find("b")->each_element([&elements](const JsonValue& one) { elements += std::string(one.text()) + '|'; });
  CHECK(elements == R"(1|2.50|"x\n"|[]|{}|)");
  CHECK(value->find("a")->is_null());
  CHECK_FALSE(value->find("c"));
  value->each_element([](const JsonValue& /*element*/) { FAIL("an object has no elements"); });
  value->find("b")->each_member([](const std::string& name, const JsonValue& /*member*/) { FAIL(name); });
  CHECK_FALSE(value->find("b")->find("x"));
}

TEST_CASE("json - a byte-order mark in front is skipped", "[json]") {
  CHECK(parse_json("\xEF\xBB\xBF{\"a\":1}", "it")->find("a")->unsigned_integer() == 1);
  parse_refusal("\xEF\xBB{\"a\":\"planted\"}");
}

TEST_CASE("json - a text with escapes stands for what they mean", "[json]") {
  CHECK(parse_json(R"("a\"\\\/\b\n\u00e9\ud83d\ude00")", "it")->string() == "a\"\\/\b\n\xc3\xa9\xf0\x9f\x98\x80");
  CHECK(parse_json("12", "it")->string().empty());
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
    CHECK(support::contains(parse_refusal(bad), "not UTF-8"));
  }
}

TEST_CASE("json - a number has the value that is written, whatever the locale; beyond a double it has none", "[json]") {
  const auto number = [](std::string_view text) { return parse_json(text, "it")->number(); };
  CHECK(number("-1") == -1.0);
  CHECK(number("2.5e3") == 2500.0);
  CHECK(number("1e308") == 1e308);
  CHECK(number("1e-400") == 0.0);
  CHECK(number("99999999999999999999999") == 1e23);
  for (const char* none : {"1e400", "-1e400", "\"1\"", "null", "[1]"}) {
    INFO(none);
    CHECK_FALSE(number(none));
  }
}

TEST_CASE("json - a count is a whole number of at most 64 bits", "[json]") {
  const auto count = [](std::string_view text) { return parse_json(text, "it")->unsigned_integer(); };
  CHECK(count("0") == 0U);
  CHECK(count("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  for (const char* none : {"18446744073709551616", "-1", "1.0", "1e3", "\"1\"", "null", "[]"}) {
    INFO(none);
    CHECK_FALSE(count(none));
  }
}

TEST_CASE("json - what only has to be JSON may be deeper than it is looked into", "[json]") {
  using ex::detail::is_json;
  CHECK(is_json(nested_text(64)));
  CHECK(is_json(nested_text(many)));
  for (const std::string& text : {""s, "["s, "{}x"s, "nul"s, "{}\0"s, std::string(64, '[')}) {
    INFO(text);
    CHECK_FALSE(is_json(text));
  }
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

TEST_CASE("json - a member's text is read, and nothing else passes for it", "[json]") {
  const auto text_of = [](std::string_view json, const char* name) {
    return ex::detail::string_member(*parse_json(json, "it"), name);
  };
  for (const char* name : {"text", "number", "null", "object", "absent", ""}) {
    INFO(name);
    CHECK(text_of(R"({"text":"x","number":1,"null":null,"object":{}})", name) == (name == "text"s ? "x" : ""));
  }
  for (const char* json : {"null", R"(["text"])", R"("text")", "1"}) CHECK(text_of(json, "text").empty());
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
