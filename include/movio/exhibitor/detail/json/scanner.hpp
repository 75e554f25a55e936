// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../text/encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The number of the lowest byte of a word whose highest bit is set; no other bit may be.
inline std::size_t lowest_marked_byte(std::uint64_t marks) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  const std::uint64_t up_to_it = (marks & (~marks + 1)) - 1;
  return static_cast<std::size_t>(((up_to_it & ones) * ones) >> 56U) - 1;
}

/// How many of the first characters of a JSON string's inside stand for themselves and are ASCII: up to a quote, a
/// backslash, a control character or a byte above 0x7f. Looks at eight bytes at a time.
inline std::size_t plain_length(std::string_view text) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t high = 0x80 * ones;
  const auto has_zero = [](std::uint64_t word) { return (word - ones) & ~word & high; };
  std::size_t at = 0;
  for (; text.size() - at >= 8; at += 8) {
    const std::uint64_t word = low_first_word({text.data() + at, 8}, 8);
    const std::uint64_t below_space = (word - 0x20 * ones) & ~word;
    const std::uint64_t special =
        ((word | below_space) & high) | has_zero(word ^ ('"' * ones)) | has_zero(word ^ ('\\' * ones));
    if (special != 0) return at + lowest_marked_byte(special);  // a mark may be wrong, but only above a right one
  }
  const auto is_plain = [](char c) { return c >= 0x20 && c != '"' && c != '\\' && is_ascii(c); };
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

/// The inside of a JSON string as it stands in the text.
struct JsonText {
  std::string_view raw{};
  bool escaped = false;  ///< There are escapes in it.
};

/// Walks over one JSON text (RFC 8259) and checks all that it passes: grammar, UTF-8, surrogates in pairs, at most 64
/// levels. Builds and copies nothing. Once something is wrong, every function returns false, and `fault` says what.
class JsonScanner {
 public:
  static constexpr const char* too_deep = "is nested deeper than 64 levels";

  enum class Kind { none, object, array, string, number, boolean, null };

  /// The text may stand inside so many `levels` of another.
  explicit JsonScanner(std::string_view text, int levels = 0) noexcept : rest_(text), depth_(levels) {}

  /// The kind of the value that begins here, judged by its first character.
  [[nodiscard]] Kind peek() noexcept {
    skip_blanks();
    switch (rest_.empty() ? '\0' : rest_.front()) {
      case '{':
        return Kind::object;
      case '[':
        return Kind::array;
      case '"':
        return Kind::string;
      case 't':
      case 'f':
        return Kind::boolean;
      case 'n':
        return Kind::null;
      case '-':
        return Kind::number;
      default:
        return !rest_.empty() && is_digit(rest_.front()) ? Kind::number : Kind::none;
    }
  }

  /// Steps into the object or array that begins here.
  bool open() noexcept {
    constexpr int most_levels = 64;
    if (++depth_ > most_levels) return fail(too_deep);
    rest_.remove_prefix(1);
    first_ = true;
    return fault_ == nullptr;
  }

  /// Steps to the object's next member and over its name. False at the object's end, which is stepped over.
  bool next_member(JsonText& name) noexcept {
    if (!next('}')) return false;
    if (peek() != Kind::string) return fail(not_json);
    if (!string(name)) return false;
    skip_blanks();
    return take(':') || fail(not_json);
  }

  /// Steps to the array's next element. False at the array's end, which is stepped over.
  bool next_element() noexcept { return next(']'); }

  bool string(JsonText& text) noexcept {
    rest_.remove_prefix(1);
    const char* const begin = rest_.data();
    text.escaped = false;
    for (;;) {
      rest_.remove_prefix(plain_length(rest_));
      if (rest_.empty()) return fail(not_json);
      if (rest_.front() == '"') break;
      text.escaped = text.escaped || rest_.front() == '\\';
      if (!special_character()) return false;
    }
    text.raw = {begin, static_cast<std::size_t>(rest_.data() - begin)};
    rest_.remove_prefix(1);
    return true;
  }

