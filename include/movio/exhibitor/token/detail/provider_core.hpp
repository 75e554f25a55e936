#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "cache.hpp"
#include "events.hpp"
#include "fetch.hpp"
#include "ledger.hpp"
#include "shelf.hpp"
#include "waiters.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// What a provider's callers, its fetches and its transport's callbacks share. Whoever calls in from the transport
/// holds a reference, so that it outlives the provider where it must.
class TokenCore : public std::enable_shared_from_this<TokenCore> {
 public:
  using Completion = std::function<void(Result<AccessToken>)>;

  /// Calls a completion, whatever it throws.
  template <class Callback>
  static void tell(const Callback& completion, const Result<AccessToken>& result) noexcept {
    try {
      completion(result);
    } catch (...) {  // NOLINT(bugprone-empty-catch): a callback's failure must not keep the others from being told
    }
  }

  /// In a forked child, `parents` is where the cached token is carried over from.
  TokenCore(std::shared_ptr<const TokenSetup> setup, const TokenCore* parents)
      : setup_(std::move(setup)), random_(std::random_device()()), renewal_spread_(chance()) {
    if (parents == nullptr) return;
    if (auto token = parents->shelf_.salvage()) store(*std::move(token));
  }

  /// The token, when there is one that can be sent. Never waits for more than a slot of the shelf.
  std::optional<AccessToken> at_hand() {
    auto token = shelf_.take();
    if (!token) return token;
    const Moment now = setup_->clock->moment();  // read last: the lock may have been waited for
    if (token->expired(now)) return std::nullopt;
    if (token->age(now) >= renewal_age(*token) && now.uptime >= Uptime(no_renewal_before_.load())) renew(*token);
    return token;
  }

  Result<AccessToken> wait_for_token(Clock::Steady deadline, const CancelToken& cancel) {
    const auto waiting = std::make_shared<Waiting>();
    const auto boarded = board(Patience::blocks, deadline, cancel, [waiting](const Result<AccessToken>& result) {
      const std::lock_guard<std::mutex> guard(waiting->mutex);
      waiting->result.emplace(result);
      waiting->changed.notify_all();
    });
    return boarded.answer ? *boarded.answer : wait(*waiting, boarded.ticket, deadline, cancel);
  }

  void token_async(const Completion& completion, Clock::Steady deadline, const CancelToken& cancel) {
    const auto seat = std::make_shared<Seat>();
    const auto boarded = board(Patience::returns, deadline, cancel,
                               [completion, seat](const auto& result) { tell(completion, result); });
    if (boarded.answer) return tell(completion, *boarded.answer);
    const auto leave = [weak = weak_from_this(), ticket = boarded.ticket, cancel] {
      if (const auto self = weak.lock()) self->leave(ticket, cancel);
    };
    const auto transport = setup_->transport.lock();
    if (transport && deadline != Clock::Steady::max()) {
      transport->after(std::chrono::ceil<std::chrono::milliseconds>(deadline - setup_->clock->now()), leave);
    }
    seat->registration.emplace(cancel, leave);
  }

