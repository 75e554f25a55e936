#include <chrono>
#include <future>
#include <movio/exhibitor/token/detail/callback_gate.hpp>

#include "catch.hpp"
#include "fixtures.hpp"

using movio::exhibitor::detail::Gate;
using namespace std::chrono_literals;

TEST_CASE("gate - lets in until it is closed", "[gate]") {
  Gate gate;
  CHECK(Gate::Pass(gate));
  gate.close();
  CHECK_FALSE(Gate::Pass(gate));
}

TEST_CASE("gate - closing waits for those inside, but not for its own thread", "[gate]") {
  Gate gate;
  const Gate::Pass own(gate);
  const Gate::Pass own_again(gate);
  std::promise<void> inside;
  std::promise<void> go_on;
  auto other = std::async(std::launch::async, [&] {
    const Gate::Pass pass(gate);
    inside.set_value();
    go_on.get_future().wait();
  });
  inside.get_future().wait();
  auto opener = std::async(std::launch::async, [&] {
    fixtures::await([&] { return !Gate::Pass(gate); });  // until the closing has begun
    const bool waits = other.wait_for(10ms) == std::future_status::timeout;
    go_on.set_value();
    return waits;
  });
  gate.close();
  CHECK(other.wait_for(10s) == std::future_status::ready);
  CHECK(fixtures::outcome(opener));
}
