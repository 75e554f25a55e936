// SPDX-License-Identifier: MIT

// What providers do with a store that they share.
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <movio/exhibitor/stores/sealed.hpp>
#include <movio/exhibitor/testing.hpp>
#include <movio/exhibitor/token/provider.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "fixtures.hpp"
#include "store_fixture.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using fixtures::await;
using fixtures::in_threads;
using fixtures::renewal_due;
using fixtures::said;
using fixtures::usable_day;
using stores::Barrier;
using stores::StoreRig;
using support::contains;
using namespace std::chrono_literals;

namespace {

using Fleet = std::vector<std::shared_ptr<ex::TokenProvider>>;

Fleet fleet_of(StoreRig& rig, std::size_t size) {
  Fleet fleet;
  while (fleet.size() < size) fleet.push_back(rig.process());
  return fleet;
}

/// Uses all tokens until every process has this one, while time passes.
void await_token(const StoreRig& rig, const Fleet& fleet, const std::string& token) {
  for (const auto& process : fleet) {
    await([&] {
      rig.clock->advance(10ms);
      return said(process->token()) == token;
    });
  }
}

/// Gets a token while time passes.
std::string said_in_time(StoreRig& rig, ex::TokenProvider& process) {
  auto token = process.token_async();
  while (token.wait_for(1ms) != std::future_status::ready) rig.clock->advance(20ms);
  return said(token.get());
}

}  // namespace

TEST_CASE("shared tokens - a process takes the token that another has fetched", "[shared_tokens]") {
  StoreRig rig;
  CHECK(said(rig.process()->token()) == "fake-token-1");
  rig.settle();
  const auto second = rig.process();
  const auto token = second->token();
  CHECK(said(token) == "fake-token-1");
  CHECK(rig.minted() == 1);
  CHECK(second->status().loaded == 1);
  CHECK(second->status().minted == 0);
  CHECK(rig.log.count("token_minted") == 1);
  CHECK(contains(rig.log.text(),
                 "token_loaded fingerprint=" + token->fingerprint() + " lifetime_s=86400 origin=fake reason=none"));
  REQUIRE(second->ledger().size() == 1);
  CHECK(second->ledger()[0].expires_at == token->expires_at());
}

TEST_CASE("shared tokens - a program that ends at once has saved its token before", "[shared_tokens]") {
  StoreRig rig;
  {
    const auto process = rig.process();
    rig.options.store.reset();
    CHECK(process->token());
  }
  CHECK(rig.store->entries().size() == 1);
  CHECK(rig.seen->leases() == 0);
}

TEST_CASE("shared tokens - of many processes that start at once, one asks the issuer", "[shared_tokens]") {
  StoreRig rig;
  const auto fleet = fleet_of(rig, 16);
  std::atomic<std::size_t> next{0};
  for (const auto& token : in_threads(16, [&] { return fleet[next++]->token(); })) CHECK(said(token) == "fake-token-1");
  CHECK(rig.minted() == 1);
}

TEST_CASE("shared tokens - one process renews for all, ahead of the end", "[shared_tokens]") {
  StoreRig rig;
  const auto fleet = fleet_of(rig, 8);
  await_token(rig, fleet, "fake-token-1");
  rig.clock->advance(renewal_due + 1ms);
  await_token(rig, fleet, "fake-token-2");
  CHECK(rig.minted() == 2);
  await([&] { return rig.log.count("reason=ahead") == 8; });
}

TEST_CASE("shared tokens - a token keeps its end, wherever it is loaded", "[shared_tokens]") {
  StoreRig rig;
  const auto first = rig.process()->token();
  rig.settle();
  rig.clock->advance(20h);
  const auto second = rig.process();
  CHECK(said(second->token()) == "fake-token-1");
  CHECK(second->token()->expires_at() == first->expires_at());
  CHECK(second->status().usable_for == 4h - 1min);
  rig.clock->advance(4h - 1min);
  CHECK(said(rig.process()->token()) == "fake-token-2");
}

TEST_CASE("shared tokens - nothing in the store tells of credentials or tokens", "[shared_tokens]") {
  StoreRig rig;
  rig.transport->answer_token(fixtures::token_answer());
  CHECK(rig.process()->token());
  rig.settle();
  REQUIRE(rig.store->entries().size() == 1);
  std::string everything = rig.log.text();
  for (const auto& [name, entry] : rig.store->entries()) everything += name + ' ' + entry;
  for (const std::string_view part : {"planted", "client-1", "s3cret", "issuer.example", "api.example"}) {
    CHECK_FALSE(contains(everything, part));
  }
  CHECK_FALSE(contains(rig.log.text(), rig.store->entries().begin()->first));
}

