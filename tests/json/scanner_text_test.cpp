// SPDX-License-Identifier: MIT

// The texts of JSON strings: escapes, UTF-8, and what the scanner looks at eight bytes at a time.
#include <array>
#include <cstddef>
#include <cstdint>
#include <movio/exhibitor/detail/json/scanner.hpp>
#include <movio/exhibitor/detail/json/value.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "json_judge.hpp"
#include "support.hpp"

namespace detail = movio::exhibitor::detail;
using json_judge::fault_of;
using json_judge::not_json;
using nlohmann::json;
using namespace std::string_literals;

namespace {

constexpr const char* not_utf8 = "is not UTF-8";

char byte(unsigned value) { return static_cast<char>(static_cast<unsigned char>(value)); }

std::string quoted(const std::string& inside) { return '"' + inside + '"'; }

/// What a string's inside stands for, written into a text that held something before.
std::string unescaped(const std::string& inside) {
  const std::string text = quoted(inside);
  detail::JsonScanner scanner(text);
  detail::JsonText found;
  REQUIRE(scanner.peek() == detail::JsonScanner::Kind::string);
  REQUIRE(scanner.string(found));
  REQUIRE(scanner.end());
  std::string out = "what was there before, and longer than that which comes";
  detail::assign_unescaped(out, found);
  return out;
}

std::string string_written(std::string_view text) {
  std::string out = "before";
  REQUIRE(detail::append_json_string(out, text));
  REQUIRE(out.substr(0, 6) == "before");
  return out.substr(6);
}

std::string utf8(std::uint32_t code_point) {
  std::string out;
  detail::append_utf8(out, code_point);
  return out;
}

/// plain_length, byte by byte.
std::size_t plain_length_of(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) {
    const auto value = static_cast<unsigned char>(c);
    if (value < 0x20 || value > 0x7f || c == '"' || c == '\\') break;
    ++length;
  }
  return length;
}

}  // namespace

TEST_CASE("json text - the plain beginning is found wherever it ends, by whichever byte", "[json_scan]") {
  std::size_t wrong = 0;
  for (std::size_t length = 0; length <= 40; ++length) {
    for (unsigned value = 0; value < 256; ++value) {
      for (std::size_t at = 0; at < length; ++at) {
        std::string text(length, 'a');
        text[at] = byte(value);
        if (detail::plain_length(text) != plain_length_of(text)) ++wrong;
      }
    }
    CHECK(detail::plain_length(std::string(length, 'a')) == length);
  }
  CHECK(wrong == 0);
}

