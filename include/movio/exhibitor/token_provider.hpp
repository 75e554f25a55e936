#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "cancel.hpp"
#include "credentials.hpp"
#include "curl_transport.hpp"
#include "detail/flight.hpp"
#include "detail/token_cache.hpp"
#include "detail/token_exchange.hpp"
#include "region.hpp"
#include "token_options.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// What a provider's callers, its exchange and its transport's callbacks share. Whoever calls in from the transport
/// holds a reference, so that it outlives the provider where it must.
class TokenCore : public std::enable_shared_from_this<TokenCore> {
 public:
  TokenCore(Endpoints endpoints, CredentialSource source, TokenOptions options,
            const std::shared_ptr<Transport>& transport)
      : endpoints_(std::move(endpoints)),
        source_(std::move(source)),
        options_(std::move(options)),
        clock_(options_.clock ? options_.clock : std::make_shared<SystemClock>()),
        transport_(transport) {}

  [[nodiscard]] const Endpoints& endpoints() const noexcept { return endpoints_; }
  [[nodiscard]] const TokenOptions& options() const noexcept { return options_; }
  [[nodiscard]] Clock& clock() const noexcept { return *clock_; }

  Result<AccessToken> token(Clock::Steady deadline, const CancelToken& cancel) {
    const auto transport = transport_.lock();
    if (!transport) return closed_error();
    const auto waiting = std::make_shared<Waiting>();
    std::optional<Flight::Boarding> boarding;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (closed_) return closed_error();
      if (const auto* token = cache_.usable(clock_->moment())) return *token;
      if (!transport->may_block()) return invalid_argument("waiting for a token in a callback would wait for itself");
      if (cancel.cancelled() || clock_->now() >= deadline)
        return gave_up(cancel);  // nobody would wait for the exchange
      boarding = flight_.join([waiting](const Result<AccessToken>& result) {
        const std::lock_guard<std::mutex> guard(waiting->mutex);
        waiting->result.emplace(result);
        waiting->changed.notify_all();
      });
    }
    if (boarding->first) begin_exchange(*transport);
    return wait(*waiting, boarding->ticket, deadline, cancel);
  }

  void invalidate(const AccessToken& token) {
    const std::lock_guard<std::mutex> lock(mutex_);
    cache_.invalidate(token);
  }

  bool reject(const AccessToken& token) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return cache_.reject(token, clock_->moment());
  }

  void confirm_rejection(const AccessToken& token) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      cache_.confirm_rejection(clock_->moment());
    }
    Event event;
    event.kind = EventKind::token_rejected;
    event.fingerprint = token.fingerprint();
    emit(options_.on_event, event);
  }

  /// Ends the exchange under way, tells its waiters, and returns when no callback of ours runs any more. Called inside
  /// one of them, it does not wait for itself.
  void close() {
    std::map<Flight::Ticket, Flight::Waiter> waiters;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      closed_ = true;
      waiters = flight_.land();
    }
    cancel_.cancel();
    for (const auto& [ticket, waiter] : waiters) waiter(closed_error());
    std::unique_lock<std::mutex> lock(mutex_);
    const auto ours =
        static_cast<std::ptrdiff_t>(std::count(working_.begin(), working_.end(), std::this_thread::get_id()));
    idle_.wait(lock, [this, ours] { return static_cast<std::ptrdiff_t>(working_.size()) == ours; });
  }

 private:
  /// A blocked caller.
  struct Waiting {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Result<AccessToken>> result;
  };

  /// What an exchange must remember until it is answered.
  struct Begun {
    ClientCredentials credentials;
    Moment issued;
    Clock::Steady at;
  };

  /// Marks the thread that runs one of our callbacks, so that `close` can wait for its end. Nothing when already
  /// closed.
  class Work {
   public:
    explicit Work(TokenCore& core) : core_(core) {
      const std::lock_guard<std::mutex> lock(core_.mutex_);
      open_ = !core_.closed_;
      if (open_) core_.working_.push_back(std::this_thread::get_id());
    }
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;
    ~Work() {
      if (!open_) return;
      const std::lock_guard<std::mutex> lock(core_.mutex_);
      auto& working = core_.working_;
      working.erase(std::find(working.begin(), working.end(), std::this_thread::get_id()));
      core_.idle_.notify_all();
    }
    explicit operator bool() const noexcept { return open_; }

   private:
    TokenCore& core_;
    bool open_ = false;
  };

  static Error closed_error() { return make_error(ErrorKind::cancelled, "the token provider was destroyed"); }

  void begin_exchange(Transport& transport) {
    const bool scheduled =
        transport.after(std::chrono::milliseconds(0), [self = shared_from_this()] { self->exchange(); });
    if (!scheduled) land(make_error(ErrorKind::overloaded, "no token: the transport takes no more requests"));
  }

  /// Runs on the transport's thread: no caller leads, so no caller's deadline or end touches the others.
  void exchange() {
    const Work work(*this);
    if (!work) return;
    auto begun = std::make_shared<Begun>();
    begun->at = clock_->now();
    begun->issued = clock_->moment();
    auto credentials = ask(source_);
    if (!credentials) return land(std::move(credentials.error()), begun->at);
    begun->credentials = *std::move(credentials);

    const auto transport = transport_.lock();
    if (!transport) return;  // the source dropped the last provider; its waiters have been told
    HttpRequest request = token_request({endpoints_, options_, begun->credentials});
    request.cancel = cancel_.token();
    transport->start(std::move(request), [self = shared_from_this(), begun](Result<HttpResponse> answer) {
      self->answered(*begun, std::move(answer));
    });
  }

  void answered(const Begun& begun, Result<HttpResponse> answer) {
    const Work work(*this);
    if (!work) return;
    land(answer ? read_token_answer({endpoints_, options_, begun.credentials}, *std::move(answer), begun.issued)
                : Result<AccessToken>(issuer_unreachable(endpoints_, std::move(answer.error()))),
         begun.at);
  }

  void land(Result<AccessToken> result, std::optional<Clock::Steady> begun = {}) {
    std::map<Flight::Ticket, Flight::Waiter> waiters;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (closed_) return;
      if (result) cache_.store(*result);
      waiters = flight_.land();
    }
    report(result, begun ? clock_->now() - *begun : Clock::Steady::duration(0));
    for (const auto& [ticket, waiter] : waiters) waiter(result);
  }

  void report(const Result<AccessToken>& result, Clock::Steady::duration duration) {
    Event event;
    event.duration = std::chrono::duration_cast<std::chrono::microseconds>(duration);
    if (result) {
      event.kind = EventKind::token_minted;
      event.fingerprint = result->fingerprint();
      event.lifetime = result->lifetime();
    } else {
      event.kind = EventKind::token_failed;
      event.error = &result.error();
    }
    emit(options_.on_event, event);
  }

  Result<AccessToken> wait(Waiting& waiting, Flight::Ticket ticket, Clock::Steady deadline, const CancelToken& cancel) {
    const CancelRegistration registration(cancel, [&waiting] {
      const std::lock_guard<std::mutex> lock(waiting.mutex);
      waiting.changed.notify_all();
    });
    {
      std::unique_lock<std::mutex> lock(waiting.mutex);
      while (!waiting.result && !cancel.cancelled() && clock_->now() < deadline) {
        clock_->wait_until(lock, waiting.changed, deadline);
      }
      if (waiting.result) return *waiting.result;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    flight_.leave(ticket);
    return gave_up(cancel);
  }

  [[nodiscard]] Error gave_up(const CancelToken& cancel) const {
    if (cancel.cancelled()) return make_error(ErrorKind::cancelled, "the wait for a token was cancelled");
    return make_error(ErrorKind::timeout, "no token in time: " + endpoints_.issuer_url + " has not answered yet");
  }

  const Endpoints endpoints_;
  const CredentialSource source_;
  const TokenOptions options_;
  const std::shared_ptr<Clock> clock_;
  const std::weak_ptr<Transport> transport_;
  const CancelSource cancel_;

  std::mutex mutex_;  ///< Guards all that follows; never held across a request, a callback or a wait.
  std::condition_variable idle_;
  TokenCache cache_;
  Flight flight_;
  std::vector<std::thread::id> working_;  ///< One entry for each `Work`.
  bool closed_ = false;
};

}  // namespace detail