  bool number(std::string_view& text) noexcept {
    const std::string_view begin = rest_;
    take('-');
    if (!take('0') && !digits()) return fail(not_json);
    if (take('.') && !digits()) return fail(not_json);
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return fail(not_json);
    }
    text = begin.substr(0, begin.size() - rest_.size());
    return fault_ == nullptr;
  }

  bool null() noexcept { return word("null"); }

  /// Steps over a value of any kind; `text` is how it is written.
  bool value(std::string_view& text) noexcept {
    skip_blanks();
    const std::string_view begin = rest_;
    if (!skip()) return false;
    text = begin.substr(0, begin.size() - rest_.size());
    return true;
  }

  /// Whether the text ends here.
  bool end() noexcept {
    skip_blanks();
    return rest_.empty() ? fault_ == nullptr : fail(not_json);
  }

  /// What is wrong, to be put behind the text's name; nullptr when nothing is. Quotes nothing.
  [[nodiscard]] const char* fault() const noexcept { return fault_; }

 private:
  static constexpr const char* not_json = "is not valid JSON";

  bool fail(const char* fault) noexcept {
    if (fault_ == nullptr) fault_ = fault;
    rest_ = {};
    return false;
  }

  void skip_blanks() noexcept {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  bool take(char wanted) noexcept {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool digits() noexcept {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && is_digit(rest_.front())) rest_.remove_prefix(1);
    return rest_.size() != before;
  }

  bool word(std::string_view wanted) noexcept {
    if (rest_.substr(0, wanted.size()) != wanted) return fail(not_json);
    rest_.remove_prefix(wanted.size());
    return true;
  }

  bool next(char closing) noexcept {
    skip_blanks();
    const bool first = first_;
    first_ = false;
    if (take(closing)) {
      --depth_;
      return false;
    }
    if (!first && !take(',')) return fail(not_json);
    return fault_ == nullptr;
  }

  bool skip() noexcept {
    JsonText text;
    std::string_view digits;
    switch (peek()) {
      case Kind::object:
        if (!open()) return false;
        while (next_member(text)) skip();
        return fault_ == nullptr;
      case Kind::array:
        if (!open()) return false;
        while (next_element()) skip();
        return fault_ == nullptr;
      case Kind::string:
        return string(text);
      case Kind::number:
        return number(digits);
      case Kind::boolean:
        return word(rest_.front() == 't' ? "true" : "false");
      case Kind::null:
        return null();
      case Kind::none:
        break;
    }
    return fail(not_json);
  }

  bool special_character() noexcept {
    if (rest_.front() == '\\') return escape();
    if (is_control(rest_.front())) return fail(not_json);
    const std::size_t length = utf8_sequence_length(rest_);
    if (length == 0) return fail("is not UTF-8");
    rest_.remove_prefix(length);
    return true;
  }

  bool escape() noexcept {
    rest_.remove_prefix(1);
    constexpr std::string_view simple = "\"\\/bfnrt";
    if (!take('u')) {
      if (rest_.empty() || simple.find(rest_.front()) == std::string_view::npos) return fail(not_json);
      rest_.remove_prefix(1);
      return true;
    }
    const int first = code_unit();
    if (first < 0) return false;
    if ((first & 0xfc00) == 0xdc00) return fail(not_json);
    if ((first & 0xfc00) != 0xd800) return true;
    if (!take('\\') || !take('u')) return fail(not_json);
    const int second = code_unit();
    return (second >= 0 && (second & 0xfc00) == 0xdc00) || fail(not_json);
  }

  /// The four digits of a \u escape; -1 when they are not that.
  int code_unit() noexcept {
    int unit = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = rest_.empty() ? -1 : hex_digit(rest_.front());
      if (digit < 0) {
        fail(not_json);
        return -1;
      }
      rest_.remove_prefix(1);
      unit = unit * 16 + digit;
    }
    return unit;
  }

  std::string_view rest_;
  const char* fault_ = nullptr;
  int depth_ = 0;
  bool first_ = false;
};

inline void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto tail = [code_point](unsigned shift) {
    return static_cast<char>(static_cast<unsigned char>(0x80U | (code_point >> shift & 0x3fU)));
  };
  const auto lead = [](std::uint32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  if (code_point < 0x80) {
    out += lead(code_point);
  } else if (code_point < 0x800) {
    out += {lead(0xc0U | code_point >> 6U), tail(0)};
  } else if (code_point < 0x10000) {
    out += {lead(0xe0U | code_point >> 12U), tail(6), tail(0)};
  } else {
    out += {lead(0xf0U | code_point >> 18U), tail(12), tail(6), tail(0)};
  }
}

/// The text that a string's inside stands for. It must have passed the scanner.
inline void assign_unescaped(std::string& out, JsonText text) {
  if (!text.escaped) {
    out.assign(text.raw);
    return;
  }
  const auto unit_at = [raw = text.raw](std::size_t at) {
    std::uint32_t unit = 0;
    for (const char c : raw.substr(at, 4)) unit = unit * 16 + static_cast<std::uint32_t>(hex_digit(c));
    return unit;
  };
  constexpr std::string_view letters = "bfnrt";
  constexpr std::string_view meanings = "\b\f\n\r\t";
  out.clear();
  for (std::size_t i = 0; i < text.raw.size(); ++i) {
    if (text.raw[i] != '\\') {
      out += text.raw[i];
      continue;
    }
    const char c = text.raw[++i];
    if (c != 'u') {
      const auto letter = letters.find(c);
      out += letter == std::string_view::npos ? c : meanings[letter];
      continue;
    }
    std::uint32_t code_point = unit_at(i + 1);
    i += 4;
    if (code_point >= 0xd800 && code_point < 0xe000) {  // the first of a pair: the other one follows as \uXXXX
      code_point = 0x10000U + ((code_point & 0x3ffU) << 10U) + (unit_at(i + 3) & 0x3ffU);
      i += 6;
    }
    append_utf8(out, code_point);
  }
}

/// Appends text as a JSON string. False when it is not UTF-8; what was appended by then is of no use.
inline bool append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (;;) {
    const std::size_t plain = plain_length(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char c = text.front();
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) return false;
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      const auto byte = static_cast<unsigned char>(c);
      out += {'\\', 'u', '0', '0', digits[byte >> 4U], digits[byte & 0xfU]};
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  out += '"';
  return true;
}

/// Appends any bytes as a JSON string; what is not UTF-8 becomes U+FFFD.
inline void append_bytes_as_json_string(std::string& out, std::string_view bytes) {
  const std::size_t before = out.size();
  if (append_json_string(out, bytes)) return;
  std::string mended;
  while (!bytes.empty()) {
    const std::size_t length = utf8_sequence_length(bytes);
    mended += length == 0 ? std::string_view("\xEF\xBF\xBD") : bytes.substr(0, length);
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  out.resize(before);
  append_json_string(out, mended);
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