TEST_CASE("json text - two bytes side by side do not hide one another", "[json_scan]") {
  std::size_t wrong = 0;
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      for (const std::size_t at : {0U, 3U, 6U, 7U, 8U}) {
        std::string text(17, '~');
        text[at] = byte(first);
        text[at + 1] = byte(second);
        if (detail::plain_length(text) != plain_length_of(text)) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("json text - a string may hold every ASCII character but controls, quote and backslash", "[json_scan]") {
  for (unsigned value = 0; value < 0x80; ++value) {
    INFO(value);
    const bool good = value >= 0x20 && value != '"' && value != '\\';
    for (const std::size_t before : {0U, 1U, 7U, 8U, 9U}) {
      const std::string text = quoted(std::string(before, 'a') + byte(value) + "yz");
      CHECK(fault_of(text) == (good ? "" : not_json));
    }
  }
  CHECK(unescaped("'/\x7f") == "'/\x7f");
}

TEST_CASE("json text - the escapes of RFC 8259 section 7 are read, and no others", "[json_scan]") {
  CHECK(unescaped(R"(\"\\\/\b\f\n\r\t)") == "\"\\/\b\f\n\r\t");
  CHECK(unescaped(R"(\u0041\u00e9\u20AC\ud83c\udfac)") == "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xac");
  CHECK(unescaped(R"(a\\u0041\\nb)") == "a\\u0041\\nb");
  CHECK(unescaped(R"(\u0000)") == "\0"s);
  CHECK(unescaped("caf\xc3\xa9\\n\xe2\x82\xac") == "caf\xc3\xa9\n\xe2\x82\xac");
  CHECK(unescaped("").empty());
  constexpr std::string_view known = "\"\\/bfnrtu";
  for (unsigned value = 0; value < 256; ++value) {
    INFO(value);
    const bool good = known.find(byte(value)) != std::string_view::npos;
    CHECK(fault_of(quoted("\\"s + byte(value) + "0041")) == (good ? "" : not_json));
  }
  for (const char* bad : {R"(\)", R"(a\)", R"(\x41)", R"(\0)", R"(\N)", R"(\')"}) {
    INFO(bad);
    CHECK(fault_of(quoted(bad)) == not_json);
  }
}

TEST_CASE("json text - an escape has four hexadecimal digits, at whichever of them it ends", "[json_scan]") {
  const std::string good = "0aF9";
  CHECK(fault_of(quoted("\\u" + good)).empty());
  for (std::size_t at = 0; at < 4; ++at) {
    CHECK(fault_of(quoted("\\u" + good.substr(0, at))) == not_json);
    CHECK(fault_of("\"\\u" + good.substr(0, at)) == not_json);
    for (const char bad : "gG/:@` -+x") {
      std::string digits = good;
      digits[at] = bad;
      INFO(digits);
      CHECK(fault_of(quoted("\\u" + digits)) == not_json);
    }
  }
}

TEST_CASE("json text - surrogates come in pairs, the high one first", "[json_scan]") {
  for (const char* good :
       {R"(\ud800\udc00)", R"(\uDBFF\uDFFF)", R"(\ud83c\udfac\ud83c\udfac)", R"(\ud7ff)", R"(\ue000)", R"(\uffff)"}) {
    INFO(good);
    CHECK(fault_of(quoted(good)).empty());
    CHECK(unescaped(good) == json::parse(quoted(good)).get<std::string>());
  }
  for (const char* bad :
       {R"(\ud800)", R"(\udbff)", R"(\udc00)", R"(\udfff)", R"(\udc00\ud800)", R"(\ud800\ud800)", R"(\ud800\u0041)",
        R"(\ud800x)", R"(\ud800\n)", R"(\ud800\)", R"(\ud800\u)", R"(\ud800\udc0)", R"(\ud800\udbff)",
        R"(\ud800\ue000)", R"(\ud800 \udc00)", R"(\ud800/udc00)", R"(\ud800\xdc00)", R"(\ud800\udc00\udc00)"}) {
    INFO(bad);
    CHECK(fault_of(quoted(bad)) == not_json);
    CHECK(fault_of('"' + std::string(bad)) == not_json);
  }
}

TEST_CASE("json text - what is not UTF-8 is refused wherever it stands", "[json_scan]") {
  const std::vector<std::string> bad{"\x80",
                                     "\xbf",
                                     "\xc0\xaf",
                                     "\xc1\xbf",
                                     "\xfe",
                                     "\xff",
                                     "\xf5\x80\x80\x80",
                                     "\xf8\x88\x80\x80\x80",  // no leads
                                     "\xe0\x80\xaf",
                                     "\xe0\x9f\xbf",
                                     "\xf0\x80\x80\xaf",
                                     "\xf0\x8f\xbf\xbf",  // overlong
                                     "\xed\xa0\x80",
                                     "\xed\xbf\xbf",
                                     "\xed\xa0\xbc\xed\xbe\xac",  // surrogates
                                     "\xf4\x90\x80\x80",          // beyond U+10FFFF
                                     "\xc3",
                                     "\xe2\x82",
                                     "\xe2",
                                     "\xf0\x9f\x8e",
                                     "\xf0\x9f",
                                     "\xf0",  // cut
                                     "\xc3(",
                                     "\xe2(\xac",
                                     "\xe2\x82(",
                                     "\xf0(\x8e\xac",
                                     "\xf0\x9f(\xac",
                                     "\xf0\x9f\x8e("};
  for (const auto& sequence : bad) {
    for (std::size_t before = 0; before <= 17; ++before) {
      for (const std::size_t after : {0U, 1U, 7U, 8U}) {
        const std::string inside = std::string(before, 'a') + sequence + std::string(after, 'b');
        INFO(json(std::vector<std::uint8_t>(inside.begin(), inside.end())).dump());
        CHECK(fault_of(quoted(inside)) == not_utf8);
        CHECK(fault_of('{' + quoted(inside) + ":1}") == not_utf8);
        std::string out;
        CHECK_FALSE(detail::append_json_string(out, inside));
      }
    }
  }
}

TEST_CASE("json text - whole sequences of UTF-8 pass wherever they stand, and cut ones do not", "[json_scan]") {
  for (const std::string sequence : {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                     "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    for (std::size_t before = 0; before <= 17; ++before) {
      const std::string text = std::string(before, 'a') + sequence;
      CHECK(fault_of(quoted(text)).empty());
      CHECK(unescaped(text + sequence) == text + sequence);
      for (std::size_t cut = 1; cut < sequence.size(); ++cut) {
        CHECK(fault_of(quoted(text.substr(0, text.size() - cut))) == not_utf8);
        CHECK_FALSE(fault_of('"' + text.substr(0, text.size() - cut)).empty());
      }
    }
  }
}

TEST_CASE("json text - every code point comes back from writing, and is what nlohmann::json reads", "[json_scan]") {
  std::size_t wrong = 0;
  for (std::uint32_t code_point = 0; code_point <= 0x10ffff; ++code_point) {
    if (code_point >= 0xd800 && code_point < 0xe000) continue;
    const std::string text = utf8(code_point);
    std::string out;
    std::string back;
    const bool good = detail::append_json_string(out, text) && fault_of(out).empty();
    const bool escaped = out.find('\\') != std::string::npos;
    detail::assign_unescaped(back, {std::string_view(out).substr(1, out.size() - 2), escaped});
    // all classes of code points, but not every one of a class: that would take nlohmann::json seconds
    const bool compared = code_point < 0x3000 || code_point % 997 == 0;
    if (!good || back != text || (compared && json::parse(out).get<std::string>() != text)) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("json text - escapes of every UTF-16 unit are read as nlohmann::json reads them", "[json_scan]") {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto escape = [&](unsigned unit) {
    return "\\u"s + digits[unit >> 12U] + digits[unit >> 8U & 15U] + digits[unit >> 4U & 15U] + digits[unit & 15U];
  };
  std::size_t wrong = 0;
  for (unsigned unit = 0; unit <= 0xffff; unit += unit < 0x900 || unit >= 0xd700 ? 1 : 31) {
    const bool high = unit >= 0xd800 && unit < 0xdc00;
    const std::string text = quoted(escape(unit) + (high ? escape(0xdc00 + unit % 0x400) : ""));
    if (!json_judge::is_agreed(text)) ++wrong;
    if (!fault_of(text).empty()) continue;
    std::string out;
    detail::assign_unescaped(out, {std::string_view(text).substr(1, text.size() - 2), true});
    if (out != json::parse(text).get<std::string>()) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("json text - what must be escaped is written so, and nothing else", "[json_scan]") {
  CHECK(string_written("") == R"("")");
  CHECK(string_written("a/b'c\x7f") == "\"a/b'c\x7f\"");
  CHECK(string_written("\"\\") == R"("\"\\")");
  CHECK(string_written("\0\x01\n\x1f"s) == R"("\u0000\u0001\u000a\u001f")");
  CHECK(string_written("caf\xc3\xa9 \xf0\x9f\x8e\xac") == "\"caf\xc3\xa9 \xf0\x9f\x8e\xac\"");
  for (std::size_t before = 0; before <= 17; ++before) {
    for (unsigned value = 0; value < 0x80; ++value) {
      const std::string text = std::string(before, 'a') + byte(value) + "\xe2\x82\xac" + byte(value);
      CHECK(json::parse(string_written(text)).get<std::string>() == text);
    }
  }
}

TEST_CASE("json text - what nlohmann::json writes is read as it reads it itself", "[json_scan]") {
  std::string all;
  for (unsigned value = 0; value < 0x80; ++value) all += byte(value);
  for (const std::uint32_t code_point : {0x80U, 0x7ffU, 0x800U, 0xd7ffU, 0xe000U, 0xffffU, 0x10000U, 0x10ffffU}) {
    all += utf8(code_point);
  }
  for (const bool ascii : {false, true}) {
    const std::string text = json(all).dump(-1, ' ', ascii);
    CHECK(fault_of(text).empty());
    CHECK(unescaped(text.substr(1, text.size() - 2)) == all);
  }
}