/// Obtains access tokens by the client_credentials grant (RFC 6749 section 4.4) and keeps the current one until it is
/// about to expire. One provider is one pair of endpoints, so one audience, and one scope.
///
/// Any number of callers with no valid token cause one exchange, and all get its outcome. It runs on the transport, not
/// in a caller: each waits with its own deadline and cancellation, and one that leaves disturbs nobody.
///
/// Thread-safety: every call from any thread. The destructor ends an exchange that is under way; who waits gets
/// `cancelled`.
class TokenProvider {
 public:
  /// `transport` is a `CurlTransport` of its own when empty. Never throws on configuration: `ready()` tells.
  TokenProvider(Endpoints endpoints, CredentialSource source, TokenOptions options = {},
                std::shared_ptr<Transport> transport = nullptr)
      : transport_(transport ? std::move(transport) : std::make_shared<CurlTransport>()),
        ready_(configuration_of(endpoints, source, options)),
        core_(std::make_shared<detail::TokenCore>(std::move(endpoints), std::move(source), std::move(options),
                                                  transport_)) {}
  TokenProvider(const TokenProvider&) = delete;
  TokenProvider& operator=(const TokenProvider&) = delete;
  ~TokenProvider() { core_->close(); }

  /// Whether the configuration can be used. Errors: `invalid_argument`.
  [[nodiscard]] const Result<void>& ready() const noexcept { return ready_; }