  void invalidate(const AccessToken& token) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (cache_.invalidate(token)) shelf_.clear();
  }

  bool reject(const AccessToken& token) {
    bool fault_found = false;
    bool retry = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const Moment now = setup_->clock->moment();
      const bool fault_known = cache_.pause_left(now).count() != 0;
      retry = cache_.reject(token, now);
      fault_found = !retry && !fault_known;
      if (!cache_.token()) shelf_.clear();
    }
    if (fault_found) tell_of_rejection(setup_->options.on_event, token);
    return retry;
  }

  void confirm_rejection(const AccessToken& token) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      cache_.confirm_rejection(setup_->clock->moment());
    }
    tell_of_rejection(setup_->options.on_event, token);
  }

  [[nodiscard]] TokenStatus status() {
    const auto seconds = [](auto duration) {
      return std::max(std::chrono::floor<std::chrono::seconds>(duration), std::chrono::seconds(0));
    };
    const std::lock_guard<std::mutex> lock(mutex_);
    const Moment now = setup_->clock->moment();
    TokenStatus status;
    if (const auto* token = cache_.usable(now)) {
      status.has_token = true;
      status.fingerprint = token->fingerprint();
      status.age = seconds(token->age(now));
      status.usable_for = seconds(token->usable_life() - token->age(now));
      status.renewal_in = seconds(renewal_age(*token) - token->age(now));
    }
    status.fetching = flight_.flying();
    status.waiters = flight_.waiting();
    status.exchanges = exchanges_;
    status.minted = minted_;
    status.last_error = memory_.error(now);
    if (status.last_error) status.retry_in = *status.last_error->retry_after;
    status.no_replay_for = seconds(cache_.pause_left(now));
    status.quota = quota_;
    return status;
  }

  [[nodiscard]] std::vector<LedgerEntry> ledger() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return ledger_.live(setup_->clock->moment());
  }

  /// Ends the fetch under way, tells its waiters, and returns when no callback of ours runs any more. Called inside one
  /// of them, it does not wait for itself.
  void close() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      closed_ = true;
      disembark(closed_error());
    }
    cancel_.cancel();
    tell_landed();
    gate_->close();
  }

 private:
  using Uptime = std::chrono::nanoseconds;
  enum class Patience { blocks, returns };

  /// A blocked caller.
  struct Waiting {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Result<AccessToken>> result;
  };

  /// A caller that is told by a callback. Its registration ends when nobody holds the seat any more.
  struct Seat {
    std::optional<CancelRegistration> registration;
  };

  /// The answer that is there already, or else the ticket of the flight that the waiter sits in.
  struct Boarded {
    std::optional<Result<AccessToken>> answer;
    Flight::Ticket ticket = 0;
  };

  /// A waiter that is about to be told.
  struct Landed {
    Flight::Waiter waiter;
    std::shared_ptr<const Result<AccessToken>> outcome;
  };

  static Error closed_error() { return make_error(ErrorKind::cancelled, "the token provider was destroyed"); }

  /// When a use of the token has it renewed: at a random point, another one in each provider, in the first half of what
  /// is left of its usable life after `renew_after`. The other half is for trying again.
  [[nodiscard]] Uptime renewal_age(const AccessToken& token) const noexcept {
    constexpr double renew_after = 0.9;
    const std::chrono::duration<double, std::nano> life = token.usable_life();
    return std::chrono::duration_cast<Uptime>(life * (renew_after + (1 - renew_after) / 2 * renewal_spread_));
  }

  [[nodiscard]] double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  Boarded board(Patience patience, Clock::Steady deadline, const CancelToken& cancel, Flight::Waiter waiter) {
    const auto transport = setup_->transport.lock();
    if (!transport) return {closed_error()};
    const bool would_wait_for_itself = patience == Patience::blocks && !transport->may_block();
    Flight::Boarding boarding{};
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const Moment now = setup_->clock->moment();
      if (closed_) return {closed_error()};
      if (const auto* token = cache_.usable(now)) return {*token};
      if (cancel.cancelled() || setup_->clock->now() >= deadline)
        return {gave_up(cancel)};  // nobody would wait for the fetch
      if (!flight_.flying() && memory_.blocks(now)) return {*memory_.error(now)};
      if (would_wait_for_itself) return {invalid_argument("waiting for a token in a callback would wait for itself")};
      boarding = flight_.join(std::move(waiter));
    }
    if (boarding.first) begin_fetch(*transport);
    return {std::nullopt, boarding.ticket};
  }

  /// Begins a flight that nobody waits for, unless there is no need or no use: another thread may have had the token
  /// replaced since this one took it.
  void renew(const AccessToken& due) {
    const auto transport = setup_->transport.lock();
    if (!transport) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (closed_ || !cache_.is_current(due)) return;
      if (memory_.blocks(setup_->clock->moment()) || !flight_.launch()) return;
      no_renewal_before_ = Uptime::max().count();
    }
    begin_fetch(*transport);
  }

  void begin_fetch(Transport& transport) {
    const auto self = shared_from_this();
    const auto known = [self](const CredentialsMark& given) { return self->standing_error(given); };
    const auto fetch = std::make_shared<TokenFetch>(setup_, gate_, previous_, cancel_.token(), known,
                                                    [self](FetchOutcome outcome) { self->land(std::move(outcome)); });
    if (!transport.after(std::chrono::milliseconds(0), [fetch] { fetch->begin(); }))
      land({make_error(ErrorKind::overloaded, "no token: the transport takes no more requests")});
  }

  std::optional<Error> standing_error(const CredentialsMark& given) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Moment now = setup_->clock->moment();
    if (memory_.still(given, now)) return memory_.error(now);
    if (memory_.stands(now)) memory_.clear();  // the credentials have changed
    return std::nullopt;
  }

  void land(FetchOutcome outcome) {
    bool rotated = false;
    bool still_served = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (closed_) return;
      const Moment now = setup_->clock->moment();
      exchanges_ += outcome.requests;
      if (!outcome.quota.empty()) quota_ = outcome.quota;
      if (outcome.token) {
        rotated = std::exchange(minted_with_, outcome.credentials) != outcome.credentials && minted_ != 0;
        minted(*outcome.token, now);
      } else if (!outcome.remembered && worth_remembering(outcome.token.error())) {
        memory_.failed(outcome.token.error(), outcome.credentials, now, chance());
      }
      still_served = cache_.usable(now) != nullptr;
      const Uptime pause = outcome.token ? Uptime(0) : std::chrono::seconds(1);
      no_renewal_before_ = std::max(memory_.next_look(), now.uptime + pause).count();
      disembark(outcome.token);
    }
    if (!outcome.remembered) tell_of_fetch(setup_->options.on_event, outcome, rotated, still_served);
    tell_landed();
  }

  /// Ends the flight. Called under the mutex.
  void disembark(const Result<AccessToken>& outcome) {
    const auto shared = std::make_shared<const Result<AccessToken>>(outcome);
    for (auto& [ticket, waiter] : flight_.land()) landed_.push_back({std::move(waiter), shared});
  }

  /// Whoever calls this first tells all: the destructor, called by one of them or by an event's hook, must not leave
  /// the rest to be told after it.
  void tell_landed() {
    while (const auto landed = next_landed()) landed->waiter(*landed->outcome);
  }

  std::optional<Landed> next_landed() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (landed_.empty()) return std::nullopt;
    std::optional<Landed> next(std::move(landed_.front()));
    landed_.pop_front();
    return next;
  }

  /// Called under the mutex.
  void minted(const AccessToken& token, const Moment& now) {
    ++minted_;
    memory_.clear();
    ledger_.add(ledger_entry(token), token.lifetime(), now);
    store(token);
  }

  void store(AccessToken token) {
    shelf_.put(token);
    cache_.store(std::move(token));
  }

  /// Not what never left this process, so that the next call may try at once.
  static bool worth_remembering(const Error& error) noexcept {
    return error.kind != ErrorKind::overloaded && error.kind != ErrorKind::cancelled &&
           error.kind != ErrorKind::invalid_argument;
  }

  Result<AccessToken> wait(Waiting& waiting, Flight::Ticket ticket, Clock::Steady deadline, const CancelToken& cancel) {
    const CancelRegistration registration(cancel, [&waiting] {
      const std::lock_guard<std::mutex> lock(waiting.mutex);
      waiting.changed.notify_all();
    });
    {
      std::unique_lock<std::mutex> lock(waiting.mutex);
      while (!waiting.result && !cancel.cancelled() && setup_->clock->now() < deadline) {
        setup_->clock->wait_until(lock, waiting.changed, deadline);
      }
      if (waiting.result) return *waiting.result;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    flight_.leave(ticket);
    // the flight may have landed in this very moment
    if (const auto* token = cache_.usable(setup_->clock->moment())) return *token;
    return gave_up(cancel);
  }

  /// A waiter that is told by a callback gives up. Who has been told already is not told again.
  void leave(Flight::Ticket ticket, const CancelToken& cancel) {
    const Gate::Pass pass(*gate_);
    if (!pass) return;
    Flight::Waiter waiter;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      waiter = flight_.leave(ticket);
    }
    if (waiter) waiter(gave_up(cancel));
  }

  [[nodiscard]] Error gave_up(const CancelToken& cancel) const {
    if (cancel.cancelled()) return make_error(ErrorKind::cancelled, "the wait for a token was cancelled");
    return make_error(ErrorKind::timeout,
                      "no token in time: " + setup_->endpoints.issuer_url + " has not answered yet");
  }

  const std::shared_ptr<const TokenSetup> setup_;
  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  const std::shared_ptr<PreviousCredentials> previous_ = std::make_shared<PreviousCredentials>();
  const CancelSource cancel_;
  TokenShelf shelf_;  ///< What `cache_` holds, for the callers.

  /// The uptime in nanoseconds before which `renew` has nothing to do: what spares callers its lock.
  std::atomic<Uptime::rep> no_renewal_before_{Uptime::min().count()};

  std::mutex mutex_;  ///< Guards all that follows; never held across a request, a callback or a wait.
  TokenCache cache_;
  Flight flight_;
  std::deque<Landed> landed_;
  FailureMemory memory_;
  Ledger ledger_;
  CredentialsMark minted_with_;
  std::vector<QuotaBucket> quota_;
  std::uint64_t exchanges_ = 0;
  std::uint64_t minted_ = 0;
  bool closed_ = false;
  std::minstd_rand random_;
  const double renewal_spread_;
};

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
