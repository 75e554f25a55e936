#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../core/cancel.hpp"
#include "../curl/transport.hpp"
#include "../detail/os/fork_local.hpp"
#include "../detail/os/system_clock.hpp"
#include "credentials.hpp"
#include "detail/provider_core.hpp"
#include "options.hpp"
#include "region.hpp"
#include "status.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Obtains access tokens by the client_credentials grant (RFC 6749 section 4.4) and keeps the current one. One provider
/// is one pair of endpoints, so one audience, and one scope; several tenants or regions are several providers.
///
/// Operation
/// ---------
/// *Fetching.* The provider asks the issuer on the first use, and renews in the last tenth of a token's usable life (a
/// token of 24 hours: after 21.6 to 22.8 hours, at a random point in each process). The renewal runs in the background;
/// callers get the cached token until a minute before it expires, or a tenth of its life if that is shorter. An idle
/// program requests nothing. Any number of callers without a token cause one request and share its outcome. The request
/// runs on the transport, not in a caller's thread: each caller waits with its own deadline and cancellation.
///
/// *Issuer failures.* A valid token stays in use. After a failure the provider backs off for 1 s, then 2 s, up to 300 s
/// (each shortened at random by up to half), or for the issuer's Retry-After, at most an hour. Callers without a token
/// get the failure at once, with `retry_after`. Calls of `ExhibitorClient` wait for an issuer that cannot be reached or
/// is overloaded, within their own deadline.
///
/// *Rotation of the secret.* The credential source is read at every exchange, once more when the issuer refuses the
/// credentials, and then at most once a second while that failure lasts and calls come in. A new secret is used at
/// once. If the issuer refuses it within a minute of the change, because it does not know it yet, the previous secret
/// is tried once if it was good, and then wiped. The token of the old secret is used until it expires; Movio cannot
/// revoke it.
///
/// *401 from the API.* The token is replaced once, and the call repeated once. If the new token is refused too, the
/// configuration is wrong: no 401 causes another fetch for five minutes.
///
/// *Clock changes.* A token's age is the larger of two clocks' values: one that counts suspended time, and the wall
/// clock. Setting the wall clock back does not extend a token's life.
///
/// *Suspected leak.* Rotate the secret, then read `ledger()`: the fingerprint and expiry of every token that this
/// process fetched and the API may still accept.
///
/// *Monitoring.* `TokenOptions::on_event`: `token_failed` (calls fail), `renewal_failed` (calls will fail when the
/// token expires), `quota_low`, `token_rejected`. `status()` has the rest.
///
/// *fork().* A forked child keeps the cached token and makes its own connections. A fetch in progress stays the
/// parent's.
///
/// Thread-safety: every call from any thread. The destructor ends a fetch in progress; its waiters get `cancelled`.
///
/// Errors of all calls that give a token: `credentials issuer_rejected issuer_unavailable tls proxy timeout protocol
/// too_large overloaded cancelled invalid_argument`, and the kinds that the credential source gives.
class TokenProvider {
 public:
  using Completion = std::function<void(Result<AccessToken>)>;

  /// `transport` is a `CurlTransport` of its own when empty. Never throws on configuration: `ready()` tells.
  TokenProvider(Endpoints endpoints, CredentialSource source, TokenOptions options = {},
                std::shared_ptr<Transport> transport = nullptr)
      : transport_(transport ? std::move(transport) : std::make_shared<CurlTransport>()),
        ready_(configuration_of(endpoints, source, options)),
        setup_(setup_of(std::move(endpoints), std::move(source), std::move(options), transport_)),
        core_([setup = setup_](const detail::ProviderCore* parents) {
          return std::make_shared<detail::ProviderCore>(setup, parents);
        }) {}
  TokenProvider(const TokenProvider&) = delete;
  TokenProvider& operator=(const TokenProvider&) = delete;
  ~TokenProvider() {
    if (auto* core = core_.own()) core->close();
  }

  /// Whether the configuration can be used. Errors: `invalid_argument`.
  [[nodiscard]] const Result<void>& ready() const noexcept { return ready_; }

  [[nodiscard]] const Endpoints& endpoints() const noexcept { return setup_->endpoints; }
  [[nodiscard]] const std::shared_ptr<Transport>& transport() const noexcept { return transport_; }
  [[nodiscard]] Clock& clock() const noexcept { return *setup_->clock; }

  /// Returns the cached token, or waits for one from the issuer, at most as long as an exchange may take.
  Result<AccessToken> token() {
    return token_within([this] { return usual_deadline(); }, {});
  }

  /// Waits until `deadline` at most, or until cancelled.
  Result<AccessToken> token(Clock::Steady deadline, const CancelToken& cancel = {}) {
    return token_within([deadline] { return deadline; }, cancel);
  }

  /// Waits for `timeout` at most, or until cancelled.
  Result<AccessToken> token(std::chrono::milliseconds timeout, const CancelToken& cancel = {}) {
    return token_within([this, timeout] { return detail::deadline_after(clock().now(), timeout); }, cancel);
  }

