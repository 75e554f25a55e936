// SPDX-License-Identifier: MIT

// TokenProvider with everything happening at once, over real sockets: many threads, an issuer that misbehaves, secrets
// that are rotated, and providers that come and go. What it does one thing at a time is in token_provider_test.cpp.
// EXHIBITOR_HAMMER_SECONDS says for how long.
#include <array>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "endurance.hpp"
#include "fixtures.hpp"
#include "hammer_issuer.hpp"
#include "hammer_tenant.hpp"
#include "hammer_watch.hpp"
#include "integration.hpp"

using namespace hammer;
using endurance::Footprint;
using integration::endpoints_of;
using integration::trusting;

namespace {

/// Everything that the threads meet at.
class World {
 public:
  static constexpr unsigned plots = 6;

  World() {
    server.intercept_token([this](const auto& asked, auto& answer) { return issuer.answers(asked, answer); });
    for (unsigned plot = 0; plot < plots; ++plot) let(plot);
  }

  [[nodiscard]] std::shared_ptr<Tenant> tenant_of(unsigned plot) const {
    const std::lock_guard<std::mutex> lock(mutexes_[plot]);
    return tenants_[plot];
  }
  /// A new tenant, in place of the one that is there.
  void let(unsigned plot) {
    const auto transport = dice_.one_in(4) ? own_transport() : transport_;
    const auto endpoints = dice_.one_in(16) ? endpoints_that_hang_up() : endpoints_of(server);
    const auto account = accounts.open(watch, dice_.one_in(8) ? impatient : patient);
    move_in(plot, std::make_shared<Tenant>(endpoints, secrets, account, transport, dice_.below(1'000'000)));
  }
  void clear() {
    for (unsigned plot = 0; plot < plots; ++plot) move_in(plot, nullptr);
    transport_.reset();
    fixtures::await([this] { return accounts.closed(); });  // a completion may hold a tenant still
  }

  [[nodiscard]] ex::CancelToken cancel_token(unsigned which) const {
    const std::lock_guard<std::mutex> lock(cancel_mutex_);
    return cancel_sources_[which % cancel_sources_.size()].token();
  }
  void cancel(unsigned which) {
    ex::CancelSource source;
    {
      const std::lock_guard<std::mutex> lock(cancel_mutex_);
      std::swap(source, cancel_sources_[which % cancel_sources_.size()]);
    }
    source.cancel();
  }

  Watch watch;
  Accounts accounts;
  MoodyIssuer issuer{accounts};
  sandbox::Sandbox server{with_planted_secret()};
  Secrets secrets{server};

 private:
  static sandbox::Options with_planted_secret() {
    sandbox::Options options;
    options.client_secret = Secrets::named(0);
    return options;
  }
  [[nodiscard]] std::shared_ptr<ex::Transport> own_transport() const {
    return std::make_shared<ex::CurlTransport>(trusting(server));
  }
  [[nodiscard]] ex::Endpoints endpoints_that_hang_up() const {
    return {"https" + hangs_up_.url().substr(std::string("http").size()), server.api_url()};
  }
  void move_in(unsigned plot, std::shared_ptr<Tenant> next) {
    const std::lock_guard<std::mutex> lock(mutexes_[plot]);
    tenants_[plot].swap(next);
  }

  integration::RawServer hangs_up_{[](int) {}};
  Dice dice_{2};
  std::shared_ptr<ex::Transport> transport_ = own_transport();
  mutable std::array<std::mutex, plots> mutexes_;
  std::array<std::shared_ptr<Tenant>, plots> tenants_;
  mutable std::mutex cancel_mutex_;
  std::array<ex::CancelSource, 4> cancel_sources_;
};

/// Calls everything that a provider has, in an order drawn by lot.
class Caller {
 public:
  Caller(World& world, unsigned seed) : world_(world), dice_(seed) {}

  void run(Steady until) {
    while (now() < until) {
      const auto tenant = world_.tenant_of(dice_.below(World::plots));
      for (unsigned left = 1 + dice_.below(4); left > 0; --left) act(tenant);
      if (futures_.size() > 8) collect();
    }
    collect();
  }

 private:
  struct Promised {
    Terms terms;
    std::future<Token> token;
    std::shared_ptr<Account> account;
  };

