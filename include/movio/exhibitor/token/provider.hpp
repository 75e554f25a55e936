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
/// What an operator should know
/// ----------------------------
/// *When the issuer is asked.* On the first use, and in the last tenth of a token's usable life (a day's token: after
/// 21.6 to 22.8 hours, at a random moment in each process). That renewal runs in the background; callers get the token
/// that there is until a minute before it expires, or a tenth of its life if that is shorter. An idle program asks for
/// nothing. Any number of callers without a token
/// cause one request and share its outcome. It runs on the transport, not in a caller: each waits with its own deadline
/// and cancellation, and one that leaves disturbs nobody.
///
/// *When the issuer fails.* A valid token goes on being used. After a failure the issuer is left in peace for 1 s, then
/// 2 s, up to 300 s (each shortened by a random part, at most half), or for as long as its Retry-After says, at most an
/// hour. Callers without a token get the failure at once, with `retry_after`; calls of `ExhibitorClient` wait for an
/// issuer that cannot be reached or is overloaded, as long as their own deadline allows.
///
/// *When the secret is rotated.* The credential source is asked at every exchange, once more when the issuer refuses
/// what it gave, and then, while that failure lasts, once a second as calls come in: a new secret is used from then on.
/// An issuer may not know it yet: when it refuses one within a minute of the change, the secret before is tried once
/// more if it was good, and wiped. The token of the old one is used until it expires; Movio cannot revoke it.
///
/// *When the API answers 401.* The token is replaced once, and the call repeated once. If the new token is refused too,
/// that is a configuration fault: no 401 costs another token for five minutes.
///
/// *When time jumps.* A token's age is the larger of what two clocks say: one that counts suspended time and one for
/// the time of day. Setting the latter back prolongs nothing.
///
/// *After a suspected leak.* Rotate the secret, then see `ledger()`: every token minted in this process that the API
/// may still accept, by fingerprint, and until when.
///
/// *What to watch.* `TokenOptions::on_event`: `token_failed` (calls fail), `renewal_failed` (they will, at the token's
/// end), `quota_low`, `token_rejected`. `status()` tells the rest.
///
/// *After fork().* The child goes on with the token that was cached and makes its own connections. What the parent has
/// under way stays the parent's.
///
/// Thread-safety: every call from any thread. The destructor ends an exchange that is under way; who waits gets
/// `cancelled`.
///
/// Errors of all calls that give a token: `credentials issuer_rejected issuer_unavailable tls proxy timeout protocol
/// too_large overloaded cancelled invalid_argument`, and what kinds the credential source gives.
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

  /// A valid token: the cached one at once, else one from the issuer, waiting for as long as an exchange may take.
  Result<AccessToken> token() {
    return token_within([this] { return usual_deadline(); }, {});
  }

  /// The same with a deadline and a cancellation of the caller's own.
  Result<AccessToken> token(Clock::Steady deadline, const CancelToken& cancel = {}) {
    return token_within([deadline] { return deadline; }, cancel);
  }

  /// The same, waiting for at most `timeout`.
  Result<AccessToken> token(std::chrono::milliseconds timeout, const CancelToken& cancel = {}) {
    return token_within([this, timeout] { return detail::deadline_after(clock().now(), timeout); }, cancel);
  }

  /// The same without waiting. The completion is called exactly once: by this call when the outcome is known already,
  /// else on the transport's thread or by whoever cancels or destroys the provider; never after the destructor. What it
  /// throws is dropped. It becomes a `Completion` only when there is something to wait for.
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

  /// For HTTP code of your own: the ready value of the `Authorization` header, "Bearer ...". Whoever wants to tell
  /// `reject` of a 401 takes `token()` instead, whose `authorization()` is the same text.
  Result<Secret> authorization() {
    const auto current = token();
    if (!current) return current.error();
    return Secret(std::string(current->authorization()));
  }

  /// The client id that the credential source gives, which is asked on the transport's thread, as for an exchange.
  /// Waits for it. Errors: what kinds the source gives; `overloaded` when the transport is going away.
  Result<std::string> client_id() {
    if (!ready_) return ready_.error();
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

  /// Forgets a token, if it is still the current one; the next call fetches another.
  void invalidate(const AccessToken& token) { core_.get()->invalidate(token); }

  /// For whoever sends the token: the API answered 401 to it. Forgets it, if it is still the current one, and tells
  /// whether one more try with `token()` is worth it. It is not while a fresh token was found to be refused as well;
  /// tell a token that was taken so with `note_accepted()`.
  [[nodiscard]] bool reject(const AccessToken& token) {
    const auto core = core_.get();  // the event's hook may end the provider
    return core->reject(token);
  }

  /// The API answered 401 to that one more try too: no 401 causes another exchange for five minutes.
  void confirm_rejection(const AccessToken& token) {
    const auto core = core_.get();  // the event's hook may end the provider
    core->confirm_rejection(token);
  }

  /// How things stand.
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
