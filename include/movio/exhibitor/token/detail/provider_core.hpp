// SPDX-License-Identifier: MIT
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
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/new_shared.hpp"
#include "../../detail/os/random.hpp"
#include "cache.hpp"
#include "events.hpp"
#include "fetch.hpp"
#include "ledger.hpp"
#include "renewal_window.hpp"
#include "waiters.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The state of a provider, shared by its callers, its fetches and the transport's callbacks. Each callback holds a
/// reference, so that the core outlives the provider where it must.
class ProviderCore : public FetchOwner, public std::enable_shared_from_this<ProviderCore> {
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

  /// In a forked child, `parents` is the source of the cached token.
  ProviderCore(std::shared_ptr<const TokenSetup> setup, const ProviderCore* parents)
      : setup_(std::move(setup)), backoff_(!setup_->store.expired()), window_(setup_->options.renew_after) {
    if (parents == nullptr) return;
    if (auto token = parents->cache_.salvage()) cache_.store(*std::move(token));
  }

  /// The cached token, if it can be sent. Waits at most for the lock of one slot of the cache.
  std::optional<AccessToken> at_hand() {
    auto token = cache_.take();
    if (!token) return token;
    const Moment now = setup_->clock->moment();  // read last: the lock may have been waited for
    const Uptime age = token->age(now);
    const Uptime life = token->usable_life();
    if (age >= life) return std::nullopt;
    if (age >= window_.begin(life) && now.uptime >= Uptime(no_renewal_before_.load())) renew(*token);
    return token;
  }

  Result<AccessToken> wait_for_token(Clock::Steady deadline, const CancelToken& cancel) {
    const auto waiting = new_shared<Waiting>();
    const auto joined = join(Patience::blocks, deadline, cancel, [waiting](const Result<AccessToken>& result) {
      const std::lock_guard<std::mutex> guard(waiting->mutex);
      waiting->result.emplace(result);
      waiting->changed.notify_all();
    });
    return joined.answer ? *joined.answer : wait(*waiting, joined.ticket, deadline, cancel);
  }

  void token_async(const Completion& completion, Clock::Steady deadline, const CancelToken& cancel) {
    const auto waiting = new_shared<AsyncWaiting>();
    const auto joined = join(Patience::returns, deadline, cancel,
                             [completion, waiting](const auto& result) { tell(completion, result); });
    if (joined.answer) return tell(completion, *joined.answer);
    const auto leave = [weak = weak_from_this(), ticket = joined.ticket, cancel] {
      if (const auto self = weak.lock()) self->leave(ticket, cancel);
    };
    const auto transport = setup_->transport.lock();
    if (transport && deadline != Clock::Steady::max()) {
      transport->after(std::chrono::ceil<std::chrono::milliseconds>(deadline - setup_->clock->now()), leave);
    }
    waiting->registration.emplace(cancel, leave);
  }

