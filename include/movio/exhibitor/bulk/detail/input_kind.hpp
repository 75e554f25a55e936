// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "../../detail/json/scanner.hpp"
#include "../../detail/text/encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// What an input is instead of lines of UTF-8, judged by its first line, and what to do about it; nullptr if it may be
/// such a text.
inline const char* no_lines_of_utf8(std::string_view line) noexcept {
  for (const std::string_view magic : {"\x1F\x8B", "PK\x03\x04", "\x28\xB5\x2F\xFD", "\xFD\x37zXZ", "BZh"}) {
    if (begins_with(line, magic)) return "is compressed; decompress it first (of a .gz file: gzip -dc FILE)";
  }
  const bool has_mark = begins_with(line, "\xFF\xFE") || begins_with(line, "\xFE\xFF");
  if (has_mark || (line.size() > 1 && (line[0] == '\0') != (line[1] == '\0'))) {
    return "is UTF-16, not UTF-8; convert it (iconv -f UTF-16 -t UTF-8 FILE)";
  }
  const auto end = line.find('\r');
  if (end != std::string_view::npos && !trim(line.substr(0, end)).empty() && !trim(line.substr(end + 1)).empty()) {
    return "has lines that end in CR only, as on old Macs; convert them (tr '\\r' '\\n' < FILE)";
  }
  return nullptr;
}

/// Whether a line looks like the header of a CSV file: names with separators.
inline bool is_csv_header(std::string_view line) noexcept {
  bool separated = false;
  bool begins = true;  // of a name
  for (const char c : line) {
    const bool is_separator = c == ',' || c == ';' || c == '\t' || c == '|';
    const bool may_begin = is_alpha(c) || c == '_' || c == '"';
    if (begins ? !may_begin : !(may_begin || is_separator || is_digit(c) || c == ' ' || c == '-' || c == '.')) {
      return false;
    }
    separated = separated || is_separator;
    begins = is_separator;
  }
  return separated && !begins;
}

/// The same for an input that should be NDJSON.
inline const char* no_ndjson(std::string_view line) noexcept {
  if (const char* other = no_lines_of_utf8(line)) return other;
  line = trim(line);
  if (begins_with(line, "[")) {
    return "is a JSON array, not NDJSON, which has one record on each line; convert it (jq -c '.[]' FILE)";
  }
  if (line == "{") {
    return "is a JSON document over several lines, not NDJSON, which has one record on each; convert it (jq -c . FILE)";
  }
  if (begins_with(line, "<"))
    return "seems to be XML or HTML, not NDJSON; give a file with one JSON object on each line";
  if (is_csv_header(line)) return "seems to be CSV, not NDJSON; give a file with one JSON object on each line";
  return nullptr;
}

/// The common mistake that keeps a line from being one JSON value; nullptr if it is none of these.
inline const char* slip_in(std::string_view line) noexcept {
  if (begins_with(line, byte_order_mark)) return "begins with a byte-order mark; remove it";
  JsonScanner scanner(line);
  std::string_view value;
  if (!scanner.value(value)) return nullptr;
  const auto rest = trim(line.substr(static_cast<std::size_t>(value.data() + value.size() - line.data())));
  if (rest.empty()) return nullptr;
  return rest == "," ? "is followed by a comma; remove it, as NDJSON has none between records"
                     : "is followed by something else; put each record on a line of its own";
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
