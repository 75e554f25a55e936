// SPDX-License-Identifier: MIT
#pragma once

// The one place that includes nlohmann's full header.
#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Deeper text is refused: printing a value recurses once per level.
inline constexpr int max_json_depth = 64;

/// nlohmann takes a NUL for the end and would not look at what follows.
inline bool has_nul(std::string_view text) noexcept { return text.find('\0') != std::string_view::npos; }

/// Whether a text is JSON, however deep.
inline bool is_json(std::string_view text) { return !has_nul(text) && nlohmann::json::accept(text); }

/// Looks at a text without keeping its values: whether it is JSON, how deep, and whether a top-level member is there
/// twice. (A callback of `parse` would do, but that looks through all elements of an array after each: quadratic.)
class JsonInspector : private nlohmann::json::json_sax_t {
 public:
  explicit JsonInspector(std::string_view text)
      : valid_(!has_nul(text) && nlohmann::json::sax_parse(text, static_cast<nlohmann::json::json_sax_t*>(this))) {}

  [[nodiscard]] bool valid() const noexcept { return valid_; }
  [[nodiscard]] bool too_deep() const noexcept { return depth_ > max_json_depth; }
  [[nodiscard]] bool duplicate() const noexcept { return duplicate_; }

 private:
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*members*/) override { return ++depth_ <= max_json_depth; }
  bool start_array(std::size_t /*elements*/) override { return ++depth_ <= max_json_depth; }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    if (depth_ == 1) duplicate_ = !members_.insert(name).second || duplicate_;
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    return false;
  }
  bool leave() {
    --depth_;
    return true;
  }

  int depth_ = 0;
  bool duplicate_ = false;
  std::set<std::string> members_;
  const bool valid_;  // last: its initializer uses the others
};

/// Reads one JSON value. Never throws, and its errors (kind `protocol`) never quote the text, which may hold a token.
/// `what` names the text in the error. A top-level member that is there twice is an error: two readers could differ.
inline Result<nlohmann::json> parse_json(std::string_view text, std::string_view what) {
  const JsonInspector seen(text);
  const auto problem = [&what](const char* text_of_it) {
    return make_error(ErrorKind::protocol, std::string(what) + text_of_it);
  };
  if (seen.too_deep()) return problem(" is nested deeper than 64 levels");
  if (!seen.valid()) return problem(" is not valid JSON");
  if (seen.duplicate()) return problem(" holds the same member twice");
  return nlohmann::json::parse(text, nullptr, false);
}

inline bool is_deeper_than(const nlohmann::json& value, int levels) {
  if (!value.is_structured()) return false;
  if (levels == 0) return true;
  return std::any_of(value.begin(), value.end(),
                     [levels](const nlohmann::json& member) { return is_deeper_than(member, levels - 1); });
}

/// Writes a JSON value. Errors: `invalid_argument` for text that is not UTF-8 and for nesting deeper than 64 levels.
inline Result<std::string> dump_json(const nlohmann::json& value) {
  if (is_deeper_than(value, max_json_depth)) return invalid_argument("the JSON is nested deeper than 64 levels");
  try {
    return value.dump();
  } catch (const nlohmann::json::type_error&) {  // its text quotes the value
    return invalid_argument("the JSON holds text that is not UTF-8");
  }
}

/// A member's text; empty when it is absent or not a string.
inline std::string string_member(const nlohmann::json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
