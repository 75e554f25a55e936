// SPDX-License-Identifier: MIT
#include <memory>
#include <movio/exhibitor/detail/os/fork_local.hpp>
#include <mutex>

#include "catch.hpp"
#include "fixtures.hpp"
#include "forking.hpp"

using forking::in_child;
using movio::exhibitor::detail::ForkLocal;

namespace {

struct Thing {
  explicit Thing(const Thing* of_parent) : parents(of_parent) {}
  ~Thing() { ++destroyed; }

  const Thing* parents;
  std::mutex mutex;
  inline static int destroyed = 0;
};

std::unique_ptr<ForkLocal<Thing>> make_holder() {
  return std::make_unique<ForkLocal<Thing>>([](const Thing* parents) { return std::make_shared<Thing>(parents); });
}

}  // namespace

TEST_CASE("fork local - is made once, and goes with its holder", "[per_process]") {
  Thing::destroyed = 0;
  auto holder = make_holder();
  Thing* const own = holder->own();
  REQUIRE(own != nullptr);
  CHECK(own->parents == nullptr);
  CHECK(holder->get() == own);
  CHECK(holder->get() == own);
  holder.reset();
  CHECK(Thing::destroyed == 1);
}

TEST_CASE("fork local - a child makes its own, and can see the parent's, locked as it may be", "[per_process]") {
  auto holder = make_holder();
  Thing* const parents = holder->own();
  const std::lock_guard<std::mutex> lock(parents->mutex);
  CHECK(in_child([&] {
    const bool none_yet = holder->own() == nullptr;
    Thing* const mine = holder->get();
    const std::lock_guard<std::mutex> not_the_parents(mine->mutex);
    return none_yet && mine != parents && mine->parents == parents && holder->own() == mine;
  }));
  CHECK(holder->own() == parents);
}

TEST_CASE("fork local - a child destroys what it has made, and never what the parent has", "[per_process]") {
  auto holder = make_holder();
  CHECK(in_child([&] {
    Thing::destroyed = 0;
    holder.reset();
    return Thing::destroyed == 0;
  }));
  CHECK(in_child([&] {
    Thing::destroyed = 0;
    static_cast<void>(holder->get());
    holder.reset();
    return Thing::destroyed == 1;
  }));
}

TEST_CASE("fork local - a child of a child makes its own as well", "[per_process]") {
  const auto holder = make_holder();
  CHECK(in_child([&] {
    const Thing* const mine = holder->get();
    return in_child([&] { return holder->get()->parents == mine; }) && holder->get() == mine;
  }));
}

TEST_CASE("fork local - threads of a child agree on one", "[per_process]") {
  const auto holder = make_holder();
  CHECK(in_child([&] {
    for (const Thing* one : fixtures::in_threads(8, [&] { return holder->get(); })) {
      if (one != holder->own()) return false;
    }
    return true;
  }));
}