  void invalidate(const AccessToken& token) {
    const std::lock_guard<std::mutex> lock(mutex_);
    cache_.invalidate(token);
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
      status.renewal_in = seconds(window_.begin(token->usable_life()) - token->age(now));
    }
    status.fetching = waiters_.fetching();
    status.waiters = waiters_.waiting();
    status.exchanges = exchanges_;
    status.minted = minted_;
    status.loaded = loaded_;
    status.last_error = backoff_.error(now);
    if (status.last_error) status.retry_in = *status.last_error->retry_after;
    status.no_replay_for = seconds(cache_.pause_left(now));
    status.quota = quota_;
    return status;
  }

  [[nodiscard]] std::vector<LedgerEntry> ledger() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return ledger_.live(setup_->clock->moment());
  }

  /// Ends the fetch in progress, notifies its waiters, and waits until none of this provider's callbacks is running,
  /// except the calling one.
  void close() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      closed_ = true;
      queue_notifications(closed_error());
    }
    cancel_.cancel();
    notify_waiters();
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

  /// A caller that is notified by a callback. Its cancellation ends with the last reference to this.
  struct AsyncWaiting {
    std::optional<CancelRegistration> registration;
  };

  /// The answer if there is one already, otherwise the waiter's ticket.
  struct Joined {
    std::optional<Result<AccessToken>> answer;
    Waiters::Ticket ticket = 0;
  };

  struct Notification {
    Waiters::Waiter waiter;
    std::shared_ptr<const Result<AccessToken>> outcome;
  };

  static Error closed_error() { return make_error(ErrorKind::cancelled, "the token provider was destroyed"); }

  Joined join(Patience patience, Clock::Steady deadline, const CancelToken& cancel, Waiters::Waiter waiter) {
    const auto transport = setup_->transport.lock();
    if (!transport) return {closed_error()};
    const bool would_wait_for_itself = patience == Patience::blocks && !transport->may_block();
    Waiters::Joined joined{};
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const Moment now = setup_->clock->moment();
      if (closed_) return {closed_error()};
      if (const auto* token = cache_.usable(now)) return {*token};
      if (cancel.cancelled() || setup_->clock->now() >= deadline)
        return {gave_up(cancel)};  // do not start a fetch for it
      if (!waiters_.fetching() && backoff_.blocks(now)) return {*backoff_.error(now)};
      if (would_wait_for_itself)
        return {
            invalid_argument("blocking calls are not allowed in a callback (it would deadlock); use the async form")};
      joined = waiters_.join(std::move(waiter));
      if (joined.first) reason_ = cache_.lack();
    }
    if (joined.first) begin_fetch(*transport);
    return {std::nullopt, joined.ticket};
  }

  /// Starts a background renewal unless one is running, backing off, or closed, or another thread has replaced the
  /// token since this one took it.
  void renew(const AccessToken& due) {
    const auto transport = setup_->transport.lock();
    if (!transport) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (closed_ || !cache_.is_current(due)) return;
      if (backoff_.blocks(setup_->clock->moment()) || !waiters_.begin_fetch()) return;
      no_renewal_before_ = Uptime::max().count();
      reason_ = "ahead";
    }
    begin_fetch(*transport, due.age(setup_->clock->moment()) < window_.last_call(due.usable_life()));
  }

  void begin_fetch(Transport& transport, bool may_put_off = false) {
    const auto self = shared_from_this();
    const auto fetch = new_shared<TokenFetch>(setup_, gate_, previous_, cancel_.token(), self, may_put_off);
    if (!transport.after(std::chrono::milliseconds(0), [fetch] { fetch->begin(); }))
      complete({make_error(ErrorKind::overloaded, "no token: the transport takes no more requests")});
  }

  std::optional<Error> standing_error(const CredentialsMark& given) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Moment now = setup_->clock->moment();
    if (backoff_.still(given, now)) return backoff_.error(now);
    if (!backoff_.stands(now)) return std::nullopt;
    backoff_.clear();
    reason_ = "credentials_changed";
    return std::nullopt;
  }

  SharedTokens::Verdict judge(const AccessToken& token) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return cache_.judge(token);
  }

  /// A renewal that can wait: its next use tries again. A caller who needs a token by now does not wait for that.
  void put_off() {
    const auto transport = setup_->transport.lock();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (closed_) return;
      const bool needed = waiters_.waiting() != 0;
      if (!needed || !transport) {
        const auto pause = std::chrono::duration<double>(1 + chance());
        no_renewal_before_ = (setup_->clock->moment().uptime + std::chrono::duration_cast<Uptime>(pause)).count();
        queue_notifications(closed_error());
        return;
      }
      reason_ = cache_.lack();
    }
    begin_fetch(*transport);
  }

  void complete(FetchOutcome outcome) override {
    if (outcome.put_off) return put_off();
    FetchNews news{};
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (closed_) return;
      const Moment now = setup_->clock->moment();
      exchanges_ += outcome.requests;
      if (!outcome.quota.empty()) quota_ = outcome.quota;
      if (outcome.token) {
        news.rotated =
            std::exchange(obtained_with_, outcome.credentials) != outcome.credentials && minted_ + loaded_ != 0;
        obtained(outcome, now);
      } else if (!outcome.remembered && worth_remembering(outcome.token.error())) {
        backoff_.failed(outcome.token.error(), outcome.credentials, now, chance());
      }
      news.reason = reason_;
      news.still_served = cache_.usable(now) != nullptr;
      const Uptime pause = outcome.token ? Uptime(0) : std::chrono::seconds(1);
      no_renewal_before_ = std::max(backoff_.next_look(), now.uptime + pause).count();
      queue_notifications(outcome.token);
    }
    if (!outcome.remembered) tell(outcome, news);
    notify_waiters();
  }

  void tell(const FetchOutcome& outcome, FetchNews news) const {
    const auto store = setup_->store.lock();
    if (store) news.origin = store->kind();
    tell_of_fetch(setup_->options.on_event, outcome, news);
  }

  /// Ends the fetch and queues the waiters' notifications. Called under the mutex.
  void queue_notifications(const Result<AccessToken>& outcome) {
    const auto shared = new_shared<const Result<AccessToken>>(outcome);
    for (auto& [ticket, waiter] : waiters_.complete()) notifications_.push_back({std::move(waiter), shared});
  }

  /// Drains the queue: the first caller notifies every waiter. A waiter or an event hook may destroy the provider,
  /// whose destructor then notifies the rest before it returns.
  void notify_waiters() {
    while (const auto next = next_notification()) next->waiter(*next->outcome);
  }

  std::optional<Notification> next_notification() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (notifications_.empty()) return std::nullopt;
    std::optional<Notification> next(std::move(notifications_.front()));
    notifications_.pop_front();
    return next;
  }

  /// Called under the mutex.
  void obtained(FetchOutcome& outcome, const Moment& now) {
    ++(outcome.loaded ? loaded_ : minted_);
    backoff_.clear();
    const auto age = outcome.loaded ? outcome.token->age(now) : Uptime(0);
    ledger_.add(std::move(outcome.entry), outcome.token->lifetime(), now, age);
    cache_.store(*outcome.token);
  }

  /// False for failures within this process, so that the next call may try at once.
  static bool worth_remembering(const Error& error) noexcept {
    return error.kind != ErrorKind::overloaded && error.kind != ErrorKind::cancelled &&
           error.kind != ErrorKind::invalid_argument;
  }

  Result<AccessToken> wait(Waiting& waiting, Waiters::Ticket ticket, Clock::Steady deadline,
                           const CancelToken& cancel) {
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
    waiters_.leave(ticket);
    // the fetch may have completed meanwhile
    if (const auto* token = cache_.usable(setup_->clock->moment())) return *token;
    return gave_up(cancel);
  }

  /// Gives up for a waiter with a callback, unless it has been notified already.
  void leave(Waiters::Ticket ticket, const CancelToken& cancel) {
    const CallbackGate::Pass pass(*gate_);
    if (!pass) return;
    Waiters::Waiter waiter;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      waiter = waiters_.leave(ticket);
    }
    if (waiter) waiter(gave_up(cancel));
  }

  [[nodiscard]] Error gave_up(const CancelToken& cancel) const {
    if (cancel.cancelled()) return make_error(ErrorKind::cancelled, "the wait for a token was cancelled");
    return make_error(ErrorKind::timeout,
                      "no token in time: " + setup_->endpoints.issuer_url + " has not answered yet");
  }

  const std::shared_ptr<const TokenSetup> setup_;
  const std::shared_ptr<CallbackGate> gate_ = new_shared<CallbackGate>();
  const std::shared_ptr<PreviousCredentials> previous_ = new_shared<PreviousCredentials>();
  const CancelSource cancel_;

  /// The uptime in nanoseconds before which `renew` has nothing to do, so that callers need not lock.
  std::atomic<Uptime::rep> no_renewal_before_{Uptime::min().count()};

  std::mutex mutex_;  ///< Guards all that follows; never held across a request, a callback or a wait.
  TokenCache cache_;  ///< Callers take tokens from it without the mutex.
  Waiters waiters_;
  std::deque<Notification> notifications_;
  FailureBackoff backoff_;
  Ledger ledger_;
  std::string_view reason_;  ///< Of the fetch in progress, as in `Event::reason`.
  CredentialsMark obtained_with_;
  std::vector<QuotaBucket> quota_;
  std::uint64_t exchanges_ = 0;
  std::uint64_t minted_ = 0;
  std::uint64_t loaded_ = 0;
  bool closed_ = false;
  const RenewalWindow window_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
