#include <atomic>
#include <memory>
#include <movio/exhibitor/token/detail/shelf.hpp>
#include <thread>

#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using ex::detail::TokenShelf;
using fixtures::token_named;

TEST_CASE("token shelf - gives what was put, from every thread", "[token_shelf]") {
  TokenShelf shelf;
  CHECK_FALSE(shelf.take());
  const auto token = token_named("a");
  shelf.put(token);
  const auto taken = fixtures::in_threads(32, [&] { return shelf.take(); });
  for (const auto& one : taken) CHECK((one && one->same_as(token) && one->reveal() == "a"));
}

TEST_CASE("token shelf - what is put takes the place of what was there, and clearing leaves nothing", "[token_shelf]") {
  TokenShelf shelf;
  shelf.put(token_named("a"));
  shelf.put(token_named("b"));
  CHECK(shelf.take()->reveal() == "b");
  shelf.clear();
  for (const auto& one : fixtures::in_threads(32, [&] { return shelf.take(); })) CHECK_FALSE(one);
}

TEST_CASE("token shelf - no thread keeps a token alive that was taken off it", "[token_shelf]") {
  TokenShelf shelf;
  std::weak_ptr<const ex::Secret> line;
  {
    const auto token = token_named("a");
    line = token.authorization_line();
    shelf.put(token);
  }
  std::atomic<bool> stay{true};
  std::atomic<int> idle{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      static_cast<void>(shelf.take());
      ++idle;
      while (stay) std::this_thread::yield();
    });
  }
  fixtures::await([&] { return idle == 4; });
  CHECK_FALSE(line.expired());
  shelf.clear();
  CHECK(line.expired());
  stay = false;
  for (auto& thread : threads) thread.join();
}

TEST_CASE("token shelf - what was taken stays good when the shelf is cleared", "[token_shelf]") {
  TokenShelf shelf;
  shelf.put(token_named("a"));
  const auto taken = shelf.take();
  shelf.clear();
  CHECK(taken->authorization() == "Bearer a");
}

TEST_CASE("token shelf - the token can be salvaged", "[token_shelf]") {
  TokenShelf shelf;
  CHECK_FALSE(shelf.salvage());
  shelf.put(token_named("a"));
  CHECK(shelf.salvage()->reveal() == "a");
}
