// SPDX-License-Identifier: MIT
#include <chrono>
#include <future>
#include <movio/exhibitor/token/detail/callback_gate.hpp>

#include "background.hpp"
#include "catch.hpp"
#include "fixtures.hpp"

using movio::exhibitor::detail::CallbackGate;
using namespace std::chrono_literals;

TEST_CASE("callback gate - lets in until it is closed", "[callback_gate]") {
  CallbackGate gate;
  CHECK(CallbackGate::Pass(gate));
  gate.close();
  CHECK_FALSE(CallbackGate::Pass(gate));
}

TEST_CASE("callback gate - closing waits for those inside, but not for its own thread", "[callback_gate]") {
  CallbackGate gate;
  const CallbackGate::Pass own(gate);
  const CallbackGate::Pass own_again(gate);
  std::promise<void> inside;
  std::promise<void> go_on;
  auto other = support::in_background([&] {
    const CallbackGate::Pass pass(gate);
    inside.set_value();
    go_on.get_future().wait();
  });
  inside.get_future().wait();
  auto opener = support::in_background([&] {
    fixtures::await([&] { return !CallbackGate::Pass(gate); });  // until the closing has begun
    const bool waits = other.wait_for(10ms) == std::future_status::timeout;
    go_on.set_value();
    return waits;
  });
  gate.close();
  CHECK(other.wait_for(10s) == std::future_status::ready);
  CHECK(fixtures::outcome(opener));
}

TEST_CASE("callback gate - knows the threads that are inside", "[callback_gate]") {
  CallbackGate gate;
  CHECK_FALSE(gate.inside());
  {
    const CallbackGate::Pass outer(gate);
    {
      const CallbackGate::Pass inner(gate);
      CHECK(gate.inside());
    }
    CHECK(gate.inside());
    bool other_inside = true;
    std::thread([&] { other_inside = gate.inside(); }).join();
    CHECK_FALSE(other_inside);
  }
  CHECK_FALSE(gate.inside());
}