TEST_CASE("shared tokens - a new secret has an entry of its own beside the old one", "[shared_tokens]") {
  StoreRig rig;
  const auto old = rig.process();
  CHECK(said(old->token()) == "fake-token-1");
  rig.source = ex::credentials("client-1", ex::Secret(std::string(stores::long_secret) + " anew"));
  CHECK(said(rig.process()->token()) == "fake-token-2");
  rig.settle();
  CHECK(rig.store->entries().size() == 2);
  CHECK(said(rig.process()->token()) == "fake-token-2");
  CHECK(said(old->token()) == "fake-token-1");
}

TEST_CASE("shared tokens - a short secret does not use the store without a sealing key", "[shared_tokens]") {
  StoreRig rig;
  rig.source = ex::credentials("client-1", ex::Secret("short"));
  CHECK(said(rig.process()->token()) == "fake-token-1");
  CHECK(rig.store->calls() == 0);
  CHECK(rig.log.count("store_failed origin=fake error=\"storage: the token store is not used, because") == 1);
  rig.sealing_key = ex::Secret(std::string(32, 'k'));
  CHECK(said(rig.process()->token()) == "fake-token-2");
  rig.settle();
  CHECK(said(rig.process()->token()) == "fake-token-2");
}

TEST_CASE("shared tokens - a token that the API refused is removed, and replaced once for all", "[shared_tokens]") {
  StoreRig rig;
  const auto fleet = fleet_of(rig, 4);
  await_token(rig, fleet, "fake-token-1");
  for (const auto& process : fleet) {
    const auto refused = process->token();
    if (said(refused) == "fake-token-1") CHECK(process->reject(*refused));
    CHECK(said(process->token()) == "fake-token-2");
  }
  CHECK(rig.minted() == 2);
}

TEST_CASE("shared tokens - a refused token does not stay in the store when the issuer is down", "[shared_tokens]") {
  StoreRig rig;
  const auto process = rig.process();
  CHECK(process->reject(*process->token()));
  rig.transport->answer_token(ex::json_response(503));
  CHECK(said(process->token()) == "issuer_unavailable");
  rig.settle();
  CHECK(rig.store->entries().empty());
}

TEST_CASE("shared tokens - dropping an old token leaves the newer entry alone", "[shared_tokens]") {
  StoreRig rig;
  const auto behind = rig.process();
  const auto old = behind->token();
  rig.settle();
  const auto ahead = rig.process();
  ahead->invalidate(*ahead->token());
  rig.clock->advance(1s);
  CHECK(said(ahead->token()) == "fake-token-2");
  rig.settle();
  const auto before = rig.entry();
  behind->invalidate(*old);
  CHECK(said(behind->token()) == "fake-token-2");
  CHECK(rig.entry() == before);
}

TEST_CASE("shared tokens - an entry older than what the process has used is passed over", "[shared_tokens]") {
  StoreRig rig;
  const auto process = rig.process();
  const auto first = process->token();
  rig.settle();
  const auto [name, entry] = *rig.store->entries().begin();
  rig.clock->advance(1h);
  process->invalidate(*first);
  CHECK(said(process->token()) == "fake-token-2");
  process->invalidate(*process->token());
  rig.settle();
  CHECK(rig.store->save(name, entry, 1h));  // what somebody kept of the store
  CHECK(said(process->token()) == "fake-token-3");
}

TEST_CASE("shared tokens - a store that fails costs nobody the token, and is asked again later", "[shared_tokens]") {
  StoreRig rig;
  rig.store->fail("disk full");
  const auto process = rig.process();
  CHECK(said(process->token()) == "fake-token-1");
  CHECK(rig.log.count("store_failed origin=fake next_try_s=1 error=\"storage: disk full\"") >= 1);
  process->invalidate(*process->token());
  rig.clock->advance(1ms);  // or an early save that comes late would not be of an older token
  CHECK(said(process->token()) == "fake-token-2");
  rig.store->fail({});
  rig.clock->advance(2min);
  process->invalidate(*process->token());
  CHECK(said(process->token()) == "fake-token-3");
  rig.settle();
  CHECK(said(rig.process()->token()) == "fake-token-3");
}

