// SPDX-License-Identifier: MIT
#include <chrono>
#include <memory>
#include <movio/exhibitor.hpp>
#include <movio/exhibitor/curl/detail/connections.hpp>
#include <movio/exhibitor/curl/detail/lifetime.hpp>

#include "catch.hpp"

namespace ex = movio::exhibitor;
using namespace std::chrono_literals;

namespace {

/// A renewal with a clock of its own; which requests are connected the test says.
class RenewalScene {
 public:
  using Id = ex::detail::CurlRenewal::Id;
  using Connections = std::shared_ptr<ex::detail::CurlConnections>;

  explicit RenewalScene(std::chrono::milliseconds age) {
    ex::detail::CurlLifetime::instance().initialise();
    options.max_connection_age = age;
  }
  Connections begin(Id id) { return renewal.connections_for(id, now); }
  void perform(Id connected) {
    renewal.performed([connected](Id id) { return id == connected; }, now);
  }

  ex::CurlOptions options;
  ex::detail::CurlRenewal renewal{options};
  ex::detail::CurlRenewal::Time now{1h};
};

}  // namespace

TEST_CASE("curl renewal - one request makes new connections when the old ones are too old", "[curl_renewal]") {
  RenewalScene scene(10min);
  const auto old = scene.begin(1);
  REQUIRE(old);
  scene.now += 10min - 1ns;
  CHECK(scene.begin(2) == old);
  CHECK_FALSE(scene.renewal.renews(2));
  scene.now += 1ns;
  const auto made = scene.begin(3);
  CHECK(made != old);
  CHECK(scene.renewal.renews(3));
  CHECK(scene.begin(4) == old);
  scene.perform(4);
  CHECK(scene.begin(5) == old);
  scene.perform(3);
  CHECK(scene.begin(6) == made);
  CHECK_FALSE(scene.renewal.renews(3));
  scene.now += 10min - 1ns;
  CHECK(scene.begin(7) == made);
  scene.now += 1ns;
  CHECK(scene.begin(8) != made);
}

TEST_CASE("curl renewal - an answer proves a connection, too", "[curl_renewal]") {
  RenewalScene scene(10min);
  const auto old = scene.begin(1);
  scene.now += 10min;
  const auto made = scene.begin(2);
  scene.renewal.leave(1, true, scene.now);
  CHECK(scene.begin(3) == old);
  scene.renewal.leave(2, true, scene.now);
  CHECK(scene.begin(3) == made);
}

TEST_CASE("curl renewal - a request that comes to nothing leaves the old connections in use for a while",
          "[curl_renewal]") {
  RenewalScene scene(10min);
  const auto old = scene.begin(1);
  scene.now += 10min;
  CHECK(scene.begin(2) != old);
  scene.now += 10s;
  scene.renewal.leave(2, false, scene.now);
  CHECK(scene.begin(3) == old);
  scene.now += 1min - 1ns;
  CHECK(scene.begin(4) == old);
  scene.now += 1ns;
  const auto made = scene.begin(5);
  CHECK(made != old);
  scene.perform(5);
  CHECK(scene.begin(6) == made);
}

TEST_CASE("curl renewal - the old connections end with their last transfer", "[curl_renewal]") {
  RenewalScene scene(10min);
  auto in_use = scene.begin(1);
  const std::weak_ptr<ex::detail::CurlConnections> old = in_use;
  scene.now += 10min;
  scene.begin(2);
  scene.perform(2);
  CHECK_FALSE(old.expired());
  in_use.reset();
  CHECK(old.expired());
}

TEST_CASE("curl renewal - without a bound connections are never too old", "[curl_renewal]") {
  RenewalScene scene(GENERATE(0ms, -1ms, std::chrono::milliseconds::min(), std::chrono::milliseconds::max()));
  const auto first = scene.begin(1);
  scene.now += 24h * 364;
  CHECK(scene.begin(2) == first);
}