  [[nodiscard]] const Endpoints& endpoints() const noexcept { return core_->endpoints(); }
  [[nodiscard]] const std::shared_ptr<Transport>& transport() const noexcept { return transport_; }
  [[nodiscard]] Clock& clock() const noexcept { return core_->clock(); }

  /// A valid token: the cached one at once, else one from the issuer, waiting for as long as an exchange may take.
  /// Errors: `credentials issuer_rejected issuer_unavailable tls proxy timeout protocol cancelled invalid_argument`.
  Result<AccessToken> token() {
    constexpr std::chrono::milliseconds grace(500);  // an exchange that times out is to say so itself
    if (!ready_) return ready_.error();
    return token(detail::deadline_after(detail::deadline_after(clock().now(), core_->options().timeout), grace));
  }

  /// The same with a deadline and a cancellation of the caller's own.
  Result<AccessToken> token(Clock::Steady deadline, const CancelToken& cancel = {}) {
    if (!ready_) return ready_.error();
    const auto core = core_;  // a waiter may outlive the provider by the moment it takes to be told so
    return core->token(deadline, cancel);
  }

  /// Forgets a token, if it is still the current one; the next call fetches another.
  void invalidate(const AccessToken& token) { core_->invalidate(token); }

  /// For whoever sends the token: the API answered 401 to it. Forgets it, if it is still the current one, and tells
  /// whether one more try with `token()` is worth it. It is not while a fresh token was found to be refused as well.
  [[nodiscard]] bool reject(const AccessToken& token) { return core_->reject(token); }

  /// The API answered 401 to that one more try too: no 401 causes another exchange for five minutes.
  void confirm_rejection(const AccessToken& token) {
    const auto core = core_;  // the event's hook may end the provider
    core->confirm_rejection(token);
  }

 private:
  static Result<void> configuration_of(const Endpoints& endpoints, const CredentialSource& source,
                                       const TokenOptions& options) {
    if (auto usable = check(endpoints); !usable) return usable;
    if (!source) return detail::invalid_argument("the credential source is empty");
    if (options.timeout.count() <= 0) return detail::invalid_argument("TokenOptions::timeout must be positive");
    constexpr std::chrono::hours ten_years(24 * 3652);
    if (options.assumed_lifetime.count() <= 0 || options.assumed_lifetime > ten_years)
      return detail::invalid_argument("TokenOptions::assumed_lifetime must be positive, and at most ten years");
    return {};
  }

  std::shared_ptr<Transport> transport_;
  Result<void> ready_;
  std::shared_ptr<detail::TokenCore> core_;
};

}  // namespace v0
}  // namespace movio::exhibitor
