// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdlib>

#include "catch.hpp"
#include "fleet.hpp"
#include "redis.hpp"

using fleet::Fleet;
using namespace std::chrono_literals;

TEST_CASE("fleet - a member of the fleet", "[.fleet_member]") {
  if (const char* orders = std::getenv(fleet::Orders::variable)) fleet::serve(fleet::Orders::of(orders));
}

TEST_CASE("fleet - a fleet on one Redis costs a token a day, whatever happens to it", "[fleet]") {
  integration::Redis redis({"--appendonly", "yes"});
  Fleet fleet(20, 10, 100ms);
  fleet.orders().redis_url = redis.url();
  const auto crash = [&] { fleet::days_are_long() ? fleet.crash_each(500ms) : fleet.crash(5); };
  const auto restart = [&] { redis.restart(); };
  const auto lose_leases = [&] {
    integration::ask(redis, {"EVAL", "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end",
                             "0", "movio-exhibitor:lease:*"});
  };
  // A process that starts meanwhile would need a token of its own.
  const auto partition = [&] {
    fleet.crash_no_more();
    redis.freeze();
  };
  const double partitioned =
      fleet::days_are_long() ? 1.77 : 1.3;  // the first day's token is renewed about then, or is young
  fleet.live(7, {{0.4, crash},
                 {0.6, restart},
                 {0.9, lose_leases},
                 {partitioned, partition},
                 {partitioned + 2.0 / 24, [&] { redis.thaw(); }},
                 {2.2, crash},
                 {2.8, restart},
                 {3.2, crash},
                 {3.5, [&] { fleet.rotate(); }},
                 {3.9, crash},
                 {4.4, lose_leases},
                 {4.9, crash},
                 {5.3, lose_leases}});
  INFO(fleet.faults());
  CHECK(fleet.faults().empty());
  CHECK(fleet.minted() >= 7);
  CHECK(fleet.minted() <= Fleet::allowed(3.5, 3.5));
}
