#pragma once

// The one place that includes nlohmann's full header.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "../result.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// Deeper text is refused: printing a value recurses once per level.
inline constexpr int max_json_depth = 64;

/// Reads one JSON value. Never throws, and its errors (kind `protocol`) never quote the text, which may hold a token.
/// `what` names the text in the error. A top-level member that is there twice is an error: two readers could differ.
inline Result<nlohmann::json> parse_json(std::string_view text, std::string_view what) {
  bool too_deep = false;
  bool duplicate = false;
  std::set<std::string> members;
  using Event = nlohmann::json::parse_event_t;
  const auto look = [&](int depth, Event event, nlohmann::json& value) {
    const bool begins_level = event == Event::array_start || event == Event::object_start;
    too_deep = too_deep || (begins_level && depth >= max_json_depth);
    if (depth == 1 && event == Event::key) {
      duplicate = !members.insert(value.get<std::string>()).second || duplicate;
    }
    return !too_deep;
  };
  const auto problem = [&what](const char* text_of_it) {
    return make_error(ErrorKind::protocol, std::string(what) + text_of_it);
  };
  // nlohmann takes a NUL for the end and would not look at what follows
  if (text.find('\0') != std::string_view::npos) return problem(" is not valid JSON");
  nlohmann::json value = nlohmann::json::parse(text, look, false);
  if (too_deep) return problem(" is nested deeper than 64 levels");
  if (value.is_discarded()) return problem(" is not valid JSON");
  if (duplicate) return problem(" holds the same member twice");
  return value;
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
}  // namespace v0
}  // namespace movio::exhibitor
