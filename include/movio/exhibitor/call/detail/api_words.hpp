// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "../../detail/json/document.hpp"
#include "../../detail/json/scanner.hpp"
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
/// and its `entities`. Reads the first MiB and keeps 64 KiB, to bound time and memory.
class ApiWords : private nlohmann::json::json_sax_t {
 public:
  ApiWords(std::string_view body, const SentTokens& tokens) : tokens_(tokens) {
    constexpr std::size_t most_read = std::size_t{1} << 20U;
    nlohmann::json::sax_parse(body.substr(0, most_read), static_cast<nlohmann::json::json_sax_t*>(this));
    if (in_entities_) cut();  // the answer is truncated
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
    if (!message().empty()) out += "{\"message\":" + quoted(message(), longest_message);
    if (!entities_.empty()) out += (out.empty() ? "{\"entities\":" : ",\"entities\":") + entities_;
    return out.empty() ? out : out += '}';
  }

 private:
  static constexpr std::array<std::string_view, 3> message_names{"message", "detail", "title"};
  static constexpr std::size_t longest_message = 2048;
  static constexpr std::size_t most_entities = (std::size_t{64} << 10U) - 2 * longest_message - 64;

  bool null() override { return scalar("null"); }
  bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override { return scalar(text); }
  bool binary(binary_t& /*value*/) override { return false; }  // JSON has none
  bool string(string_t& value) override {
    if (in_entities_) return scalar(quoted(value, most_entities));
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      const bool says_why = depth_ == 0 ? i == 0 : depth_ == 1 && member_ == message_names[i];
      if (says_why) texts_[i] = value;
    }
    return true;
  }

  bool start_object(std::size_t /*members*/) override { return open('{'); }
  bool start_array(std::size_t /*elements*/) override { return open('['); }
  bool end_object() override { return close('}'); }
  bool end_array() override { return close(']'); }
  bool key(string_t& name) override {
    if (in_entities_) {
      separate();
      entities_ += quoted(name, most_entities) + ':';
    } else if (depth_ == 1) {
      member_ = name;
      in_entities_ = name == "entities" && entities_.empty();
    }
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    return false;  // keep what came before the error
  }

  /// Strikes out tokens before cutting: half a token would not be recognized.
  [[nodiscard]] std::string quoted(const std::string& text, std::size_t limit) const {
    std::string out;
    append_json_string(out, clean_text(without_tokens(text, tokens_), limit));
    return out;
  }

  bool open(char bracket) {
    if (in_entities_) {
      separate();
      if (depth_ == 1) is_list_ = bracket == '[';
      entities_ += bracket;
    }
    return ++depth_ <= max_json_depth;
  }

  bool close(char bracket) {
    --depth_;
    if (!in_entities_) return true;
    entities_ += bracket;
    end_value();
    return true;
  }

  bool scalar(std::string_view text) {
    if (!in_entities_) return true;
    separate();
    entities_ += text;
    end_value();
    return true;
  }

  void separate() {
    const bool follows = !entities_.empty() && std::string_view("[{:").find(entities_.back()) == std::string_view::npos;
    if (follows) entities_ += ',';
  }

  /// Ends a value of the entities.
  void end_value() {
    if (entities_.size() > most_entities) return cut();
    if (depth_ == 1 || (depth_ == 2 && is_list_)) whole_ = entities_.size();
    in_entities_ = depth_ != 1;
  }

  /// Keeps complete values only.
  void cut() {
    in_entities_ = false;
    entities_.resize(whole_);
    if (whole_ != 0) entities_ += ']';
  }

  const SentTokens& tokens_;
  std::array<std::string, message_names.size()> texts_;
  int depth_ = 0;
  std::string member_;  ///< Of the outermost object.
  bool in_entities_ = false;
  bool is_list_ = false;
  std::string entities_;   ///< As JSON.
  std::size_t whole_ = 0;  ///< The length of the complete values.
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
