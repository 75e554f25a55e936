// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <movio/exhibitor/bulk/detail/batch.hpp>
#include <string>
#include <vector>

#include "catch.hpp"

namespace ex = movio::exhibitor;
using ex::detail::Batch;
using Strings = std::vector<std::string>;

namespace {

/// A batch of records with these ids, closed; the texts are the ids and their places.
Batch batch_of(const Strings& ids) {
  Batch batch;
  std::uint64_t line = 0;
  for (const auto& id : ids) {
    ++line;
    batch.add(line, id + std::to_string(line), id);
  }
  batch.close();
  return batch;
}

Batch batch_of(int count) {
  Strings ids;
  for (int i = 1; i <= count; ++i) ids.push_back('r' + std::to_string(i) + '.');
  return batch_of(ids);
}

std::string body_of(const Batch& batch) { return std::string(batch.body().bytes()); }

/// Accepts whatever is sent next until nothing is left; gives how many records each request had.
std::vector<std::size_t> sizes_of_rest(Batch& batch) {
  std::vector<std::size_t> sizes;
  while (!batch.settled()) {
    sizes.push_back(batch.piece().records.size());
    batch.accepted({});
  }
  return sizes;
}
using Sizes = std::vector<std::size_t>;

}  // namespace

TEST_CASE("batch - a piece of which the API names every record is halved", "[batch]") {
  auto batch = batch_of({"a", "b", "c", "d"});
  batch.refused({"no"}, {"a", "b", "c", "d"});
  CHECK(sizes_of_rest(batch) == Sizes{2, 2});
  CHECK(batch.counts().accepted == 4);
}

TEST_CASE("batch - suspects are sent by themselves", "[batch]") {
  auto batch = batch_of({"a", "b", "c", "d", "e"});
  batch.refused({"no"}, {"b", "d", "b", "unknown"});
  CHECK(body_of(batch) == "[b2,d4]");
  batch.refused({"no"}, {"b", "d"});
  CHECK(body_of(batch) == "[b2]");
  batch.refused({"no"}, {"b"});
  CHECK(body_of(batch) == "[d4]");
  batch.refused({"no"}, {"d"});
  CHECK(body_of(batch) == "[a1,c3,e5]");
  batch.refused({"no"}, {"c"});  // it names one at a time
  CHECK(body_of(batch) == "[c3]");
  batch.refused({"no"}, {"c"});
  CHECK(sizes_of_rest(batch) == Sizes{2});
  CHECK(batch.rejects().size() == 3);
}

TEST_CASE("batch - whoever names good records is believed once", "[batch]") {
  for (const std::size_t named : {std::size_t{1}, std::size_t{400}, std::size_t{999}}) {
    CAPTURE(named);
    auto batch = batch_of(1000);
    int requests = 0;
    while (!batch.settled()) {
      ++requests;
      const std::string body = body_of(batch);
      if (body.find("r777.") == std::string::npos) {
        batch.accepted({});
        continue;
      }
      Strings names;  // of the good ones, the first that are in the request
      for (int i = 1; i <= 1000 && names.size() < named; ++i) {
        const std::string id = 'r' + std::to_string(i) + '.';
        if (i != 777 && body.find(id) != std::string::npos) names.push_back(id);
      }
      batch.refused({"no"}, names);
    }
    CHECK(requests <= 23);
    CHECK(batch.counts().accepted == 999);
    CHECK(batch.rejects().size() == 1);
  }
}

TEST_CASE("batch - refused records count as bytes of it", "[batch]") {
  Batch batch;
  batch.refuse(1, "0123456789", "", "no");
  CHECK(batch.bytes() == 10);
  batch.add(2, "0123456789", "id");
  CHECK(batch.bytes() == 21);
}

TEST_CASE("batch - says which lines a piece is of", "[batch]") {
  auto batch = batch_of(3);
  CHECK(batch.lines() == "lines 1 to 3");
  batch.refused({"no"}, {});
  CHECK(batch.lines() == "line 1");
}

