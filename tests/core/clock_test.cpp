// SPDX-License-Identifier: MIT
#include <chrono>
#include <condition_variable>
#include <movio/exhibitor/core/clock.hpp>
#include <movio/exhibitor/detail/os/system_clock.hpp>
#include <mutex>
#include <thread>

#include "catch.hpp"

namespace ex = movio::exhibitor;
using namespace std::chrono_literals;
using Steady = ex::Clock::Steady;

TEST_CASE("clock - a deadline is so much later", "[clock]") {
  const Steady now{1h};
  CHECK(ex::detail::deadline_after(now, 1500ms) == now + 1500ms);
  CHECK(ex::detail::deadline_after(now, 0ms) == now);
  CHECK(ex::detail::deadline_after(now, -1ms) == now - 1ms);
}

TEST_CASE("clock - a deadline never passes the end of the clock", "[clock]") {
  const Steady now = ex::SystemClock().now();
  CHECK(ex::detail::deadline_after(now, std::chrono::milliseconds::max()) == Steady::max());
  CHECK(ex::detail::deadline_after(Steady::max() - 1ms, 1h) == Steady::max());
  CHECK(ex::detail::deadline_after(Steady::max(), 0ms) == Steady::max());
  CHECK(ex::detail::deadline_after(Steady{}, std::chrono::milliseconds::max()) == Steady::max());
}

TEST_CASE("clock - the machine's time goes forward and is the time of day", "[clock]") {
  const ex::SystemClock clock;
  const auto steady = clock.now();
  const auto first = clock.moment();
  const auto second = clock.moment();
  CHECK(clock.now() >= steady);
  CHECK(second.uptime >= first.uptime);
  CHECK(first.uptime > 0ns);
  const auto apart = first.wall - std::chrono::system_clock::now();
  CHECK(apart < 1min);
  CHECK(apart > -1min);
}

TEST_CASE("clock - a wait whose time has come returns at once", "[clock]") {
  ex::SystemClock clock;
  std::mutex mutex;
  std::condition_variable changed;
  std::unique_lock<std::mutex> lock(mutex);
  clock.wait_until(lock, changed, clock.now());
  clock.wait_until(lock, changed, clock.now() - 1h);
  CHECK(lock.owns_lock());
}

TEST_CASE("clock - a wait without end is ended by a notification", "[clock]") {
  ex::SystemClock clock;
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  std::unique_lock<std::mutex> lock(mutex);
  std::thread other([&] {
    const std::lock_guard<std::mutex> guard(mutex);
    done = true;
    changed.notify_one();
  });
  while (!done) clock.wait_until(lock, changed, clock.now() + 1h);
  lock.unlock();
  other.join();
  CHECK(done);
}