  static constexpr auto longest_call = 20s;  // less than the patient wait

  template <class Ask>
  auto asked(const Terms& terms, Ask ask) {
    const auto begun = now();
    const auto outcome = ask();
    world_.watch.judge(outcome, terms);
    world_.watch.expect(now() - begun < longest_call, "a call took too long");
    return outcome;
  }

  void act(const std::shared_ptr<Tenant>& tenant) {
    ex::TokenProvider& provider = tenant->provider();
    switch (dice_.below(13)) {
      case 0:
        return keep(asked(usual_terms(*tenant), [&] { return provider.token(); }));
      case 1:
        return wait_with_terms(provider);
      case 2:
      case 3:
      case 4:
        return call_back(tenant);
      case 5:
        return futures_.push_back({usual_terms(*tenant), provider.token_async(), tenant->account()});
      case 6:
        return static_cast<void>(asked(usual_terms(*tenant), [&] { return provider.authorization(); }));
      case 7:
      case 8:
        return drop_token(provider);
      case 9:
        return read_status(provider);
      case 10:
        return read_ledger(provider);
      default:
        tenant->clock().suspend(some_time(provider.status()));
    }
  }

  /// Until the token is to be renewed, or until a failure may be forgotten.
  std::chrono::seconds some_time(const ex::TokenStatus& status) {
    if (status.has_token && !dice_.one_in(4)) return status.renewal_in + 1s;
    return std::chrono::seconds(dice_.below(dice_.one_in(8) ? 4000 : 4));
  }

  void keep(const Token& outcome) {
    if (outcome) token_ = *outcome;
  }

  /// A provider waits a little longer than an exchange may take.
  static Terms usual_terms(const Tenant& tenant) { return {now() + tenant.account()->patience, {}}; }

  Terms some_terms() {
    Terms terms;
    if (!dice_.one_in(4)) terms.deadline = now() + dice_.up_to(30ms);
    if (!dice_.one_in(4)) terms.cancel = world_.cancel_token(dice_.below(4));
    return terms;
  }

  void wait_with_terms(ex::TokenProvider& provider) {
    const Terms terms = some_terms();
    keep(asked(terms, [&] { return provider.token(terms.deadline, terms.cancel); }));
  }

  void call_back(const std::shared_ptr<Tenant>& tenant) {
    const auto call = std::make_shared<Call>(tenant->account(), some_terms());
    if (dice_.one_in(2)) call->dawdles = dice_.up_to(2ms);
    if (dice_.one_in(8)) call->holds = tenant;
    call->asks_again = dice_.one_in(8);
    call->throws = dice_.one_in(8);
    Call::make(tenant->provider(), call);
  }

  void collect() {
    for (auto& [terms, token, account] : futures_) {
      const Token outcome = fixtures::outcome(token);
      world_.watch.judge(outcome, terms, account->ends);
    }
    futures_.clear();
  }

  /// As one does who was answered 401, or for no reason.
  void drop_token(ex::TokenProvider& provider) {
    if (!token_) return;
    if (dice_.one_in(2)) return provider.invalidate(*token_);
    if (!provider.reject(*token_)) return;
    if (dice_.one_in(16)) provider.confirm_rejection(*token_);
  }

  void read_status(const ex::TokenProvider& provider) {
    const auto status = provider.status();
    world_.watch.no_secret_in(printed(status));
    world_.watch.expect(status.minted <= status.exchanges, "more tokens than requests for them");
    world_.watch.expect(!status.has_token || status.fingerprint.size() == 8, "a token without a name");
    if (status.last_error) world_.watch.no_secret_in(support::all_text(*status.last_error));
  }

  void read_ledger(const ex::TokenProvider& provider) {
    for (const auto& entry : provider.ledger()) {
      world_.watch.expect(entry.fingerprint.size() == 8, "a token without a name in the ledger");
      world_.watch.no_secret_in(entry.key_id + ' ' + entry.token_id);
    }
  }