TEST_CASE("batch - a failure without an explanation is repeated once, and then halved", "[batch]") {
  auto batch = batch_of(4);
  batch.sent();
  batch.failed({"500"}, 1);
  CHECK(batch.piece().records.size() == 4);
  batch.sent();
  batch.failed({"500"}, 1);
  CHECK(body_of(batch) == "[r1.1,r2.2]");
  batch.sent();
  CHECK(sizes_of_rest(batch) == Sizes{2, 2});
  CHECK(batch.counts().retried == 1);
}

TEST_CASE("batch - what failed without an explanation waits for the other pieces", "[batch]") {
  auto batch = batch_of(8);
  batch.failed({"500"}, 1);
  batch.failed({"500"}, 1);
  CHECK(body_of(batch) == "[r1.1,r2.2,r3.3,r4.4]");
  batch.failed({"500"}, 1);
  CHECK(body_of(batch) == "[r5.5,r6.6,r7.7,r8.8]");
  batch.accepted({});
  CHECK(body_of(batch) == "[r1.1,r2.2]");
}

TEST_CASE("batch - a record that fails while others succeed is rejected", "[batch]") {
  for (const int poison : {1, 3, 8}) {
    CAPTURE(poison);
    auto batch = batch_of(8);
    std::uint64_t successes = 1;
    int requests = 0;
    const std::string text = 'r' + std::to_string(poison) + '.';
    while (!batch.settled()) {
      REQUIRE(++requests < 20);
      if (body_of(batch).find(text) != std::string::npos) {
        batch.failed({"it failed"}, successes);
      } else {
        batch.accepted({});
        ++successes;
      }
    }
    CHECK(batch.counts().accepted == 7);
    REQUIRE(batch.rejects().size() == 1);
    CHECK(batch.rejects()[0].line == static_cast<std::uint64_t>(poison));
    CHECK(batch.rejects()[0].messages == Strings{"it failed"});
  }
}

TEST_CASE("batch - a record alone is rejected after six failures, if another request succeeded between", "[batch]") {
  auto batch = batch_of(1);
  for (std::uint64_t i = 1; i <= 5; ++i) batch.failed({"500"}, i);
  CHECK(batch.rejects().empty());
  batch.failed({"500"}, 5);
  CHECK(batch.settled());
  CHECK(batch.rejects().size() == 1);
}

TEST_CASE("batch - a record is rejected after three failures alone, however often it failed in company", "[batch]") {
  auto batch = batch_of(1000);
  std::uint64_t successes = 1;
  int alone = 0;
  while (batch.rejects().empty()) {
    if (batch.piece().records.size() == 1 && batch.id() == "r1.") ++alone;
    if (body_of(batch).find("r1.") != std::string::npos) {
      batch.failed({"500"}, ++successes);
    } else {
      batch.accepted({});
    }
  }
  CHECK(alone == 3);
  CHECK(batch.rejects()[0].id == "r1.");
}

TEST_CASE("batch - an outage rejects no record, however long it lasts", "[batch]") {
  auto batch = batch_of(5);
  for (int i = 0; i < 1000; ++i) batch.failed({"500"}, 7);
  CHECK(batch.rejects().empty());
  CHECK(sizes_of_rest(batch) == Sizes{1, 1, 1, 1, 1});
}

TEST_CASE("batch - an answer of the API ends a row of failures", "[batch]") {
  auto batch = batch_of(2);
  batch.failed({"500"}, 1);
  batch.refused({"no"}, {});
  for (std::uint64_t i = 2; i <= 6; ++i) batch.failed({"500"}, i);
  CHECK(batch.rejects().empty());
}

TEST_CASE("batch - the earlier record of an id goes out when the later one keeps failing", "[batch]") {
  auto batch = batch_of({"x", "x"});
  CHECK(body_of(batch) == "[x2]");
  for (std::uint64_t i = 1; i <= 6; ++i) batch.failed({"500"}, i);
  CHECK(body_of(batch) == "[x1]");
  CHECK(batch.counts().superseded == 0);
}

TEST_CASE("batch - an id that the API does not have is counted apart", "[batch]") {
  auto batch = batch_of(1);
  batch.absent();
  CHECK(batch.settled());
  CHECK(batch.counts().absent == 1);
  CHECK(batch.counts().accepted == 0);
}