TEST_CASE("shared tokens - whatever a store throws, the issuer is asked", "[shared_tokens]") {
  for (const std::string_view at : {"load", "acquire", "save", "release"}) {
    CAPTURE(at);
    StoreRig rig;
    rig.trouble([at](std::string_view call) {
      if (call == at) throw std::runtime_error(fixtures::planted_secret);
    });
    {
      const auto process = rig.process();
      CHECK(said(process->token()) == "fake-token-1");
      if (at != "release") await([&] { return rig.log.count("store_failed") == 1; });
    }
    CHECK_FALSE(contains(rig.log.text(), fixtures::planted_secret));
  }
}

TEST_CASE("shared tokens - a store that hangs is waited for only for a moment, and not again while it hangs",
          "[shared_tokens]") {
  StoreRig rig;
  Barrier barrier;
  std::atomic<int> calls{0};
  rig.options.timeout = 1s;
  rig.trouble([&](std::string_view) {
    ++calls;
    barrier.wait();
  });
  {
    const auto process = rig.process();
    CHECK(said(process->token()) == "fake-token-1");
    rig.clock->advance(1h);
    process->invalidate(*process->token());
    CHECK(said(process->token()) == "fake-token-2");
    CHECK(calls == 1);
    CHECK(rig.log.count("it has not answered in time") >= 1);
    barrier.open();
  }
}

TEST_CASE("shared tokens - nobody with a valid token waits for the store", "[shared_tokens]") {
  StoreRig rig;
  Barrier barrier;
  std::atomic<bool> hangs{false};
  rig.trouble([&](std::string_view) {
    if (hangs) barrier.wait();
  });
  const auto process = rig.process();
  CHECK(process->token());
  rig.settle();
  hangs = true;
  rig.clock->advance(renewal_due + 1ms);
  for (int i = 0; i < 3; ++i) CHECK(said(process->token()) == "fake-token-1");
  await([&] { return barrier.waiting() == 1; });
  CHECK(said(process->token()) == "fake-token-1");
  barrier.open();
  await_token(rig, {process}, "fake-token-2");
}

TEST_CASE("shared tokens - a renewal is put off while the store fails, until it would be late", "[shared_tokens]") {
  StoreRig rig;
  const auto fleet = fleet_of(rig, 4);
  await_token(rig, fleet, "fake-token-1");
  rig.settle();
  rig.store->fail("down");
  rig.clock->advance(renewal_due + 1ms);
  const auto use_all = [&] {
    for (const auto& process : fleet) CHECK(said(process->token()) == "fake-token-1");
    for (const auto& process : fleet) await([&] { return !process->status().fetching; });
  };
  use_all();
  rig.clock->advance(10min);
  use_all();
  CHECK(rig.minted() == 1);
  CHECK(rig.log.count("renewal_failed") == 0);
  rig.clock->advance(usable_day - renewal_due - 11min);
  for (const auto& process : fleet) {
    await([&] { return said(process->token()) != "fake-token-1"; });
  }
  CHECK(rig.minted() == 5);
}

TEST_CASE("shared tokens - a lease that is never released is not waited for for ever", "[shared_tokens]") {
  StoreRig rig;
  CHECK(said(rig.process()->token()) == "fake-token-1");
  rig.settle();
  const std::string name = rig.store->entries().begin()->first;
  CHECK(rig.store->save(name, "", 1s));
  CHECK(rig.store->acquire(name, "a stopped process", 24h).value());
  const auto process = rig.process();
  const auto begun = rig.clock->now();
  CHECK(said_in_time(rig, *process) == "fake-token-2");
  CHECK(rig.clock->now() - begun < rig.options.timeout);
  CHECK(rig.clock->now() - begun > rig.options.timeout * 2 / 5);
  rig.settle();
  CHECK_FALSE(rig.store->acquire(name, "another", 1s).value());
}

TEST_CASE("shared tokens - a renewal does not wait for another process that renews", "[shared_tokens]") {
  StoreRig rig;
  const auto process = rig.process();
  CHECK(said(process->token()) == "fake-token-1");
  rig.settle();
  const std::string name = rig.store->entries().begin()->first;
  CHECK(rig.store->acquire(name, "another", 24h).value());
  rig.clock->advance(renewal_due + 1ms);
  for (int i = 0; i < 5; ++i) {
    CHECK(said(process->token()) == "fake-token-1");
    await([&] { return !process->status().fetching; });
    rig.clock->advance(2s);
  }
  CHECK(rig.minted() == 1);
  CHECK_FALSE(process->status().last_error);
}