  /// Gives the token to a completion, which is called exactly once: by this function if the outcome is known already,
  /// otherwise on the transport's thread, or on the thread that cancels or destroys the provider; never after the
  /// destructor. Exceptions of the completion are dropped.
  template <class Callback>
  void token_async(const Callback& completion, Clock::Steady deadline, const CancelToken& cancel = {}) {
    if (!ready_) return detail::ProviderCore::tell(completion, ready_.error());
    const auto core = core_.get();  // the completion may end the provider
    if (auto token = core->at_hand()) return detail::ProviderCore::tell(completion, *std::move(token));
    core->token_async(completion, deadline, cancel);
  }
  void token_async(const Completion& completion) { token_async(completion, usual_deadline()); }

  /// The same as a future.
  [[nodiscard]] std::future<Result<AccessToken>> token_async() {
    const auto promise = std::make_shared<std::promise<Result<AccessToken>>>();
    token_async([promise](Result<AccessToken> token) { promise->set_value(std::move(token)); });
    return promise->get_future();
  }

  /// The value of the `Authorization` header, "Bearer ...", for other HTTP code. To report a 401 with `reject`, take
  /// `token()` instead, whose `authorization()` is the same text.
  Result<Secret> authorization() {
    const auto current = token();
    if (!current) return current.error();
    return Secret(std::string(current->authorization()));
  }

  /// Waits for the client id of the credential source, which is read on the transport's thread, as for an exchange.
  /// Errors: the kinds that the source gives; `overloaded` when the transport is going away; `invalid_argument` in a
  /// callback on the transport's thread.
  Result<std::string> client_id() {
    if (!ready_) return ready_.error();
    if (!transport_->may_block()) {
      return detail::invalid_argument("client_id is not allowed in a callback (it would deadlock)");
    }
    auto asked = std::make_shared<std::promise<Result<std::string>>>();
    auto told = asked->get_future();
    auto ask = [asked, setup = setup_] {
      auto credentials = detail::ask(setup->source);
      asked->set_value(credentials ? Result<std::string>(std::move(credentials->client_id)) : credentials.error());
    };
    asked.reset();
    try {
      if (transport_->after(std::chrono::milliseconds(0), std::move(ask))) return told.get();
    } catch (const std::future_error&) {  // the task was dropped
    }
    return detail::make_error(ErrorKind::overloaded, "the transport is going away, so the client id is not known");
  }

  /// Drops a token if it is still the current one; the next call fetches another.
  void invalidate(const AccessToken& token) { core_.get()->invalidate(token); }

  /// Reports that the API answered 401 to the token. Drops it if it is still the current one, and returns whether the
  /// call may be tried once more with `token()`: false while a fresh token has been refused as well. Report tokens that
  /// the API accepts with `AccessToken::note_accepted`.
  [[nodiscard]] bool reject(const AccessToken& token) {
    const auto core = core_.get();  // the event's hook may end the provider
    return core->reject(token);
  }

  /// Reports that the API answered 401 to that second try: no 401 causes another fetch for five minutes.
  void confirm_rejection(const AccessToken& token) {
    const auto core = core_.get();  // the event's hook may end the provider
    core->confirm_rejection(token);
  }

  /// A snapshot: token, renewal, failures, quota. Nothing in it is secret.
  [[nodiscard]] TokenStatus status() const { return core_.get()->status(); }

  /// The tokens minted in this process that the API may still accept, oldest first; at most the last 4096.
  [[nodiscard]] std::vector<LedgerEntry> ledger() const { return core_.get()->ledger(); }

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

  static std::shared_ptr<const detail::TokenSetup> setup_of(Endpoints endpoints, CredentialSource source,
                                                            TokenOptions options,
                                                            const std::shared_ptr<Transport>& transport) {
    auto clock = options.clock ? options.clock : std::make_shared<SystemClock>();
    return std::make_shared<const detail::TokenSetup>(
        detail::TokenSetup{std::move(endpoints), std::move(source), std::move(options), std::move(clock), transport});
  }

  [[nodiscard]] Clock::Steady usual_deadline() const {
    constexpr std::chrono::milliseconds grace(500);  // an exchange that times out is to say so itself
    return detail::deadline_after(detail::deadline_after(clock().now(), setup_->options.timeout), grace);
  }

  /// The clock is asked for the deadline only when there is something to wait for.
  template <class Deadline>
  Result<AccessToken> token_within(Deadline deadline, const CancelToken& cancel) {
    if (!ready_) return ready_.error();
    const auto& current = core_.get();
    if (auto token = current->at_hand()) return *std::move(token);
    const auto core = current;  // a waiter may outlive the provider by the moment it takes to be told so
    return core->wait_for_token(deadline(), cancel);
  }

  std::shared_ptr<Transport> transport_;
  Result<void> ready_;
  std::shared_ptr<const detail::TokenSetup> setup_;
  detail::ForkLocal<detail::ProviderCore> core_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor
