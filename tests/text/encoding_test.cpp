// SPDX-License-Identifier: MIT
#include <cstddef>
#include <movio/exhibitor/core/secret.hpp>
#include <movio/exhibitor/detail/text/encoding.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace detail = movio::exhibitor::detail;
using namespace std::string_view_literals;

TEST_CASE("encoding - base64 gives the vectors of RFC 4648 section 10", "[encoding]") {
  CHECK(detail::base64_encode("").empty());
  CHECK(detail::base64_encode("f") == "Zg==");
  CHECK(detail::base64_encode("fo") == "Zm8=");
  CHECK(detail::base64_encode("foo") == "Zm9v");
  CHECK(detail::base64_encode("foob") == "Zm9vYg==");
  CHECK(detail::base64_encode("fooba") == "Zm9vYmE=");
  CHECK(detail::base64_encode("foobar") == "Zm9vYmFy");
  CHECK(detail::base64_encode("\xfb\xff\xfe\0"sv) == "+//+AA==");
}

TEST_CASE("encoding - base64url reads what a JWT holds, unpadded", "[encoding]") {
  CHECK(detail::base64url_decode("") == "");
  CHECK(detail::base64url_decode("Zg") == "f");
  CHECK(detail::base64url_decode("Zm8") == "fo");
  CHECK(detail::base64url_decode("Zm9v") == "foo");
  CHECK(detail::base64url_decode("-__-AA") == "\xfb\xff\xfe\0"sv);
  CHECK(detail::base64url_decode("eyJleHAiOjF9") == R"({"exp":1})");
}

TEST_CASE("encoding - base64url refuses padding, the other alphabet, newlines and impossible lengths", "[encoding]") {
  for (const auto bad : {"Zg=="sv, "+//+"sv, "Zm9v\n"sv, "Z"sv, "Zm9vZ"sv, "Zm 9"sv, "Zm\0v"sv, "Zm\xc3\xa9"sv}) {
    INFO(bad);
    CHECK_FALSE(detail::base64url_decode(bad));
  }
}

