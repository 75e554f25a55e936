// SPDX-License-Identifier: MIT
#include <cstddef>
#include <movio/exhibitor/detail/json/scanner.hpp>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "json_judge.hpp"
#include "support.hpp"

using json_judge::corpus;
using json_judge::fault_of;
using json_judge::not_json;
using movio::exhibitor::detail::JsonScanner;
using movio::exhibitor::detail::JsonText;
using namespace std::string_literals;

namespace {

constexpr const char* too_deep = "is nested deeper than 64 levels";

std::string repeated(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("json scan - every kind of value is accepted", "[json_scan]") {
  for (const auto& text : corpus()) {
    INFO(text);
    CHECK(fault_of(text).empty());
  }
}

TEST_CASE("json scan - a value's kind is known by its first character", "[json_scan]") {
  using Kind = JsonScanner::Kind;
  const auto kind = [](std::string_view text) { return JsonScanner(text).peek(); };
  CHECK(kind(" \t\r\n{") == Kind::object);
  CHECK(kind("[") == Kind::array);
  CHECK(kind("\"") == Kind::string);
  CHECK(kind("t") == Kind::boolean);
  CHECK(kind("f") == Kind::boolean);
  CHECK(kind("n") == Kind::null);
  for (const char* number : {"-", "0", "9"}) CHECK(kind(number) == Kind::number);
  for (const char* none : {"", " ", "}", "]", ",", ":", "+", ".", "'", "N", "I", "/", "\xef\xbb\xbf{}"}) {
    CHECK(kind(none) == Kind::none);
  }
}

TEST_CASE("json scan - numbers have the form of RFC 8259 section 6", "[json_scan]") {
  for (const char* good : {"0", "-0", "7", "10", "-12", "0.0", "0.50", "12.5", "1e5", "1E5", "1e+5", "1e-05", "0e0",
                           "-0.0e-0", "1.5E+10", "123456789012345678901234567890.12345678901234567890", "1e999999"}) {
    INFO(good);
    CHECK(fault_of(good).empty());
    CHECK(fault_of("["s + good + "]").empty());
    CHECK(fault_of("{\"a\":"s + good + ",\"b\":0}").empty());
  }
  for (const char* bad : {"-",         "+1",  ".5",   "-.5",      "1.",  "1.e5",  "1.,",   "00",   "01",    "-01",
                          "0123",      "1e",  "1e+",  "1e-",      "1E",  "1e5.0", "1e1e1", "1ee1", "1.2.3", "--1",
                          "- 1",       "1 2", "0x10", "1_0",      "1,0", "NaN",   "nan",   "-NaN", "inf",   "Infinity",
                          "-Infinity", "1f",  "1d",   "\xd9\xa1", "-a",  "0-",    "1+1",   "e5",   "1e+-1"}) {
    INFO(bad);
    CHECK(fault_of(bad) == not_json);
    CHECK(fault_of("{\"a\":"s + bad + "}") == not_json);
  }
}

TEST_CASE("json scan - the three words are these, whole and in small letters", "[json_scan]") {
  for (const char* good : {"true", "false", "null", "[true,false,null]"}) CHECK(fault_of(good).empty());
  for (const std::string word : {"true", "false", "null"}) {
    for (std::size_t length = 1; length < word.size(); ++length) CHECK(fault_of(word.substr(0, length)) == not_json);
    CHECK(fault_of(word + 'x') == not_json);
    CHECK(fault_of(word + word) == not_json);
  }
  for (const char* bad : {"True", "TRUE", "NULL", "None", "undefined", "nil", "tru3", "falze", "nulk", "nUll"}) {
    INFO(bad);
    CHECK(fault_of(bad) == not_json);
  }
}

TEST_CASE("json scan - objects and arrays keep their commas and colons", "[json_scan]") {
  for (const char* bad : {"{",
                          "}",
                          "[",
                          "]",
                          "{]",
                          "[}",
                          "[,]",
                          "[1,]",
                          "[,1]",
                          "[1,,2]",
                          "[1 2]",
                          "[1;2]",
                          "[1:2]",
                          "[1",
                          "[1,",
                          "[1,2",
                          "[[1]",
                          "[1]]",
                          "{,}",
                          "{\"a\"}",
                          "{\"a\":}",
                          "{\"a\":1,}",
                          "{,\"a\":1}",
                          "{\"a\" 1}",
                          "{\"a\"::1}",
                          "{\"a\":1:2}",
                          "{\"a\",1}",
                          "{\"a\"=1}",
                          "{a:1}",
                          "{'a':1}",
                          "{1:1}",
                          "{null:1}",
                          "{[]:1}",
                          "{\"a\":1 \"b\":2}",
                          "{\"a\":1,,\"b\":2}",
                          "{\"a\":1,2}",
                          "{\"a\":1}}",
                          "{\"a\":1",
                          "{\"a\":",
                          "{\"a\"",
                          "{\"a",
                          "{\"",
                          "['a']",
                          "[1,2}",
                          "{\"a\":1]",
                          "{:1}",
                          "{\"a\":1;\"b\":2}"}) {
    INFO(bad);
    CHECK(fault_of(bad) == not_json);
  }
}

TEST_CASE("json scan - every text that ends too early is refused", "[json_scan]") {
  for (const auto& text : corpus()) {
    if (text.find_first_of("{[\"") == std::string::npos) continue;  // of a number, a beginning is one too
    for (std::size_t length = 0; length <= text.find_last_of("}]\""); ++length) {
      INFO(text.substr(0, length));
      CHECK_FALSE(fault_of(text.substr(0, length)).empty());
    }
  }
}

TEST_CASE("json scan - there must be one value and nothing else but the four blanks", "[json_scan]") {
  for (const auto& bad : {""s,
                          " "s,
                          "\n\t"s,
                          "{} {}"s,
                          "1 1"s,
                          "{}x"s,
                          "[]]"s,
                          "null,"s,
                          "\"\"\""s,
                          "{}\0"s,
                          "\0{}"s,
                          "{}\f"s,
                          "\v{}"s,
                          "[\f]"s,
                          "\xc2\xa0{}"s,
                          "{\xe2\x80\xa8}"s,
                          "\xef\xbb\xbf{}"s,
                          "/**/{}"s,
                          "//\n{}"s,
                          "[1/**/]"s,
                          "{} // end"s,
                          "#\n{}"s,
                          "<html></html>"s}) {
    INFO(bad);
    CHECK(fault_of(bad) == not_json);
  }
  CHECK(fault_of(" \t\r\n[ \t\r\n1 \t\r\n, \t\r\n{ \t\r\n\"a\" \t\r\n: \t\r\n1 \t\r\n} \t\r\n] \t\r\n").empty());
}

TEST_CASE("json scan - 64 levels are accepted and 65 refused, of whatever they are", "[json_scan]") {
  const auto nested = [](int levels, const std::string& open, const std::string& core, const std::string& close) {
    return repeated(levels, open) + core + repeated(levels, close);
  };
  for (const std::string core : {"1", "\"x\"", "null", "true"}) {
    CHECK(fault_of(nested(64, "[", core, "]")).empty());
    CHECK(fault_of(nested(65, "[", core, "]")) == too_deep);
    CHECK(fault_of(nested(64, "{\"a\":", core, "}")).empty());
    CHECK(fault_of(nested(65, "{\"a\":", core, "}")) == too_deep);
    CHECK(fault_of(nested(32, "[{\"a\":", core, "}]")).empty());
    CHECK(fault_of(nested(32, "[{\"a\":", '[' + core + ']', "}]")) == too_deep);
  }
  CHECK(fault_of(nested(63, "[", "{}", "]")).empty());
  CHECK(fault_of(nested(64, "[", "{}", "]")) == too_deep);
  CHECK(fault_of(nested(64, "{\"a\":", "[]", "}")) == too_deep);
  CHECK(fault_of(repeated(200000, "[")) == too_deep);
  CHECK(fault_of(repeated(200000, "{\"a\":")) == too_deep);
}

TEST_CASE("json scan - levels that were left count no more", "[json_scan]") {
  const std::string deep = repeated(62, "[") + repeated(62, "]");
  CHECK(fault_of('[' + repeated(1000, deep + ',') + deep + ']').empty());
  CHECK(fault_of("{\"a\":" + deep + ",\"b\":{\"c\":" + deep + "}}").empty());
  CHECK(fault_of('[' + repeated(1000, "[],{},[1],{\"a\":1},") + "0]").empty());
}

TEST_CASE("json scan - members and elements are handed out one by one, with the text between", "[json_scan]") {
  JsonScanner scanner(R"( { "a" : [ 1 , "x\n" ] , "b\u0062" : -2.50 , "c" : null , "d" : { } } )");
  JsonText text;
  std::string_view value;
  REQUIRE(scanner.peek() == JsonScanner::Kind::object);
  REQUIRE(scanner.open());
  REQUIRE(scanner.next_member(text));
  CHECK(text.raw == "a");
  CHECK_FALSE(text.escaped);
  REQUIRE(scanner.peek() == JsonScanner::Kind::array);
  REQUIRE(scanner.open());
  REQUIRE(scanner.next_element());
  REQUIRE(scanner.value(value));
  CHECK(value == "1");
  REQUIRE(scanner.next_element());
  REQUIRE(scanner.peek() == JsonScanner::Kind::string);
  REQUIRE(scanner.string(text));
  CHECK(text.raw == "x\\n");
  CHECK(text.escaped);
  REQUIRE_FALSE(scanner.next_element());
  REQUIRE(scanner.next_member(text));
  CHECK(text.raw == "b\\u0062");
  CHECK(text.escaped);
  REQUIRE(scanner.peek() == JsonScanner::Kind::number);
  REQUIRE(scanner.number(value));
  CHECK(value == "-2.50");
  REQUIRE(scanner.next_member(text));
  CHECK_FALSE(text.escaped);
  REQUIRE(scanner.peek() == JsonScanner::Kind::null);
  REQUIRE(scanner.null());
  REQUIRE(scanner.next_member(text));
  REQUIRE(scanner.value(value));
  CHECK(value == "{ }");
  REQUIRE_FALSE(scanner.next_member(text));
  CHECK(scanner.end());
  CHECK(scanner.fault() == nullptr);
}

TEST_CASE("json scan - after a fault everything is false, and the first fault stays", "[json_scan]") {
  JsonScanner scanner("[\"\xff\",1]");
  JsonText text;
  std::string_view value;
  REQUIRE(scanner.peek() == JsonScanner::Kind::array);
  REQUIRE(scanner.open());
  REQUIRE(scanner.next_element());
  CHECK_FALSE(scanner.value(value));
  CHECK_FALSE(scanner.next_element());
  CHECK_FALSE(scanner.next_member(text));
  CHECK_FALSE(scanner.value(value));
  CHECK_FALSE(scanner.number(value));
  CHECK_FALSE(scanner.null());
  CHECK_FALSE(scanner.end());
  CHECK(scanner.peek() == JsonScanner::Kind::none);
  CHECK(scanner.fault() == "is not UTF-8"s);
}
