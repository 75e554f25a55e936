// SPDX-License-Identifier: MIT
#include <algorithm>
#include <movio/exhibitor/bulk/bulk.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "bulk_fixture.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using bulk::film_line;
using bulk::film_lines;
using bulk::Fixture;
using support::contains;
using support::content_of;
using Texts = std::vector<std::string>;

namespace {

/// The text as UTF-16, one byte order or the other.
std::string utf16(const std::string& text, bool little_endian) {
  std::string out;
  for (const char c : text) out += little_endian ? std::string{c, '\0'} : std::string{'\0', c};
  return out;
}

/// Why an upload of that text is refused as a whole.
std::string refusal_of(const std::string& text) {
  Fixture f;
  f.options.journal = f.directory.path("journal");
  const auto report = f.upload(text);
  REQUIRE(report.error);
  CHECK(report.error->kind == ex::ErrorKind::invalid_argument);
  CHECK(f.api->batches.empty());
  CHECK(f.rejects.empty());
  CHECK_FALSE(contains(content_of(f.options.journal), "journal"));
  return report.error->message;
}

/// The reason for which one line is rejected.
std::string reason_for(const std::string& line) {
  Fixture f;
  CHECK_FALSE(f.upload(film_line("f1", "a") + line + '\n').error);
  CHECK(f.api->films.size() == 1);
  REQUIRE(f.rejects.size() == 1);
  REQUIRE(f.rejects[0].messages.size() == 1);
  return f.rejects[0].messages[0];
}

}  // namespace

TEST_CASE("bulk input - JSON that is not NDJSON is refused before anything is sent", "[bulk]") {
  const std::string record = R"({"film_id": "f1", "title": "a"})";
  for (const std::string& array :
       Texts{"[\n" + record + "\n]\n", "[" + record + "]", "\xEF\xBB\xBF \n [" + record, "[]"}) {
    CHECK(contains(refusal_of(array), "the input is a JSON array, not NDJSON"));
  }
  CHECK(
      contains(refusal_of("{\n  \"film_id\": \"f1\",\n  \"title\": \"a\"\n}\n"), "a JSON document over several lines"));
}

TEST_CASE("bulk input - what is no JSON at all is refused before anything is sent", "[bulk]") {
  CHECK(contains(refusal_of("film_id,title\nf1,a\n"), "seems to be CSV"));
  CHECK(contains(refusal_of("\"film_id\";\"title\"\nf1;a\n"), "seems to be CSV"));
  CHECK(contains(refusal_of("film_id\ttitle\r\nf1\ta\r\n"), "seems to be CSV"));
  CHECK(contains(refusal_of("<!DOCTYPE html>\n"), "seems to be XML or HTML"));
  CHECK(contains(refusal_of(std::string("\x1F\x8B\x08\x00\xD0\x22\nabc", 10)), "gzip -dc"));
  CHECK(contains(refusal_of("PK\x03\x04..."), "is compressed"));
  for (const bool little_endian : {true, false}) {
    const std::string text = utf16(film_lines(2), little_endian);
    CHECK(contains(refusal_of(text), "is UTF-16"));
    CHECK(contains(refusal_of((little_endian ? "\xFF\xFE" : "\xFE\xFF") + text), "is UTF-16"));
  }
}

TEST_CASE("bulk input - lines that end in CR only are refused before anything is sent", "[bulk]") {
  std::string text = film_lines(3);
  std::replace(text.begin(), text.end(), '\n', '\r');
  CHECK(contains(refusal_of(text), "lines that end in CR only"));
  std::string many = film_lines(200'000);  // longer than any line may be
  std::replace(many.begin(), many.end(), '\n', '\r');
  CHECK(contains(refusal_of(many), "lines that end in CR only"));
}

TEST_CASE("bulk input - a list of ids is refused when it is no text of lines", "[bulk]") {
  Fixture f;
  std::istringstream zipped(std::string("\x1F\x8B\x08\x00", 4));
  const auto report = f.bulk().remove_lines<ex::Film>(ex::bytes_of(zipped));
  REQUIRE(report.error);
  CHECK(contains(report.error->message, "is compressed"));
  f.api->films = {{"[1]", "a"}, {"film_id,title", "b"}, {"{", "c"}};
  std::istringstream odd("[1]\nfilm_id,title\n{\n");
  CHECK_FALSE(f.bulk().remove_lines<ex::Film>(ex::bytes_of(odd)).error);
  CHECK(f.api->films.empty());
}

TEST_CASE("bulk input - a first line that is wrong in itself is a reject, and the others get through", "[bulk]") {
  for (const char* line : {"nonsense", "{ ]", "7", "\"text\"", R"({"film_id":"f9")", "a,", ",", "{}"}) {
    Fixture f;
    CHECK_FALSE(f.upload(std::string(line) + '\n' + film_lines(2)).error);
    CHECK(f.rejects.size() == 1);
    CHECK(f.api->films.size() == 2);
  }
}

TEST_CASE("bulk input - the reason of a reject names the slip", "[bulk]") {
  const std::string good = R"({"film_id":"f2","title":"a"})";
  CHECK(reason_for(good + ',') == "the record is followed by a comma; remove it, as NDJSON has none between records");
  CHECK(reason_for(good + " , ") == "the record is followed by a comma; remove it, as NDJSON has none between records");
  CHECK(reason_for("\xEF\xBB\xBF" + good) == "the record begins with a byte-order mark; remove it");
  CHECK(reason_for(good + good) == "the record is followed by something else; put each record on a line of its own");
  CHECK(reason_for(good.substr(1)) == "the record is followed by something else; put each record on a line of its own");
  CHECK(reason_for(good.substr(0, 20)) == "the record is not valid JSON");
  CHECK(reason_for(R"({"film_id":"f2","title":7})") == "title must be a string");
}

TEST_CASE("bulk input - a line with a byte-order mark or a comma has its id in its reject", "[bulk]") {
  Fixture f;
  const std::string good = R"({"film_id":"f2","title":"a"})";
  CHECK_FALSE(f.upload(film_lines(1) + "\xEF\xBB\xBF" + good + '\n' + good + ",\n").error);
  REQUIRE(f.rejects.size() == 2);
  for (const auto& reject : f.rejects) CHECK(reject.id == "f2");
}

TEST_CASE("bulk input - padding at the end is no record and no reject", "[bulk]") {
  for (const std::string& end :
       {std::string("\x1A"), std::string("\r\n\x1A"), std::string(3, '\0'), "\n" + std::string(5U << 20U, '\0')}) {
    Fixture f;
    std::string lines = film_lines(2);
    lines.pop_back();
    const auto report = f.upload(lines + end);
    CHECK_FALSE(report.error);
    CHECK(report.read == 2);
    CHECK(report.counts.accepted == 2);
    CHECK(f.rejects.empty());
  }
  Fixture f;  // in the middle it may be records that a crash has lost
  CHECK_FALSE(f.upload(film_lines(1) + std::string(5U << 20U, '\0') + "\n\x1A\n" + film_lines(1)).error);
  CHECK(f.rejects.size() == 2);
}
