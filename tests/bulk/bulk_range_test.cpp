// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <movio/exhibitor/bulk/bulk.hpp>
#include <movio/exhibitor/bulk/detail/batcher.hpp>
#include <movio/exhibitor/bulk/detail/record_source.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bulk_fixture.hpp"
#include "catch.hpp"

namespace ex = movio::exhibitor;
using bulk::Fixture;
using Films = std::map<std::string, std::string>;

namespace {

/// Makes each element when it is looked at, and keeps none.
template <class Element>
class Made {
 public:
  class Iterator {
   public:
    Iterator(Element (*make)(int), int number) : make_(make), number_(number) {}
    Element operator*() const { return make_(number_); }
    Iterator& operator++() {
      ++number_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return number_ != other.number_; }

   private:
    Element (*make_)(int);
    int number_;
  };

  Made(Element (*make)(int), int count) : make_(make), count_(count) {}
  [[nodiscard]] Iterator begin() const { return {make_, 0}; }
  [[nodiscard]] Iterator end() const { return {make_, count_}; }

 private:
  Element (*make_)(int);
  int count_;
};

/// Words of a stream, of which the iterator holds one at a time.
struct Words {
  std::istream& in;
  [[nodiscard]] std::istream_iterator<std::string> begin() const { return std::istream_iterator<std::string>(in); }
  [[nodiscard]] std::istream_iterator<std::string> end() const { return {}; }
};

std::string long_id(int number) {
  return "an id too long to be kept in the string itself, number " + std::to_string(number);
}

}  // namespace

TEST_CASE("bulk range - records that are made as they are looked at", "[bulk]") {
  Fixture f;
  f.options.batch_size = 2;
  const Made<ex::Film> films([](int number) { return ex::Film{long_id(number), "made"}; }, 5);
  CHECK(f.bulk().upsert(films).counts.accepted == 5);
  CHECK(f.api->films.size() == 5);
  const auto report = f.bulk().remove<ex::Film>(Made<std::string>(long_id, 5));
  CHECK(report.counts.accepted == 5);
  CHECK(f.api->films.empty());
}

TEST_CASE("bulk range - ids that the iterator holds", "[bulk]") {
  Fixture f;
  f.api->films = {{long_id(1), "a"}, {long_id(2), "b"}, {"f3", "c"}};
  std::string text = "f3";
  const std::set<const char*> pointers{text.c_str()};
  CHECK(f.bulk().remove<ex::Film>(pointers).counts.accepted == 1);
  CHECK(f.api->films == Films{{long_id(1), "a"}, {long_id(2), "b"}});
  std::istringstream in("f1 f2 f1");
  f.api->films = {{"f1", "a"}, {"f2", "b"}, {"f3", "c"}};
  const auto report = f.bulk().remove<ex::Film>(Words{in});
  CHECK(report.read == 3);
  CHECK(f.api->films == Films{{"f3", "c"}});
}

TEST_CASE("bulk range - nothing in it", "[bulk]") {
  const Fixture f;
  const auto report = f.bulk().upsert(std::vector<ex::Film>());
  CHECK_FALSE(report.error);
  CHECK(report.read == 0);
}

TEST_CASE("bulk range - a source that has ended is not asked again", "[bulk]") {
  const int records = GENERATE(0, 1, 2, 3);
  CAPTURE(records);
  Fixture f;
  f.options.batch_size = 2;
  ex::Film film;
  int asked = 0;
  const auto next_film = [&]() -> const ex::Film* {
    film = {long_id(++asked), "a cursor that begins anew at its end"};
    return asked == records + 1 ? nullptr : &film;
  };
  CHECK(f.bulk().upsert_each<ex::Film>(next_film).read == static_cast<std::uint64_t>(records));
  CHECK(asked == records + 1);

  asked = 0;
  const auto next_bytes = [&](char* into, std::size_t room) -> ex::Result<std::size_t> {
    return ++asked == records + 1 ? 0 : (long_id(asked) + '\n').copy(into, room);
  };
  CHECK(f.bulk().remove_lines<ex::Film>(next_bytes).read == static_cast<std::uint64_t>(records));
  CHECK(asked == records + 1);

  asked = 0;
  std::string id;
  ex::detail::IdSource ids([&]() -> std::optional<std::string_view> {
    id = long_id(++asked);
    return asked == records + 1 ? std::nullopt : std::optional<std::string_view>(id);
  });
  ex::detail::Batcher batcher(ids, 2, 1000);
  CHECK(batcher.first_checksum());
  while (*batcher.next_batch()) {
  }
  CHECK_FALSE(*batcher.next_batch());
  CHECK(asked == records + 1);
}
