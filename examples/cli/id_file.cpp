// SPDX-License-Identifier: MIT
#include "id_file.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace cli {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool begins_with(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_header(std::string_view line) { return line == "id" || line == "ID" || ends_with(line, "_id"); }

}  // namespace

ex::ByteSource keeping_first_line(ex::ByteSource bytes, std::string& line) {
  constexpr std::size_t most = 1024;
  return [bytes = std::move(bytes), &line, ended = false](char* into, std::size_t room) mutable {
    auto count = bytes(into, room);
    if (!count || ended) return count;
    const std::string_view read(into, *count);
    line += read.substr(0, std::min(read.find('\n'), most - line.size()));
    ended = read.find('\n') != std::string_view::npos || line.size() == most;
    return count;
  };
}

std::string odd_about_ids(std::string_view first_line) {
  if (begins_with(first_line, byte_order_mark)) first_line.remove_prefix(byte_order_mark.size());
  if (ends_with(first_line, "\r")) first_line.remove_suffix(1);
  if (first_line.empty()) return {};
  if (begins_with(first_line, "{") || begins_with(first_line, "[")) {
    return "the file seems to hold JSON, not an id on each line; take the ids out of it (for example jq -r .member_id)";
  }
  if (begins_with(first_line, "\"") || begins_with(first_line, "'")) {
    return "the file has quotes around its ids; remove them, as ids are taken as they are";
  }
  if (first_line.find_first_of(",;\t|") != std::string_view::npos) {
    return "the file seems to be CSV, not an id on each line; give the column of the ids alone, without its header";
  }
  if (first_line.front() == ' ' || first_line.back() == ' ') {
    return "the file has blanks around its ids; remove them, as ids are taken as they are";
  }
  return is_header(first_line) ? "the file's first line seems to be a header, which is taken for an id" : "";
}

}  // namespace cli
