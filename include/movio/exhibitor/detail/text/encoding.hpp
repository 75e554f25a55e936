// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

constexpr bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
constexpr bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }

/// Whether the first byte of a number in memory is its lowest.
inline bool is_little_endian() noexcept {
  const std::uint64_t one = 1;
  char first = 0;
  std::memcpy(&first, &one, 1);
  return first == 1;
}

/// The first `size` bytes, at most eight, the first one lowest, on every machine. Compilers make one load of it.
inline std::uint64_t low_first_word(std::string_view bytes, unsigned size) noexcept {
  std::uint64_t word = 0;
  if (is_little_endian()) {  // by a loop g++ makes eight loads at -O2
    std::memcpy(&word, bytes.data(), size);
    return word;
  }
  for (unsigned i = 0; i < size; ++i) word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

/// The unreserved characters of RFC 3986 section 2.3.
constexpr bool is_unreserved(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

constexpr bool same_letter(char a, char b) noexcept { return to_lower(a) == to_lower(b); }

inline bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_letter);
}

constexpr std::string_view trim(std::string_view text) noexcept {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

constexpr int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Two lower-case digits for each byte.
template <class Bytes>
std::string hexadecimal(const Bytes& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto value : bytes) {
    const auto byte = static_cast<unsigned char>(value);
    out += {digits[byte >> 4U], digits[byte & 0x0fU]};
  }
  return out;
}

inline void append_percent_encoded(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += {'%', digits[byte >> 4U], digits[byte & 0x0fU]};
}

/// Encodes all but unreserved characters (RFC 3986 section 2.1), so that the result is one path segment or one query
/// value.
inline std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      append_percent_encoded(out, c);
    }
  }
  return out;
}

/// application/x-www-form-urlencoded, as RFC 6749 appendix B wants it for client id, secret and every parameter.
inline std::string form_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size() * 3);  // at once: growing would leave a copy of a secret behind
  for (const char c : text) {
    if (c == ' ') {
      out += '+';
    } else if (is_unreserved(c) && c != '~') {
      out += c;
    } else {
      append_percent_encoded(out, c);
    }
  }
  return out;
}

/// Empty if a '%' is not followed by two hexadecimal digits.
inline std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

/// RFC 4648 section 4, with padding.
inline std::string base64_encode(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8U | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) out += j <= count ? alphabet[group >> (18 - 6 * j) & 0x3fU] : '=';
  }
  return out;
}

constexpr int base64url_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  if (c == '-') return 62;
  return c == '_' ? 63 : -1;
}

/// RFC 4648 section 5 without padding, as a JWT uses it (RFC 7515 section 2). Nothing when the text is not that.
inline std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const int digit = base64url_digit(c);
    if (digit < 0) return std::nullopt;
    group = (group << 6U | static_cast<std::uint32_t>(digit)) & 0xffffU;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(static_cast<unsigned char>(group >> bits & 0xffU));
    }
  }
  return out;
}

inline bool begins_with(std::string_view text, std::string_view beginning) noexcept {
  return text.substr(0, beginning.size()) == beginning;
}

/// Some programs begin a text with it (Unicode 15, section 23.8).
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

inline std::string_view without_byte_order_mark(std::string_view text) noexcept {
  return begins_with(text, byte_order_mark) ? text.substr(byte_order_mark.size()) : text;
}

/// The length of the well-formed UTF-8 sequence that `text` begins with (Unicode 15, table 3-7); 0 when there is none.
inline std::size_t utf8_sequence_length(std::string_view text) noexcept {
  const auto at = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&at](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return at(i) >= low && at(i) <= high;
  };
  const unsigned lead = at(0);
  if (text.empty()) return 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool second = follows(1, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf);
    return second && follows(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool second = follows(1, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

inline bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Whether a UTF-8 sequence is a character that changes how a terminal or a log viewer shows what follows: a C1
/// control, a line or paragraph separator, or a mark, embedding, override or isolate of bidirectional text (UAX 9
/// section 2).
inline bool is_display_control(std::string_view sequence) noexcept {
  const auto is_one_of = [&](std::string_view lead, std::string_view first, std::string_view last) {
    const auto end = sequence.substr(std::min(lead.size(), sequence.size()));
    return sequence.substr(0, lead.size()) == lead && end >= first && end <= last;
  };
  return is_one_of("\xC2", "\x80", "\x9F") || is_one_of("\xD8", "\x9C", "\x9C") ||          // C1, U+061C
         is_one_of("\xE2\x80", "\x8E", "\x8F") || is_one_of("\xE2\x80", "\xA8", "\xAE") ||  // U+200E/F, U+2028..202E
         is_one_of("\xE2\x81", "\xA6", "\xA9");                                             // U+2066..2069
}

/// Makes foreign text fit for a message: no control characters, valid UTF-8, at most `limit` bytes.
inline std::string clean_text(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    std::string_view piece = text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
    if (piece.empty()) piece = "?";
    if (is_control(piece.front()) || is_display_control(piece)) piece = " ";
    if (out.size() + piece.size() > limit) break;
    out += piece;
  }
  return out;
}

/// Makes an error's message fit to be shown and logged: it may quote file names, the system and other parties.
inline std::string clean_message(std::string text) {
  const auto is_plain = [](char c) { return is_ascii(c) && !is_control(c); };
  if (std::all_of(text.begin(), text.end(), is_plain)) return text;
  return clean_text(text, text.size());
}

/// What the system says of an error number, fit for a message: a program's `setlocale` decides on its language, and on
/// its charset too.
inline std::string system_error_text(int code) {
  constexpr std::size_t longest = 256;
  return clean_text(std::generic_category().message(code), longest);
}

/// Replaces each occurrence of `part` that `counts(its place)`, in linear time (Knuth, Morris, Pratt): the text
/// may be hostile. `same` compares characters.
template <class Same, class Counts>
void redact(std::string& text, std::string_view part, const Same& same, const Counts& counts) {
  if (part.empty() || part.size() > text.size()) return;
  std::vector<std::size_t> borders(part.size());  // for each prefix: the longest of its ends that is a beginning, too
  const auto advance = [&](std::size_t matched, char c) {
    while (matched > 0 && !same(part[matched], c)) matched = borders[matched - 1];
    return same(part[matched], c) ? matched + 1 : matched;
  };
  for (std::size_t i = 1; i < part.size(); ++i) borders[i] = advance(borders[i - 1], part[i]);
  std::string out;
  std::size_t copied = 0;
  std::size_t matched = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    matched = advance(matched, text[i]);
    if (matched < part.size()) continue;
    const std::size_t at = i + 1 - part.size();
    if (counts(at)) {
      out.append(text, copied, at - copied) += "[redacted]";
      copied = i + 1;
      matched = 0;
    } else {
      matched = borders.back();
    }
  }
  if (copied != 0) text = out.append(text, copied, std::string::npos);
}

/// Replaces every occurrence of a secret, in any case. Secrets shorter than four characters are left: replacing them
/// would shred the text, and reveal the secret by the gaps.
inline void strike_out(std::string& text, std::string_view secret) {
  if (secret.size() < 4) return;
  redact(text, secret, same_letter, [](std::size_t /*place*/) { return true; });
}

/// Replaces every occurrence of an id, in any case; a short id only where it is a whole word.
inline void strike_out_id(std::string& text, std::string_view id) {
  const auto in_word = [&text](std::size_t at) {
    return at < text.size() && (is_alpha(text[at]) || is_digit(text[at]));
  };
  redact(text, id, same_letter,
         [&](std::size_t at) { return id.size() >= 4 || !(in_word(at - 1) || in_word(at + id.size())); });
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
