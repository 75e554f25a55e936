// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <locale>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../../core/result.hpp"
#include "../text/encoding.hpp"
#include "scanner.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The text that a string stands for. Allocates once, so that no part of a secret is left in memory given back.
inline std::string unescaped(JsonText inside) {
  std::string out;
  out.reserve(inside.raw.size());
  assign_unescaped(out, inside);
  return out;
}

/// A value in a JSON text that has been checked as a whole. A view: it is valid as long as the text, and copies no
/// secret that is in it.
class JsonValue {
 public:
  using Kind = JsonScanner::Kind;

  /// `text` is one valid JSON value. Use `parse_json` for any other text.
  explicit JsonValue(std::string_view text) noexcept : text_(text), kind_(JsonScanner(text).peek()) {}

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_null() const noexcept { return kind_ == Kind::null; }

  /// As it is written.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

  /// The first member of this name; empty if there is none, or this is no object.
  [[nodiscard]] std::optional<JsonValue> find(std::string_view wanted) const {
    std::optional<JsonValue> found;
    each_member([&](const std::string& name, const JsonValue& value) {
      if (!found && name == wanted) found = value;
    });
    return found;
  }

  /// The text that a string stands for; empty for any other kind.
  [[nodiscard]] std::string string() const {
    JsonText inside;
    JsonScanner scanner(text_);
    if (kind_ != Kind::string || scanner.peek() != Kind::string || !scanner.string(inside)) return {};
    return unescaped(inside);
  }

  /// Empty for any other kind, and for a number beyond a double.
  [[nodiscard]] std::optional<double> number() const {
    std::istringstream in{std::string(text_)};
    in.imbue(std::locale::classic());
    double value = 0;
    if (kind_ != Kind::number || !(in >> value)) return std::nullopt;
    return value;
  }

  /// Empty for anything but a whole number from 0 to 2^64 - 1.
  [[nodiscard]] std::optional<std::uint64_t> unsigned_integer() const noexcept {
    std::uint64_t value = 0;
    const auto end = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (end.ec != std::errc() || end.ptr != text_.data() + text_.size()) return std::nullopt;
    return value;
  }

  /// Calls `use(JsonValue)` for each element of an array; not once for any other kind.
  template <class Use>
  void each_element(Use use) const {
    JsonScanner scanner(text_);
    std::string_view element;
    if (scanner.peek() != Kind::array) return;
    scanner.open();
    while (scanner.next_element() && scanner.value(element)) use(JsonValue(element));
  }

  /// Calls `use(name, JsonValue)` for each member of an object; not once for any other kind.
  template <class Use>
  void each_member(Use use) const {
    JsonScanner scanner(text_);
    JsonText name;
    std::string_view value;
    if (scanner.peek() != Kind::object) return;
    scanner.open();
    while (scanner.next_member(name) && scanner.value(value)) use(unescaped(name), JsonValue(value));
  }

 private:
  std::string_view text_;
  Kind kind_;
};

/// What is wrong with a JSON text, to be put behind its name; nullptr if nothing is.
inline const char* json_fault(std::string_view text) noexcept {
  JsonScanner scanner(without_byte_order_mark(text));
  std::string_view value;
  if (scanner.value(value)) scanner.end();
  return scanner.fault();
}

/// Whether a text is JSON. Text deeper than 64 levels is not looked through, and counts as JSON.
inline bool is_json(std::string_view text) noexcept {
  const char* const fault = json_fault(text);
  return fault == nullptr || std::string_view(fault) == JsonScanner::too_deep;
}

/// Checks a text that is one JSON value, which it must outlive. Its errors (kind `protocol`) never quote the text,
/// which may hold a token; `what` names it. A top-level member that is there twice is an error: two readers could
/// differ.
inline Result<JsonValue> parse_json(std::string_view text, std::string_view what) {
  const auto problem = [&what](const char* fault) {
    return make_error(ErrorKind::protocol, std::string(what) + ' ' + fault);
  };
  if (const char* const fault = json_fault(text)) return problem(fault);
  const JsonValue value(without_byte_order_mark(text));
  std::vector<std::string> names;
  value.each_member([&names](std::string name, const JsonValue& /*member*/) { names.push_back(std::move(name)); });
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) return problem("holds the same member twice");
  return value;
}

/// A member's text; empty when it is absent or not a string.
inline std::string string_member(const JsonValue& object, std::string_view name) {
  const auto member = object.find(name);
  return member ? member->string() : std::string();
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
