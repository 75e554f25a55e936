// SPDX-License-Identifier: MIT
#include <chrono>

#include "catch.hpp"
#include "fleet.hpp"

using fleet::Fleet;
using namespace std::chrono_literals;

TEST_CASE("fleet - processes on one file store cost a token a day, whatever is killed", "[fleet]") {
  Fleet fleet(64, 1, 0ms);
  fleet.orders().directory = fleet.path("tokens");
  fleet.live(4.4, {{0.2, [&] { fleet.crash_each(50ms); }}});
  INFO(fleet.faults());
  CHECK(fleet.faults().empty());
  CHECK(fleet.minted() >= 4);
  CHECK(fleet.minted() <= Fleet::allowed(4.4, 0));
}
