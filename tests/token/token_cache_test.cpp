// SPDX-License-Identifier: MIT
#include <atomic>
#include <memory>
#include <movio/exhibitor/token/detail/cache.hpp>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using ex::detail::TokenCache;
using fixtures::begun;
using fixtures::later;
using fixtures::token_named;
using namespace std::chrono_literals;

namespace {

bool holds(const TokenCache& cache, const ex::AccessToken& token, const ex::Moment& now = begun()) {
  const auto* held = cache.usable(now);
  return held != nullptr && held->same_as(token);
}

}  // namespace

TEST_CASE("token cache - gives the token until it is about to expire", "[token_cache]") {
  TokenCache cache;
  CHECK(cache.usable(begun()) == nullptr);
  const auto token = token_named("a", 1h);
  cache.store(token);
  CHECK(holds(cache, token));
  CHECK(holds(cache, token, later(59min - 1ms)));
  CHECK_FALSE(holds(cache, token, later(59min)));
}

TEST_CASE("token cache - a new token takes the place of the old", "[token_cache]") {
  TokenCache cache;
  const auto first = token_named("a");
  const auto second = token_named("b");
  cache.store(first);
  cache.store(second);
  CHECK(holds(cache, second));
}

TEST_CASE("token cache - invalidating an old token leaves the new one, even with the same text", "[token_cache]") {
  TokenCache cache;
  const auto first = token_named("a");
  const auto second = token_named("a");
  cache.store(second);
  cache.invalidate(first);
  CHECK(holds(cache, second));
  cache.invalidate(second);
  CHECK(cache.usable(begun()) == nullptr);
  cache.invalidate(second);
  CHECK(cache.usable(begun()) == nullptr);
}

TEST_CASE("token cache - a refused token is dropped, and another one is worth a try", "[token_cache]") {
  TokenCache cache;
  const auto token = token_named("a");
  cache.store(token);
  CHECK(cache.reject(token, begun()));
  CHECK(cache.usable(begun()) == nullptr);
  CHECK(cache.reject(token, begun()));  // the next thread with the same news
}

TEST_CASE("token cache - a late refusal of an old token leaves the new one, which is worth a try", "[token_cache]") {
  TokenCache cache;
  const auto first = token_named("a");
  const auto second = token_named("b");
  cache.store(second);
  CHECK(cache.reject(first, begun()));
  CHECK(holds(cache, second));
}

TEST_CASE("token cache - once a fresh token is refused too, no refusal costs a token for five minutes",
          "[token_cache]") {
  TokenCache cache;
  const auto first = token_named("a");
  const auto second = token_named("b");
  cache.store(first);
  CHECK(cache.reject(first, begun()));
  cache.store(second);
  cache.confirm_rejection(begun());
  CHECK(holds(cache, second));
  CHECK_FALSE(cache.reject(second, begun()));
  CHECK_FALSE(cache.reject(second, later(5min - 1ms)));
  CHECK(cache.pause_left(later(1min)) == 4min);
  CHECK(holds(cache, second, later(5min - 1ms)));
  CHECK(cache.reject(second, later(5min)));
  CHECK(cache.usable(later(5min)) == nullptr);
  CHECK(cache.pause_left(later(6min)) == 0s);
}

TEST_CASE("token cache - a token that follows a refused one and is refused within a minute is not replaced",
          "[token_cache]") {
  TokenCache cache;
  const auto first = token_named("a");
  const auto second = token_named("b");
  cache.store(first);
  SECTION("fetched because of the refusal") {
    CHECK(cache.reject(first, begun()));
    cache.store(second);
  }
  SECTION("being fetched already when the one before was refused, and there when others are told so") {
    CHECK(cache.reject(first, begun()));
    cache.store(second);
    CHECK(cache.reject(first, begun()));
  }
  SECTION("there already when the one before was refused") {
    cache.store(second);
    CHECK(cache.reject(first, begun()));
  }
  SECTION("it is when it has been accepted") {
    CHECK(cache.reject(first, begun()));
    cache.store(second);
    second.note_accepted();
    CHECK(cache.reject(second, begun()));
    return;
  }
  SECTION("a minute later it is") {
    CHECK(cache.reject(first, begun()));
    cache.store(second);
    CHECK(cache.reject(second, later(1min)));
    return;
  }
  CHECK_FALSE(cache.reject(second, later(1min - 1ms)));
  CHECK(holds(cache, second));
  CHECK(cache.pause_left(later(1min)) > 4min);
}

