// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../../core/events.hpp"
#include "../../core/new_shared.hpp"
#include "../../detail/os/random.hpp"
#include "seal.hpp"
#include "store_calls.hpp"

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

  StoreVisit(std::shared_ptr<StoreCalls> calls, Secret sealing_key, SharedTokens::Occasion occasion)
      : calls_(std::move(calls)), sealing_key_(std::move(sealing_key)), occasion_(std::move(occasion)) {}
  StoreVisit(const StoreVisit&) = delete;
  StoreVisit& operator=(const StoreVisit&) = delete;
  ~StoreVisit() override { release(); }

  void look(std::function<void(Outcome)> done) override {
    done_ = std::move(done);
    auto seal = Seal::of(occasion_.identity, sealing_key_);
    occasion_.identity = {};
    if (!seal) return unusable(seal.error());
    seal_.emplace(*std::move(seal));
    if (calls_->blocked(now())) return without_store();
    owner_ = std::to_string(random_bits()) + '-' + std::to_string(random_bits());
    const double spread = chance() / 20;  // or all that wait for a stopped process would go on at once
    waits_until_ =
        occasion_.clock->now() + std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::duration<double, std::milli>(occasion_.timeout) * (0.42 + spread));
    load();
  }

  void keep(const Secret& entry, std::chrono::milliseconds time_to_live) override {
    if (!seal_) return;
    auto sealed = seal_->seal(entry);
    if (!sealed) return tell(make_error(ErrorKind::storage, "the token was not stored: OpenSSL has no randomness"), {});
    save(*std::move(sealed), time_to_live);
    release();
  }

 private:
  [[nodiscard]] StoreCalls::Uptime now() const { return occasion_.clock->moment().uptime; }
  [[nodiscard]] std::chrono::milliseconds patience() const { return occasion_.timeout / 20; }

  /// Calls the store; a failure ends the look.
  template <class T, class Work>
  void call(Work work, void (StoreVisit::*next)(T)) {
    calls_->call<T>(std::move(work), patience(), occasion_.transport,
                    [self = shared_from_this(), next](Result<T> result) {
                      if (!result) return self->store_failed(result.error());
                      self->calls_->succeeded();
                      (*self.*next)(*std::move(result));
                    });
  }

  void load() {
    call<std::string>([name = seal_->name()](TokenStore& store) { return store.load(name); }, &StoreVisit::loaded);
  }

  void loaded(std::string sealed) {
    const auto entry = sealed.empty() ? std::nullopt : seal_->open(sealed);
    const Verdict verdict = entry ? occasion_.judge(*entry) : Verdict::pass_over;
    if (verdict == Verdict::use) {
      release();
      return finish(Outcome::found);
    }
    if (leased_) {
      if (verdict == Verdict::remove) save({}, {});
      return finish(Outcome::ask_issuer);
    }
    acquire();
  }

  void acquire() {
    // Longer than an exchange, and than what the store may take around it.
    const auto time_to_live = occasion_.timeout * 2 / 5 + 3 * patience();
    call<bool>([name = seal_->name(), owner = owner_,
                time_to_live](TokenStore& store) { return store.acquire(name, owner, time_to_live); },
               &StoreVisit::acquired);
  }

  /// With the lease it looks once more: the one who had it before may have saved a token.
  void acquired(bool given) {
    leased_ = given;
    if (given) return load();
    if (occasion_.may_put_off) return finish(Outcome::put_off);
    if (occasion_.clock->now() >= waits_until_) return finish(Outcome::ask_issuer);
    const auto transport = occasion_.transport.lock();
    const std::chrono::milliseconds pause(50 + static_cast<int>(100 * chance()));
    const auto again = [self = shared_from_this()] { self->load(); };
    if (!transport || !transport->after(pause, again)) finish(Outcome::ask_issuer);
  }

  void save(std::string sealed, std::chrono::milliseconds time_to_live) {
    const auto work = [name = seal_->name(), sealed = std::move(sealed), time_to_live](TokenStore& store) {
      return store.save(name, sealed, time_to_live);
    };
    calls_->call<void>(work, patience(), occasion_.transport, [self = shared_from_this()](const Result<void>& saved) {
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

  void without_store() { finish(occasion_.may_put_off ? Outcome::put_off : Outcome::ask_issuer); }

  void finish(Outcome outcome) {
    if (const auto done = std::exchange(done_, nullptr)) done(outcome);
  }

  void tell(const Error& error, std::chrono::seconds next_try) const {
    Event event;
    event.kind = EventKind::store_failed;
    event.origin = calls_->kind();
    event.error = &error;
    event.next_try = next_try;
    tell_hook(occasion_.on_event, event);
  }

  const std::shared_ptr<StoreCalls> calls_;
  const Secret sealing_key_;
  SharedTokens::Occasion occasion_;
  std::function<void(Outcome)> done_;
  std::optional<Seal> seal_;
  std::string owner_;
  Clock::Steady waits_until_;
  bool leased_ = false;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
