// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../../core/events.hpp"
#include "../../core/new_shared.hpp"
#include "../../detail/os/random.hpp"
#include "../../token/options.hpp"
#include "seal.hpp"
#include "store_calls.hpp"
#include "stored_token.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// One look into the store: load; without a good entry take the lease, look once more, and tell the fetch to ask the
/// issuer; while another process has the lease, look again and again. Of the fetch's time, an answer of the store may
/// take a twentieth and waiting for another process something over two fifths; two fifths are for the exchange.
/// Its steps run one after the other, on the transport's thread.
class StoreVisit : public SharedTokens::Visit, public std::enable_shared_from_this<StoreVisit> {
 public:
  using Outcome = SharedTokens::Outcome;
  using Verdict = SharedTokens::Verdict;

  StoreVisit(std::shared_ptr<StoreCalls> calls, Secret sealing_key, std::shared_ptr<SharedTokens::Fetch> fetch)
      : calls_(std::move(calls)),
        sealing_key_(std::move(sealing_key)),
        fetch_(std::move(fetch)),
        transport_(fetch_->transport()),
        clock_(fetch_->clock()),
        on_event_(fetch_->event_hook()),
        timeout_(fetch_->options().timeout),
        may_put_off_(fetch_->may_put_off()),
        only_looks_(fetch_->only_looks()) {}
  StoreVisit(const StoreVisit&) = delete;
  StoreVisit& operator=(const StoreVisit&) = delete;
  ~StoreVisit() override { release(); }

  void look() override {
    identity_ = fetch_->identity();
    auto seal = Seal::of(identity_, sealing_key_);
    identity_.credentials = {};
    if (!seal) return unusable(seal.error());
    seal_.emplace(*std::move(seal));
    if (calls_->blocked(now())) return without_store();
    owner_ = std::to_string(random_bits()) + '-' + std::to_string(random_bits());
    const double spread = chance() / 20;  // or all that wait for a stopped process would go on at once
    waits_until_ = clock_->now() + std::chrono::duration_cast<std::chrono::milliseconds>(
                                       std::chrono::duration<double, std::milli>(timeout_) * (0.42 + spread));
    load();
  }

  void keep(const AccessToken& token) override {
    if (!seal_) return;
    auto sealed = seal_->seal(stored_text(token));
    if (!sealed) return tell(make_error(ErrorKind::storage, "the token was not stored: OpenSSL has no randomness"), {});
    save(*std::move(sealed), token.usable_life());
    release();
  }

 private:
  [[nodiscard]] StoreCalls::Uptime now() const { return clock_->moment().uptime; }
  [[nodiscard]] std::chrono::milliseconds patience() const { return timeout_ / 20; }

  /// Calls the store; a failure ends the look.
  template <class T, class Work>
  void call(Work work, void (StoreVisit::*next)(const T&)) {
    calls_->call<T>(std::move(work), patience(), transport_, [self = shared_from_this(), next](Result<T> result) {
      if (!result) return self->store_failed(result.error());
      self->calls_->succeeded();
      (*self.*next)(*result);
    });
  }

  void load() {
    call<std::string>([name = seal_->name()](TokenStore& store) { return store.load(name); }, &StoreVisit::loaded);
  }

  void loaded(const std::string& sealed) {
    const auto entry = sealed.empty() ? std::nullopt : seal_->open(sealed);
    const Verdict verdict = entry ? judge(*entry) : Verdict::pass_over;
    if (verdict == Verdict::use) {
      release();
      return finish(Outcome::found);
    }
    if (leased_) {
      if (verdict == Verdict::remove) save({}, {});
      return finish(Outcome::ask_issuer);
    }
    if (only_looks_) return finish(Outcome::put_off);
    acquire();
  }

  [[nodiscard]] Verdict judge(const Secret& entry) const {
    const auto stored = read_stored_token(identity_, entry, clock_->moment());
    return stored ? fetch_->judge(*stored) : Verdict::pass_over;
  }

  void acquire() {
    // Longer than an exchange, and than what the store may take around it.
    const auto time_to_live = timeout_ * 2 / 5 + 3 * patience();
    call<bool>([name = seal_->name(), owner = owner_,
                time_to_live](TokenStore& store) { return store.acquire(name, owner, time_to_live); },
               &StoreVisit::acquired);
  }

  /// With the lease it looks once more: the one who had it before may have saved a token.
  void acquired(const bool& given) {
    leased_ = given;
    if (given) return load();
    if (may_put_off_) return finish(Outcome::put_off);
    if (clock_->now() >= waits_until_) return finish(Outcome::ask_issuer);
    const auto transport = transport_.lock();
    const std::chrono::milliseconds pause(50 + static_cast<int>(100 * chance()));
    const auto again = [self = shared_from_this()] { self->load(); };
    if (!transport || !transport->after(pause, again)) finish(Outcome::ask_issuer);
  }

  void save(std::string sealed, std::chrono::milliseconds time_to_live) {
    const auto work = [name = seal_->name(), sealed = std::move(sealed), time_to_live](TokenStore& store) {
      return store.save(name, sealed, time_to_live);
    };
    calls_->call<void>(work, patience(), transport_, [self = shared_from_this()](const Result<void>& saved) {
      if (!saved) self->tell(saved.error(), self->calls_->failed(self->now()));
    });
  }

  /// After all calls before it. Not left to the destructor where that may come after the provider's end.
  void release() {
    if (!std::exchange(leased_, false)) return;
    calls_->send([name = seal_->name(), owner = owner_](TokenStore& store) { return store.release(name, owner); });
  }

  void store_failed(const Error& error) {
    tell(error, calls_->failed(now()));
    without_store();
  }

  /// The configuration does not let the store be used: nothing gets better by waiting.
  void unusable(const Error& error) {
    tell(error, {});
    finish(Outcome::ask_issuer);
  }

  void without_store() { finish(may_put_off_ ? Outcome::put_off : Outcome::ask_issuer); }

  void finish(Outcome outcome) {
    if (const auto fetch = std::exchange(fetch_, nullptr)) fetch->looked(shared_from_this(), outcome);
  }

  void tell(const Error& error, std::chrono::seconds next_try) const {
    Event event;
    event.kind = EventKind::store_failed;
    event.origin = calls_->kind();
    event.error = &error;
    event.next_try = next_try;
    tell_hook(on_event_, event);
  }

  const std::shared_ptr<StoreCalls> calls_;
  const Secret sealing_key_;
  std::shared_ptr<SharedTokens::Fetch> fetch_;  ///< Until it has been told of the outcome.
  const std::weak_ptr<Transport> transport_;
  const std::shared_ptr<Clock> clock_;
  const EventHook on_event_;
  const std::chrono::milliseconds timeout_;
  const bool may_put_off_;
  const bool only_looks_;
  TokenIdentity identity_;  ///< Without the credentials.
  std::optional<Seal> seal_;
  std::string owner_;
  Clock::Steady waits_until_;
  bool leased_ = false;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
