// SPDX-License-Identifier: MIT
#include <chrono>
#include <movio/exhibitor/bulk/bulk.hpp>
#include <movio/exhibitor/records/detail/writer.hpp>
#include <movio/exhibitor/records/json.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bulk_fixture.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using bulk::film_line;
using bulk::Fixture;
using nlohmann::json;
using support::content_of;
using Messages = std::vector<std::string>;

TEST_CASE("bulk rejects - of structs too have the id, the reason and the record", "[bulk]") {
  Fixture f;
  f.options.rejects = f.directory.path("rejects");
  ex::Film film{"f2", "J\xfcrgen"};
  film.other = {{"title", {"1"}}, {"x\xff", {"[1"}}, {"y", {"{}"}}};
  CHECK_FALSE(f.bulk().upsert(std::vector<ex::Film>{{"f1", "good"}, film, {"", "no id"}}).error);
  REQUIRE(f.rejects.size() == 2);
  CHECK(f.rejects[0].id == "f2");
  CHECK(f.rejects[0].messages == Messages{"title is not UTF-8"});
  CHECK(f.rejects[0].record == "{\"film_id\":\"f2\",\"title\":\"J\xEF\xBF\xBDrgen\",\"x\xEF\xBF\xBD\":null,\"y\":{}}");
  CHECK(f.rejects[1].id.empty());
  CHECK(f.rejects[1].record == R"({"film_id":"","title":"no id"})");
  const std::string file = content_of(f.options.rejects);
  const std::string second =
      R"({"line":3,"id":"","messages":["film_id must not be empty"],"record":"{\"film_id\":\"\",\"title\":\"no id\"}"})";
  CHECK(file.substr(file.find('\n') + 1) == second + '\n');
}

TEST_CASE("bulk rejects - a draft holds everything that can be written", "[bulk]") {
  Fixture f;
  ex::Member member{"m1", ex::Gender::female, ex::MemberStatus::activated};
  member.issued_at = std::chrono::system_clock::time_point::max();
  member.email = "anna@example.org";
  ex::Transaction sale{"t1", "m1", ""};
  sale.transaction_lines.emplace_back(ex::RawJson{"7"});
  std::string text;
  ex::detail::RecordWriter(text).write_draft(sale);
  const json draft = json::parse(text);
  CHECK(draft["transaction_id"] == "t1");
  CHECK(draft["transactionLines"] == json{7});
  CHECK_FALSE(ex::write_record(sale));
  text.clear();
  ex::detail::RecordWriter(text).write_draft(member);
  CHECK(json::parse(text)["email"] == "anna@example.org");
}

TEST_CASE("bulk rejects - of lines have the id wherever it stands", "[bulk]") {
  Fixture f;
  const Messages lines{R"({"title":7,"film_id":"f1"})",
                       R"({"f\u0069lm_id":"f\u0032","title":7})",
                       R"({"title":7,"film_id":"f3"},)",
                       R"({"title":7})",
                       R"({"title":7,"film_id":4})",
                       R"({"title":,"film_id":"f5"})",
                       R"({"film_id":"f6)",
                       R"(["film_id","f7"])"};
  std::string text = film_line("f0", "good");
  for (const auto& line : lines) text += line + '\n';
  CHECK_FALSE(f.upload(text).error);
  Messages ids;
  for (const auto& reject : f.rejects) ids.push_back(reject.id);
  CHECK(ids == Messages{"f1", "f2", "f3", "", "", "", "", ""});
}

TEST_CASE("bulk rejects - of ids have the id, and of lines that are too long none", "[bulk]") {
  Fixture f;
  CHECK_FALSE(f.bulk().remove<ex::Film>(Messages{"a/.."}).error);
  CHECK_FALSE(f.upload(R"({"film_id":"f1","title":")" + std::string(5U << 20U, 'x') + "\"}\n").error);
  REQUIRE(f.rejects.size() == 2);
  CHECK(f.rejects[0].id == "a/..");
  CHECK(f.rejects[1].id.empty());
}

TEST_CASE("bulk rejects - say what the API says, without its JSON", "[bulk]") {
  const auto messages_for = [](const std::string& answer) {
    Fixture f;
    f.api->judge = [&](const ex::TransportRequest&) {
      return ex::json_response(400, R"({"message":"Bulk request failed","entities":)" + answer + '}');
    };
    CHECK_FALSE(f.upload(film_line("f1", "a")).error);
    REQUIRE(f.rejects.size() == 1);
    CHECK(f.rejects[0].id == "f1");
    return f.rejects[0].messages;
  };
  CHECK(messages_for(R"([{"film_id":"f1","errors":["no title","no\nrating"]}])") == Messages{"no title", "no rating"});
  CHECK(messages_for(R"([{"error":{"message":"too old"}},"and more"])") == Messages{"too old", "and more"});
  CHECK(messages_for(R"([{"film_id":"f1","title":"odd"}])") == Messages{R"({"film_id":"f1","title":"odd"})"});
  for (const char* nothing : {"[]", "[{}]", "7"}) {
    const auto messages = messages_for(nothing);
    CHECK(messages == Messages{"HTTP 400: Bulk request failed"});
  }
}
