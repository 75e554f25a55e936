// SPDX-License-Identifier: MIT
#pragma once

// The providers that the hammer strikes, and the completions that they are given.
#include <chrono>
#include <cstdint>
#include <memory>
#include <movio/exhibitor/detail/os/system_clock.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "hammer_issuer.hpp"
#include "hammer_watch.hpp"

namespace hammer {

/// The machine's clock on a machine that is often suspended, so that tokens grow old and failures are forgotten.
class JumpingClock : public ex::SystemClock {
 public:
  [[nodiscard]] ex::Moment moment() const noexcept override {
    auto moment = SystemClock::moment();
    moment.uptime += std::chrono::seconds(suspended_);
    moment.wall += std::chrono::seconds(suspended_);
    return moment;
  }
  void suspend(std::chrono::seconds duration) { suspended_ += duration.count(); }

 private:
  Relaxed<std::int64_t> suspended_;
};

/// A provider, and whoever asks it holds it.
class Tenant {
 public:
  Tenant(ex::Endpoints endpoints, const Secrets& secrets, std::shared_ptr<Account> account,
         std::shared_ptr<ex::Transport> transport, unsigned seed)
      : account_(std::move(account)) {
    const auto dice = std::make_shared<Dice>(seed);
    ex::TokenOptions options;
    options.clock = clock_;
    options.on_event = hook();
    if (dice->one_in(2)) options.client_authentication = ex::ClientAuthentication::post;
    options.timeout = account_->patience;
    endpoints.issuer_url += "?account=" + std::to_string(account_->number);
    provider_ =
        std::make_unique<ex::TokenProvider>(std::move(endpoints), source(secrets, dice), options, std::move(transport));
    account_->provider = provider_.get();
  }
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;

  /// By whoever lets go of it last: no call is under way, but a fetch and completions may be.
  ~Tenant() {
    account_->last = provider_->status();
    account_->ends = true;
    provider_.reset();
    account_->ended = true;
    account_->watch.expect(account_->told == account_->promised, "the destructor returned before everybody was told");
    account_->closed = true;
  }

  [[nodiscard]] ex::TokenProvider& provider() const { return *provider_; }
  [[nodiscard]] JumpingClock& clock() const { return *clock_; }
  [[nodiscard]] const std::shared_ptr<Account>& account() const { return account_; }

 private:
  [[nodiscard]] ex::EventHook hook() const {
    return [account = account_](const ex::Event& event) {
      Watch& watch = account->watch;
      watch.expect(!account->ended, "an event was told after the destructor had returned");
      watch.look_at(event);
      if (event.kind == ex::EventKind::token_minted) ++account->minted;
      if (event.error == nullptr) return;
      watch.no_secret_in(printed(account->provider->status()));
      watch.expect(event.error->kind != ex::ErrorKind::cancelled, "an exchange that the destructor ended was told of");
      if (event.error->nothing_sent || event.error->transport_code != 0) ++account->unanswered;
    };
  }

  [[nodiscard]] ex::CredentialSource source(const Secrets& secrets, const std::shared_ptr<Dice>& dice) const {
    return [account = account_, &secrets, dice]() -> ex::Result<ex::ClientCredentials> {
      account->watch.expect(!account->in_source, "the source was asked twice at the same time");
      account->in_source = true;
      if (dice->one_in(8)) std::this_thread::sleep_for(dice->up_to(2ms));
      account->watch.expect(!account->ended, "the source was asked after the destructor had returned");
      account->in_source = false;
      if (dice->one_in(40)) throw std::runtime_error(planted);
      if (dice->one_in(40)) return ex::detail::make_error(ex::ErrorKind::storage, "the vault is sealed");
      return secrets.current();
    };
  }

  std::shared_ptr<Account> account_;
  std::shared_ptr<JumpingClock> clock_ = std::make_shared<JumpingClock>();
  std::unique_ptr<ex::TokenProvider> provider_;
};

/// A completion, and what it does besides.
struct Call {
  Call(std::shared_ptr<Account> owed_by, Terms agreed) : account(std::move(owed_by)), terms(std::move(agreed)) {}

  const std::shared_ptr<Account> account;
  const Terms terms;
  const Steady begun = now();
  std::chrono::microseconds dawdles{};
  std::shared_ptr<Tenant> holds;  ///< Lets go of it at its end, which may be the provider's.
  bool asks_again = false;
  bool throws = false;
  Count times;
  Mark waits;  ///< It was not told at once.

  static void make(ex::TokenProvider& provider, const std::shared_ptr<Call>& call) {
    ++call->account->promised;
    provider.token_async([call](const Token& outcome) { call->complete(outcome); }, call->terms.deadline,
                         call->terms.cancel);
    call->waits = true;
  }

  void complete(const Token& outcome) {
    Watch& watch = account->watch;
    if (++times != 1) return watch.note("a completion was called twice");
    watch.expect(!account->ended, "a completion was called after the destructor had returned");
    watch.judge(outcome, terms, account->ends);
    if (waits && !outcome && !account->ends) count(outcome.error().kind);
    std::this_thread::sleep_for(dawdles);
    if (asks_again) make(*account->provider, std::make_shared<Call>(account, terms));
    ++account->told;
    holds.reset();
    if (throws) throw std::runtime_error(planted);
  }

  void count(ex::ErrorKind kind) const {
    if (kind == ex::ErrorKind::timeout && terms.deadline - begun > 5ms) ++account->watch.left_in_time;
    if (kind == ex::ErrorKind::cancelled && now() < terms.deadline) ++account->watch.left_by_cancellation;
  }
};

}  // namespace hammer