TEST_CASE("encoding - percent encoding leaves the unreserved characters only", "[encoding]") {
  CHECK(detail::percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(detail::percent_encode("a b+c/d?e#f%g&h=i") == "a%20b%2Bc%2Fd%3Fe%23f%25g%26h%3Di");
  CHECK(detail::percent_encode("\xc3\xa9\0\r\n"sv) == "%C3%A9%00%0D%0A");
}

TEST_CASE("encoding - percent decoding reverses it for every byte", "[encoding]") {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  CHECK(detail::percent_decode(detail::percent_encode(bytes)) == bytes);
  CHECK(detail::percent_decode("%c3%A9") == "\xc3\xa9");
}

TEST_CASE("encoding - a '%' without two hexadecimal digits is refused", "[encoding]") {
  for (const char* bad : {"%", "a%", "%4", "%zz", "%4g", "%g4", "%%41", "ab%2"}) {
    INFO(bad);
    CHECK_FALSE(detail::percent_decode(bad));
  }
}

TEST_CASE("encoding - a secret with every trap of a form survives form encoding", "[encoding]") {
  CHECK(detail::form_encode("AZaz09-._") == "AZaz09-._");
  CHECK(detail::form_encode("p+q%r&s=t:u v~\xc3\xa9") == "p%2Bq%25r%26s%3Dt%3Au+v%7E%C3%A9");
  CHECK(detail::form_encode("read:a write:b") == "read%3Aa+write%3Ab");
}

TEST_CASE("encoding - form encoding a secret leaves no piece of it behind by growing", "[encoding]") {
  const std::string letters(100, 's');
  const std::string secret = letters + std::string(1000, '+');
  const support::FreedMemoryWatch watch(letters);
  {
    std::string form = detail::form_encode(secret);
    CHECK(form.size() == 3100);
    detail::wipe(form);
  }
  CHECK_FALSE(watch.saw_marker());
}

TEST_CASE("encoding - letters compare without regard to case, and only letters", "[encoding]") {
  CHECK(detail::equal_ignoring_case("Retry-After", "rETRY-aFTER"));
  CHECK_FALSE(detail::equal_ignoring_case("Retry-After", "Retry-Afte"));
  CHECK_FALSE(detail::equal_ignoring_case("a[b", "a{b"));
  CHECK_FALSE(detail::equal_ignoring_case("\xc3\x89", "\xc3\xa9"));
}

TEST_CASE("encoding - trimming takes blanks and tabs off both ends", "[encoding]") {
  CHECK(detail::trim(" \t a b\t ") == "a b");
  CHECK(detail::trim(" \t ").empty());
  CHECK(detail::trim("").empty());
  CHECK(detail::trim("a\n") == "a\n");
}

TEST_CASE("encoding - a UTF-8 sequence is measured", "[encoding]") {
  CHECK(detail::utf8_sequence_length("") == 0);
  CHECK(detail::utf8_sequence_length("a") == 1);
  CHECK(detail::utf8_sequence_length("\xc3\xa9") == 2);
  CHECK(detail::utf8_sequence_length("\xe2\x82\xac!") == 3);
  CHECK(detail::utf8_sequence_length("\xf0\x9f\x98\x80") == 4);
  CHECK(detail::utf8_sequence_length("\xf4\x8f\xbf\xbf") == 4);
}

TEST_CASE("encoding - overlong, surrogate, too large and cut off UTF-8 is none", "[encoding]") {
  for (const auto bad :
       {"\x80"sv, "\xc0\xaf"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv, "\xf0\x8f\xbf\xbf"sv,
        "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xff"sv, "\xc3"sv, "\xe2\x82"sv, "\xf0\x9f\x98"sv, "\xc3("sv}) {
    INFO(detail::percent_encode(bad));
    CHECK(detail::utf8_sequence_length(bad) == 0);
  }
}

TEST_CASE("encoding - another party's text cannot forge a line of a log", "[encoding]") {
  CHECK(detail::clean_text("bad\r\nlevel=info \x1b[31m\x7f", 100) == "bad  level=info  [31m ");
  CHECK(detail::clean_text("a\0b"sv, 100) == "a b");
  CHECK(detail::clean_text("a\xff\xc3(", 100) ==
        "a?"
        "?(");
}

TEST_CASE("encoding - another party's text cannot steer a terminal or turn the direction of writing", "[encoding]") {
  const auto code_point = [](unsigned value) {
    const auto byte = [](unsigned bits) { return static_cast<char>(bits); };
    if (value < 0x800) return std::string{byte(0xc0U | value >> 6U), byte(0x80U | (value & 0x3fU))};
    return std::string{byte(0xe0U | value >> 12U), byte(0x80U | (value >> 6U & 0x3fU)), byte(0x80U | (value & 0x3fU))};
  };
  const auto is_removed = [](unsigned value) {
    return (value >= 0x80 && value <= 0x9f) || value == 0x61c || value == 0x200e || value == 0x200f ||
           (value >= 0x2028 && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069);
  };
  for (unsigned value = 0x80; value <= 0xffff; ++value) {
    if (value >= 0xd800 && value <= 0xdfff) continue;  // surrogates are no characters
    const std::string cleaned = detail::clean_text("a" + code_point(value) + "b", 100);
    if (cleaned == (is_removed(value) ? "a b" : "a" + code_point(value) + "b")) continue;
    FAIL_CHECK("U+" << std::hex << value);
  }
  CHECK(detail::clean_text("\xF0\x9F\x98\x80", 100) == "\xF0\x9F\x98\x80");
}

TEST_CASE("encoding - another party's text is bounded, never in the middle of a character", "[encoding]") {
  CHECK(detail::clean_text("abcdef", 4) == "abcd");
  CHECK(detail::clean_text("abc\xc3\xa9", 4) == "abc");
  CHECK(detail::clean_text("abc\xc3\xa9", 5) == "abc\xc3\xa9");
  CHECK(detail::clean_text("abc", 0).empty());
}

TEST_CASE("encoding - a secret is struck out wherever it stands", "[encoding]") {
  std::string text = "s3cret, and again s3crets3cret";
  detail::strike_out(text, "s3cret");
  CHECK(text == "[redacted], and again [redacted][redacted]");
}

TEST_CASE("encoding - striking out ends even when the mark holds the secret, and spares short ones", "[encoding]") {
  std::string text = "redacted";
  detail::strike_out(text, "redacted");
  CHECK(text == "[redacted]");
  detail::strike_out(text, "a");
  detail::strike_out(text, "");
  CHECK(text == "[redacted]");
}

TEST_CASE("encoding - striking out takes linear time, whatever the text and the secret", "[encoding]") {
  std::size_t compared = 0;
  const auto same = [&compared](char a, char b) {
    ++compared;
    return a == b;
  };
  for (const auto& [text, secret] :
       std::vector<std::pair<std::string, std::string>>{{std::string(100000, 'a'), std::string(999, 'a') + 'b'},
                                                        {std::string(100000, 'a'), std::string(1000, 'a')},
                                                        {std::string(100000, 'a'), 'b' + std::string(999, 'a')}}) {
    compared = 0;
    std::string left = text;
    detail::redact(left, secret, same, [](std::size_t /*place*/) { return true; });
    CHECK(compared < 4 * (text.size() + secret.size()));
    CHECK(left.size() == (secret == std::string(1000, 'a') ? 100 * std::string("[redacted]").size() : text.size()));
  }
}

TEST_CASE("encoding - an occurrence that overlaps with a part of itself is found", "[encoding]") {
  std::string text = "aabaabaaab aabaac";
  detail::strike_out(text, "aabaac");
  CHECK(text == "aabaabaaab [redacted]");
  text = "abab-ababac";
  detail::strike_out(text, "ababac");
  CHECK(text == "abab-[redacted]");
}

TEST_CASE("encoding - an id is struck out in upper and lower case, a short one where it stands alone", "[encoding]") {
  const auto without = [](std::string text, std::string_view id) {
    detail::strike_out_id(text, id);
    return text;
  };
  CHECK(without("no Joe@Example.COM, nor xjoe@example.comx", "joe@example.com") == "no [redacted], nor x[redacted]x");
  CHECK(without("member 7, not 17, 7a or a7", "7") == "member [redacted], not 17, 7a or a7");
  CHECK(without("7", "7") == "[redacted]");
  CHECK(without("AB-ab cab abc", "ab") == "[redacted]-[redacted] cab abc");
  CHECK(without("xa-a-a", "a-a") == "xa-[redacted]");
  CHECK(without("nothing", "") == "nothing");
}
