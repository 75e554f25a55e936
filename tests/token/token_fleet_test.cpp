// SPDX-License-Identifier: MIT

// Many processes that were started at once, with an issuer that is down at first.
#include <algorithm>
#include <chrono>
#include <memory>
#include <movio/exhibitor/token/provider.hpp>
#include <vector>

#include "catch.hpp"
#include "simulated_issuer.hpp"
#include "simulation.hpp"

namespace ex = movio::exhibitor;
using simulation::Duration;
using simulation::Issuer;
using simulation::Outage;
using simulation::Process;
using simulation::Times;
using namespace std::chrono_literals;

TEST_CASE("token fleet - processes spread their renewals and retries", "[token_fleet]") {
  const auto clock = std::make_shared<simulation::Clock>();
  std::vector<std::unique_ptr<Process>> fleet;
  while (fleet.size() < 40) fleet.push_back(std::make_unique<Process>(clock));
  const auto use_all = [&](Duration pace, Duration length) {
    for (const Duration end = clock->uptime() + length; clock->uptime() < end; clock->run_for(pace)) {
      for (const auto& process : fleet) process->provider.token_async([](const auto&) {}, ex::Clock::Steady::max());
    }
  };
  for (const auto& process : fleet) process->issuer->fail({Outage::Kind::answers_503, 30min});
  use_all(1s, 40min);
  use_all(1min, 23h);

  Times retries;
  Times renewal_ages;
  for (const auto& process : fleet) {
    CHECK(process->faults->text().empty());
    for (const Duration time : process->issuer->dead_requests()) {
      if (time > 5min) retries.push_back(time);
    }
    const auto& minted = process->issuer->minted();
    REQUIRE(minted.size() == 2);
    renewal_ages.push_back(minted[1].begun.uptime - minted[0].begun.uptime);
  }
  std::sort(retries.begin(), retries.end());
  CHECK(simulation::most_within(1s, retries) <= 20);
  const auto [first, last] = std::minmax_element(renewal_ages.begin(), renewal_ages.end());
  CHECK(*first >= Issuer::first_renewal);
  CHECK(*last <= Issuer::last_renewal + 1min);
  CHECK(*last - *first >= 20min);
}