TEST_CASE("shared tokens - clocks that differ do not lengthen a token's life", "[shared_tokens]") {
  StoreRig rig;
  rig.clock->step_wall(10min);  // of the machine that fetches
  const auto token = rig.process()->token();
  rig.settle();
  rig.clock->step_wall(-10min);  // of the one that loads
  const auto loaded = rig.process()->token();
  CHECK(said(loaded) == said(token));
  CHECK(loaded->expires_at() == rig.clock->moment().wall + 24h);
}

TEST_CASE("shared tokens - the store may be away, and the secret too short, in every process alone",
          "[shared_tokens]") {
  StoreRig rig;
  rig.seen = nullptr;
  CHECK(said(rig.process()->token()) == "fake-token-1");
  CHECK(rig.log.count("store_failed") == 0);
}

TEST_CASE("shared tokens - a provider that goes away in the midst of a call of the store leaves nothing behind",
          "[shared_tokens]") {
  StoreRig rig;
  Barrier barrier;
  rig.trouble([&](std::string_view) { barrier.wait(); });
  auto process = rig.process();
  auto token = process->token_async();
  await([&] { return barrier.waiting() == 1; });
  rig.options.store.reset();
  auto ended = support::in_background([&] { process.reset(); });
  CHECK(said(token.get()) == "cancelled");
  CHECK(ended.wait_for(50ms) == std::future_status::timeout);  // the call of the store is still going on
  barrier.open();
  ended.get();
  CHECK(rig.minted() == 0);
  CHECK(rig.seen.use_count() == 1);
}

TEST_CASE("shared tokens - while the issuer fails for one process, it takes the token that another got",
          "[shared_tokens]") {
  StoreRig rig;
  const auto unlucky = rig.process();
  const auto lucky = rig.process();
  rig.transport->answer_token(ex::json_response(503, "{}", {{"Retry-After", "600"}}));
  CHECK(said(unlucky->token()) == "issuer_unavailable");
  rig.settle();
  CHECK(said(unlucky->token()) == "issuer_unavailable");
  CHECK(said(lucky->token()) == "fake-token-1");
  rig.settle();
  CHECK(said(unlucky->token()) == "issuer_unavailable");  // once a second it looks
  rig.clock->advance(1s);
  CHECK(said(unlucky->token()) == "fake-token-1");
  CHECK(rig.minted() == 2);
}

TEST_CASE("shared tokens - while the issuer fails, the store is looked into but nobody is kept from the lease",
          "[shared_tokens]") {
  StoreRig rig;
  const auto process = rig.process();
  rig.transport->answer_token(ex::json_response(503, "{}", {{"Retry-After", "600"}}));
  for (int i = 0; i < 5; ++i) {
    CHECK(said(process->token()) == "issuer_unavailable");
    rig.settle();
    rig.clock->advance(2s);
  }
  CHECK(rig.minted() == 1);
  CHECK(rig.log.count("token_failed") == 1);
  CHECK(rig.log.count("store_failed") == 0);
  rig.clock->advance(600s);
  CHECK(said(process->token()) == "fake-token-1");
}

TEST_CASE("shared tokens - no event is told of while the provider ends, and after", "[shared_tokens]") {
  StoreRig rig;
  Barrier barrier;
  rig.trouble([&](std::string_view call) {
    if (call != "save") return;
    barrier.wait();
    throw std::runtime_error("full");
  });
  auto process = rig.process();
  CHECK(said(process->token()) == "fake-token-1");
  await([&] { return barrier.waiting() == 1; });
  auto ended = support::in_background([&] { process.reset(); });
  CHECK(ended.wait_for(50ms) == std::future_status::timeout);  // the call of the store is still going on
  barrier.open();
  ended.get();
  rig.options.store.reset();
  CHECK(rig.log.count("token_minted") == 1);
  CHECK(rig.log.count("store_failed") == 0);
}

TEST_CASE("shared tokens - the lease is released when the issuer refuses", "[shared_tokens]") {
  StoreRig rig;
  rig.transport->answer_token(ex::json_response(403, R"({"error":"access_denied"})"));
  CHECK(said(rig.process()->token()) == "issuer_rejected");
  rig.settle();
  const auto begun = rig.clock->now();
  CHECK(said(rig.process()->token()) == "fake-token-1");
  CHECK(rig.clock->now() == begun);
}
