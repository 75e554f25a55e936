// SPDX-License-Identifier: MIT
#pragma once

// What the scanner says of a JSON text, and whether nlohmann::json says the same: for its tests and for the fuzzer.
#include <movio/exhibitor/detail/json/scanner.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace json_judge {

inline constexpr const char* not_json = "is not valid JSON";

/// Valid texts with all that the grammar has, short so that a mutation hits something.
inline const std::vector<std::string>& corpus() {
  static const std::vector<std::string> texts{
      "null",
      " true ",
      "[false,null]",
      "-0",
      "12.50",
      "-3.25e-7",
      "1E+2",
      "[1,2.0,-3e4]",
      R"("")",
      R"("plain text of some length")",
      "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\xac\"",
      R"("\"\\\/\b\f\n\r\t")",
      R"("\u00e9\ud83c\udfac\uD83C\uDFAC")",
      "[]",
      "{}",
      "[[],[[]],{}]",
      R"({"a":1})",
      R"({"a":{"b":[1,{"c":null}]},"d":""})",
      "\t{ \"a\" : [ 1 , 2 ] ,\r\n \"b\" : true }\n",
      R"([{"id":"x","n":1.50},{"id":"y","tags":["a","b"]}])",
      "{\"a\\u0062\":\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"}",
  };
  return texts;
}

/// What the scanner finds wrong with a text; empty when nothing is.
inline std::string fault_of(std::string_view text) {
  movio::exhibitor::detail::JsonScanner scanner(text);
  std::string_view all;
  const bool good = scanner.value(all) && scanner.end();
  if (good != (scanner.fault() == nullptr)) return "the scanner contradicts itself";
  return good ? "" : scanner.fault();
}

/// Whether both judge the text alike. They may differ where they mean to: nlohmann::json takes a NUL for the end, steps
/// over a byte-order mark, reads any depth, and refuses numbers beyond a double.
inline bool is_agreed(std::string_view text) {
  const std::string fault = fault_of(text);
  if (nlohmann::json::accept(text.begin(), text.end()) == fault.empty()) return true;
  if (text.find('\0') != std::string_view::npos || text.substr(0, 3) == "\xef\xbb\xbf") return true;
  if (!fault.empty()) return fault == "is nested deeper than 64 levels";
  try {
    const auto ignored = nlohmann::json::parse(text.begin(), text.end());
  } catch (const nlohmann::json::out_of_range&) {
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
  return false;
}

}  // namespace json_judge
