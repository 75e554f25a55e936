// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "../../detail/json/scanner.hpp"
#include "../../detail/json/value.hpp"
#include "../../detail/text/encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The access tokens that an answer may repeat.
using SentTokens = std::array<std::string_view, 3>;

inline std::string without_tokens(std::string text, const SentTokens& tokens) {
  for (const auto token : tokens) strike_out(text, token);
  return text;
}

/// The texts of an error answer: its `message` (or `detail` or `title` of RFC 9457, or a body that is just a string)
/// and its `entities`. Reads the first MiB, also of JSON that ends too early, and keeps 64 KiB, to bound time and
/// memory.
class ApiWords {
 public:
  ApiWords(std::string_view body, const SentTokens& tokens) : tokens_(tokens) {
    constexpr std::size_t most_read = std::size_t{1} << 20U;
    JsonScanner json(without_byte_order_mark(body.substr(0, most_read)));
    if (json.peek() == Kind::string) read_text(json, texts_.front());
    if (json.peek() != Kind::object) return;
    json.open();
    for (JsonText name; json.next_member(name);) read_member(unescaped(name), json);
  }

  /// As received: neither bounded nor cleaned.
  [[nodiscard]] const std::string& message() const noexcept {
    for (const auto& text : texts_) {
      if (!text.empty()) return text;
    }
    return texts_.front();
  }

  /// In the form of `Error::details`; empty if the answer has no such texts.
  [[nodiscard]] std::string details() const {
    std::string out;
    if (!message().empty()) {
      out += "{\"message\":";
      append_quoted(out, message(), longest_message);
    }
    if (!entities_.empty()) out += (out.empty() ? "{\"entities\":" : ",\"entities\":") + entities_;
    return out.empty() ? out : out += '}';
  }

 private:
  using Kind = JsonScanner::Kind;

  static constexpr std::array<std::string_view, 3> message_names{"message", "detail", "title"};
  static constexpr std::size_t longest_message = 2048;
  static constexpr std::size_t most_entities = (std::size_t{64} << 10U) - 2 * longest_message - 64;

  void read_member(const std::string& name, JsonScanner& json) {
    if (name == "entities" && entities_.empty()) return read_entities(json);
    const auto* const known = std::find(message_names.begin(), message_names.end(), name);
    if (known != message_names.end() && json.peek() == Kind::string) {
      return read_text(json, texts_[static_cast<std::size_t>(known - message_names.begin())]);
    }
    std::string_view skipped;
    json.value(skipped);
  }

  static void read_text(JsonScanner& json, std::string& text) {
    JsonText inside;
    if (json.string(inside)) assign_unescaped(text, inside);
  }

  /// Keeps complete values only: of a list the first ones.
  void read_entities(JsonScanner& json) {
    if (json.peek() != Kind::array) {
      std::string value;
      if (copy(json, value) && value.size() <= most_entities) entities_ = std::move(value);
      return;
    }
    json.open();
    std::string list;
    bool full = false;
    while (json.next_element()) {
      std::string element = list.empty() ? "[" : ",";
      if (!copy(json, element)) break;
      full = full || list.size() + element.size() > most_entities;
      if (!full) list += element;
    }
    if (list.empty() && !full && json.fault() == nullptr) list = "[";
    if (!list.empty()) entities_ = list + ']';
  }

  /// Copies a value with its texts made fit to be shown. False if it is incomplete.
  bool copy(JsonScanner& json, std::string& out) const {
    switch (json.peek()) {
      case Kind::object:
        return copy_object(json, out);
      case Kind::array:
        return copy_array(json, out);
      case Kind::string: {
        JsonText inside;
        if (json.string(inside)) append_quoted(out, unescaped(inside), most_entities);
        return json.fault() == nullptr;
      }
      default: {
        std::string_view text;
        if (json.value(text)) out += text;
        return json.fault() == nullptr;
      }
    }
  }

  bool copy_object(JsonScanner& json, std::string& out) const {
    const char* separator = "{";
    json.open();
    for (JsonText name; json.next_member(name); separator = ",") {
      out += separator;
      append_quoted(out, unescaped(name), most_entities);
      out += ':';
      if (!copy(json, out)) return false;
    }
    out += *separator == '{' ? "{}" : "}";
    return json.fault() == nullptr;
  }

  bool copy_array(JsonScanner& json, std::string& out) const {
    const char* separator = "[";
    json.open();
    for (; json.next_element(); separator = ",") {
      out += separator;
      if (!copy(json, out)) return false;
    }
    out += *separator == '[' ? "[]" : "]";
    return json.fault() == nullptr;
  }

  /// Strikes out tokens before cutting: half a token would not be recognized.
  void append_quoted(std::string& out, const std::string& text, std::size_t limit) const {
    append_json_string(out, clean_text(without_tokens(text, tokens_), limit));
  }

  const SentTokens& tokens_;
  std::array<std::string, message_names.size()> texts_;
  std::string entities_;  ///< As JSON.
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
