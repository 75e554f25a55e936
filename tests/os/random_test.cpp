// SPDX-License-Identifier: MIT
#include <cstdint>
#include <movio/exhibitor/detail/os/random.hpp>
#include <set>

#include "catch.hpp"

namespace detail = movio::exhibitor::detail;

TEST_CASE("random - every bit is 0 now and 1 then, and no number comes twice", "[os]") {
  std::uint64_t ones = 0;
  std::uint64_t zeros = 0;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t bits = detail::random_bits();
    ones |= bits;
    zeros |= ~bits;
    seen.insert(bits);
  }
  CHECK(~ones == 0U);
  CHECK(~zeros == 0U);
  CHECK(seen.size() == 1000U);
}

TEST_CASE("random - a chance is from 0 to 1, evenly", "[os]") {
  int low = 0;
  for (int i = 0; i < 1000; ++i) {
    const double chance = detail::chance();
    REQUIRE(chance >= 0);
    REQUIRE(chance < 1);
    if (chance < 0.5) ++low;
  }
  CHECK(low > 350);  // 9 standard deviations from the mean
  CHECK(low < 650);
}