  World& world_;
  Dice dice_;
  std::optional<ex::AccessToken> token_;
  std::vector<Promised> futures_;
};

/// Does something over and over, with pauses.
template <class Action>
std::future<void> again_and_again(Steady until, unsigned seed, std::chrono::milliseconds longest_pause, Action action) {
  return support::in_background([=] {
    Dice dice(seed);
    while (now() < until) {
      action(dice);
      std::this_thread::sleep_for(dice.up_to(longest_pause));
    }
  });
}

/// Of all of them, not of one after the other.
void await_end(std::vector<std::future<void>>& threads) {
  const auto limit = now() + fixtures::patience;
  for (auto& thread : threads) {
    if (thread.wait_until(limit) != std::future_status::ready) fixtures::give_up("a thread hangs");
    thread.get();
  }
}

void strike(World& world) {
  const auto until = now() + endurance::time_for("EXHIBITOR_HAMMER_SECONDS");
  std::vector<std::future<void>> threads;
  for (unsigned seed = 10; seed < 22; ++seed) {
    threads.push_back(support::in_background([&world, seed, until] { Caller(world, seed).run(until); }));
  }
  threads.push_back(again_and_again(until, 3, 2ms, [&](Dice& dice) { world.cancel(dice.below(4)); }));
  threads.push_back(again_and_again(until, 4, 5ms, [&](Dice& dice) {
    world.let(dice.below(World::plots - 1));  // the last one stays to the end
  }));
  threads.push_back(
      again_and_again(until, 5, 200ms, [&](Dice& dice) { world.secrets.rotate(dice.one_in(2), dice.up_to(20ms)); }));
  std::this_thread::sleep_until(until);
  await_end(threads);
  threads.clear();
  threads.push_back(support::in_background([&world] { world.clear(); }));
  await_end(threads);
}

/// Lets the libraries below open what they open once in a process.
void settle() {
  const sandbox::Sandbox server;
  ex::TokenProvider provider(endpoints_of(server), integration::credentials_of_sandbox(), {},
                             std::make_shared<ex::CurlTransport>(trusting(server)));
  REQUIRE(provider.token());
}

/// What a provider says of itself against what the issuer has seen of it. A fetch that was under way at its end may
/// have taken two requests more, and have landed.
void check_accounting(const Account& account) {
  const std::uint64_t more = account.last.fetching ? 1 : 0;
  INFO(account.last << " unanswered=" << account.unanswered);
  CHECK(account.received <= account.last.exchanges + 2 * more);
  CHECK(account.received + account.unanswered >= account.last.exchanges);
  CHECK(account.minted >= account.last.minted);
  CHECK(account.minted <= account.last.minted + more);
}

}  // namespace

TEST_CASE("token provider - hammered from all sides, it tells everybody once and leaves nothing behind",
          "[token_hammer]") {
  settle();
  const Footprint before;
  {
    World world;
    strike(world);
    const Watch& watch = world.watch;
    CHECK(watch.broken() == std::set<std::string>());

    // what the last ones asked may come to the issuer after they have ended
    fixtures::await([&] { return world.accounts.received() == world.server.counters().token_requests; });
    std::uint64_t minted = 0;
    for (const auto& account : world.accounts.all()) {
      check_accounting(*account);
      minted += account->minted;
    }
    CHECK(minted <= world.server.counters().tokens_issued + world.issuer.tokens());

    CHECK(watch.tokens() != 0);
    CHECK(watch.left_in_time != 0);
    CHECK(watch.left_by_cancellation != 0);
    for (const auto kind : {ex::ErrorKind::credentials, ex::ErrorKind::storage, ex::ErrorKind::issuer_rejected,
                            ex::ErrorKind::issuer_unavailable, ex::ErrorKind::protocol, ex::ErrorKind::cancelled,
                            ex::ErrorKind::timeout}) {
      INFO(ex::to_string(kind));
      CHECK(watch.told(kind) != 0);
    }
    for (const auto kind : {ex::EventKind::token_minted, ex::EventKind::token_failed, ex::EventKind::renewal_failed,
                            ex::EventKind::token_rejected, ex::EventKind::credentials_rotated}) {
      INFO(ex::to_string(kind));
      CHECK(watch.told(kind) != 0);
    }
  }
  const Footprint after = endurance::footprint_within(before);
  CHECK(after.threads <= before.threads);
  CHECK(after.descriptors <= before.descriptors);
}
