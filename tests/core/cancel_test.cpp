// SPDX-License-Identifier: MIT
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <movio/exhibitor/core/cancel.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"

namespace ex = movio::exhibitor;

namespace {

void wait_for(const std::atomic<bool>& flag) {
  while (!flag) std::this_thread::yield();
}

}  // namespace

TEST_CASE("cancel - a token learns of it, and so do its copies", "[cancel]") {
  const ex::CancelSource source;
  const ex::CancelToken token = source.token();
  const ex::CancelToken copy = token;  // NOLINT(performance-unnecessary-copy-initialization): that is the test
  CHECK_FALSE(token.cancelled());
  source.cancel();
  CHECK(token.cancelled());
  CHECK(copy.cancelled());
  CHECK(source.token().cancelled());
}

TEST_CASE("cancel - a default token never fires", "[cancel]") {
  bool called = false;
  const ex::CancelToken token;
  {
    const ex::CancelRegistration registration(token, [&called] { called = true; });
  }
  CHECK_FALSE(token.cancelled());
  CHECK_FALSE(called);
}

TEST_CASE("cancel - destroying the source cancels nothing", "[cancel]") {
  std::optional<ex::CancelSource> source(std::in_place);
  const ex::CancelToken token = source->token();
  bool called = false;
  const ex::CancelRegistration registration(token, [&called] { called = true; });
  source.reset();
  CHECK_FALSE(token.cancelled());
  CHECK_FALSE(called);
}

TEST_CASE("cancel - a callback runs once, however often one cancels", "[cancel]") {
  const ex::CancelSource source;
  int calls = 0;
  const ex::CancelRegistration registration(source.token(), [&calls] { ++calls; });
  CHECK(calls == 0);
  source.cancel();
  source.cancel();
  CHECK(calls == 1);
}

TEST_CASE("cancel - a callback runs at once when it was cancelled before", "[cancel]") {
  const ex::CancelSource source;
  source.cancel();
  int calls = 0;
  const ex::CancelRegistration registration(source.token(), [&calls] { ++calls; });
  CHECK(calls == 1);
  source.cancel();
  CHECK(calls == 1);
}

TEST_CASE("cancel - a callback whose registration is gone does not run", "[cancel]") {
  const ex::CancelSource source;
  int gone = 0;
  int kept = 0;
  const ex::CancelRegistration first(source.token(), [&kept] { ++kept; });
  {
    const ex::CancelRegistration second(source.token(), [&gone] { ++gone; });
  }
  const ex::CancelRegistration third(source.token(), [&kept] { ++kept; });
  source.cancel();
  CHECK(gone == 0);
  CHECK(kept == 2);
}

TEST_CASE("cancel - the registration's destructor waits for a callback that runs in another thread", "[cancel]") {
  const ex::CancelSource source;
  std::atomic<bool> inside{false};
  std::atomic<bool> leaving{false};
  bool ended = false;  // not atomic: the wait itself must put it in order, and the thread sanitizer looks
  std::optional<ex::CancelRegistration> registration;
  registration.emplace(source.token(), [&] {
    inside = true;
    wait_for(leaving);
    for (int i = 0; i < 2000; ++i) std::this_thread::yield();  // time for a destructor that does not wait
    ended = true;
  });
  std::thread canceller([&source] { source.cancel(); });
  wait_for(inside);
  leaving = true;
  registration.reset();
  CHECK(ended);
  canceller.join();
}

TEST_CASE("cancel - a destructor does not wait for the callback of another registration", "[cancel]") {
  const ex::CancelSource source;
  std::atomic<bool> inside{false};
  std::atomic<bool> free{false};
  const ex::CancelRegistration slow(source.token(), [&] {
    inside = true;
    wait_for(free);
  });
  std::optional<ex::CancelRegistration> other;
  bool called = false;
  other.emplace(source.token(), [&called] { called = true; });
  std::thread canceller([&source] { source.cancel(); });
  wait_for(inside);
  other.reset();  // would hang here
  free = true;
  canceller.join();
  CHECK_FALSE(called);
}

TEST_CASE("cancel - a callback may end its own registration, and another's", "[cancel]") {
  const ex::CancelSource source;
  std::optional<ex::CancelRegistration> own;
  std::optional<ex::CancelRegistration> later;
  std::string order;
  own.emplace(source.token(), [&] {
    own.reset();
    later.reset();
    order += "own";  // what the callback has captured is still there
  });
  later.emplace(source.token(), [&order] { order += "later"; });
  source.cancel();
  CHECK(order == "own");
  CHECK_FALSE(own);
}

TEST_CASE("cancel - a callback may register another, which runs at once, and cancel again", "[cancel]") {
  const ex::CancelSource source;
  std::optional<ex::CancelRegistration> inner;
  int calls = 0;
  const ex::CancelRegistration outer(source.token(), [&] {
    inner.emplace(source.token(), [&calls] { ++calls; });
    source.cancel();
    ++calls;
  });
  source.cancel();
  CHECK(calls == 2);
}

TEST_CASE("cancel - a callback may hold the last reference to what owns its registration", "[cancel]") {
  struct Call {
    std::optional<ex::CancelRegistration> registration;
  };
  const ex::CancelSource source;
  auto call = std::make_shared<Call>();
  const std::weak_ptr<Call> watch = call;
  call->registration.emplace(source.token(), [call] {});
  call.reset();
  CHECK_FALSE(watch.expired());
  source.cancel();  // destroys the callback, with it the call, with it the registration: no lock may be held then
  CHECK(watch.expired());
}

TEST_CASE("cancel - ending a registration destroys its callback under no lock", "[cancel]") {
  const ex::CancelSource source;
  auto inner = std::make_shared<ex::CancelRegistration>(source.token(), [] {});
  std::optional<ex::CancelRegistration> outer;
  outer.emplace(source.token(), [held = std::move(inner)] {});
  outer.reset();  // destroys the callback, with it the inner registration
  source.cancel();
  CHECK(source.token().cancelled());
}

TEST_CASE("cancel - cancelling from many threads runs each callback once", "[cancel]") {
  constexpr std::size_t count = 64;
  const ex::CancelSource source;
  std::array<std::atomic<int>, count> calls{};
  std::vector<std::unique_ptr<ex::CancelRegistration>> registrations;
  for (auto& counter : calls) {
    registrations.push_back(std::make_unique<ex::CancelRegistration>(source.token(), [&counter] { ++counter; }));
  }
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      wait_for(go);
      source.cancel();
    });
  }
  go = true;
  for (auto& thread : threads) thread.join();
  for (const auto& counter : calls) CHECK(counter == 1);
}

TEST_CASE("cancel - threads that register and leave while it is cancelled see each callback once or never",
          "[cancel]") {
  const ex::CancelSource source;
  std::atomic<int> wrong{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      wait_for(go);
      for (int round = 0; round < 500; ++round) {
        int calls = 0;  // lives shorter than the source: a late callback would write to a dead frame
        {
          const ex::CancelRegistration registration(source.token(), [&calls] { ++calls; });
        }
        if (calls > 1) ++wrong;
      }
    });
  }
  threads.emplace_back([&] {
    wait_for(go);
    for (int i = 0; i < 200; ++i) std::this_thread::yield();
    source.cancel();
  });
  go = true;
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}