TEST_CASE("token cache - a renewed token that is refused is replaced, whatever became of those long before",
          "[token_cache]") {
  TokenCache cache;
  const auto first = token_named("a");
  const auto second = token_named("b");
  const auto third = token_named("c");
  cache.store(first);
  CHECK(cache.reject(first, begun()));
  cache.store(second);
  cache.store(third);  // the renewal of one that was good
  CHECK(cache.reject(third, begun()));
  CHECK(cache.usable(begun()) == nullptr);
}

TEST_CASE("token cache - the pause uses the uptime: setting the wall clock neither ends nor prolongs it",
          "[token_cache]") {
  TokenCache cache;
  const auto token = token_named("a", 240h);
  cache.store(token);
  cache.confirm_rejection(begun());
  CHECK_FALSE(cache.reject(token, {begun().uptime + 1min, begun().wall + 1h}));
  CHECK(cache.reject(token, {begun().uptime + 5min, begun().wall - 1h}));
}

TEST_CASE("token cache - a token refused twice counts, although another call has had it replaced meanwhile",
          "[token_cache]") {
  TokenCache cache;
  const auto first = token_named("a");
  const auto second = token_named("b");
  const auto third = token_named("c");
  cache.store(first);
  CHECK(cache.reject(first, begun()));  // one call: its first token is refused ...
  cache.store(second);                  // ... and it fetches another
  cache.invalidate(second);             // which another thread has dropped
  SECTION("while the third is being fetched") {
    cache.confirm_rejection(begun());  // the first call again: its fresh token was refused too
    cache.store(third);
  }
  SECTION("when the third is there") {
    cache.store(third);
    cache.confirm_rejection(begun());
  }
  CHECK(holds(cache, third));
  CHECK_FALSE(cache.reject(third, later(1min)));  // or else every further call could cost a token
  CHECK(holds(cache, third));
}

TEST_CASE("token cache - during the pause a call that holds an old token may still try the current one",
          "[token_cache]") {
  TokenCache cache;
  const auto first = token_named("a");
  const auto second = token_named("b");
  cache.store(second);
  cache.confirm_rejection(begun());
  CHECK(cache.reject(first, begun()));
  CHECK(holds(cache, second));
}

TEST_CASE("token cache - every thread takes the current token", "[token_cache]") {
  TokenCache cache;
  CHECK_FALSE(cache.take());
  const auto token = token_named("a");
  cache.store(token);
  const auto taken = fixtures::in_threads(32, [&] { return cache.take(); });
  for (const auto& one : taken) CHECK((one && one->same_as(token) && one->reveal() == "a"));
}

TEST_CASE("token cache - no thread takes a token that was replaced, invalidated or refused", "[token_cache]") {
  TokenCache cache;
  const auto take_in_threads = [&] { return fixtures::in_threads(32, [&] { return cache.take(); }); };
  const auto token = token_named("b");
  cache.store(token_named("a"));
  cache.store(token);
  for (const auto& one : take_in_threads()) CHECK(one->reveal() == "b");
  SECTION("invalidated") { cache.invalidate(token); }
  SECTION("refused") { CHECK(cache.reject(token, begun())); }
  for (const auto& one : take_in_threads()) CHECK_FALSE(one);
}

TEST_CASE("token cache - no thread keeps a token alive after the cache drops it", "[token_cache]") {
  TokenCache cache;
  std::weak_ptr<const ex::Secret> line;
  {
    const auto token = token_named("a");
    line = token.authorization_line();
    cache.store(token);
  }
  std::atomic<bool> stay{true};
  std::atomic<int> idle{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      static_cast<void>(cache.take());
      ++idle;
      while (stay) std::this_thread::yield();
    });
  }
  fixtures::await([&] { return idle == 4; });
  CHECK_FALSE(line.expired());
  cache.invalidate(*cache.take());
  CHECK(line.expired());
  stay = false;
  for (auto& thread : threads) thread.join();
}

TEST_CASE("token cache - a token that was taken stays valid when the cache drops it", "[token_cache]") {
  TokenCache cache;
  cache.store(token_named("a"));
  const auto taken = cache.take();
  cache.invalidate(*taken);
  CHECK(taken->authorization() == "Bearer a");
}

TEST_CASE("token cache - a forked child can salvage the token", "[token_cache]") {
  TokenCache cache;
  CHECK_FALSE(cache.salvage());
  cache.store(token_named("a"));
  CHECK(cache.salvage()->reveal() == "a");
}
