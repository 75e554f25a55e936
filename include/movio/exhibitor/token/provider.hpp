// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../core/cancel.hpp"
#include "../core/transport.hpp"
#include "../curl/transport.hpp"
#include "access_token.hpp"
#include "credentials.hpp"
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
/// token of 24 hours: after 21.6 to 22.8 hours, at a random point in each process), or from
/// `TokenOptions::renew_after` on. The renewal runs in the background; callers get the cached token until a minute
/// before it expires, or a tenth of its life if that is shorter. An idle program requests nothing. Any number of
/// callers without a token cause one request and share its outcome. The request runs on the transport, not in a
/// caller's thread: each caller waits with its own deadline and cancellation.
///
/// *Issuer failures.* A valid token stays in use. After a failure the provider backs off for 1 s, then 2 s, up to 300 s
/// (each shortened at random by up to half), or for the issuer's Retry-After, at most an hour. Callers without a token
/// get the failure at once, with `retry_after`. Calls of `ExhibitorClient` wait for an issuer that cannot be reached or
/// is overloaded, within their own deadline.
///
/// *Sharing.* With `TokenOptions::store` the processes that have the same credentials share a token: the store is asked
/// before the issuer, and one process renews for all. While the store fails, each process asks the issuer when it needs
/// a token, and puts a renewal off until the last seventh of what is left.
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
/// token expires), `quota_low`, `token_rejected`, `store_failed`. `status()` has the rest.
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
                std::shared_ptr<Transport> transport = nullptr);
  TokenProvider(const TokenProvider&) = delete;
  TokenProvider& operator=(const TokenProvider&) = delete;
  ~TokenProvider();

  /// Whether the configuration can be used. Errors: `invalid_argument`.
  [[nodiscard]] const Result<void>& ready() const noexcept;

  /// The addresses that it was made with.
  [[nodiscard]] const Endpoints& endpoints() const noexcept;
  /// What it sends its requests through; never empty.
  [[nodiscard]] const std::shared_ptr<Transport>& transport() const noexcept;
  /// The clock that it tells time by.
  [[nodiscard]] Clock& clock() const noexcept;

  /// Returns the cached token, or waits for one from the issuer, at most as long as an exchange may take.
  Result<AccessToken> token();

  /// Waits until `deadline` at most, or until cancelled.
  Result<AccessToken> token(Clock::Steady deadline, const CancelToken& cancel = {});

  /// Waits for `timeout` at most, or until cancelled.
  Result<AccessToken> token(std::chrono::milliseconds timeout, const CancelToken& cancel = {});

  /// Gives the token to a completion, which is called exactly once: by this function if the outcome is known already,
  /// otherwise on the transport's thread, or on the thread that cancels or destroys the provider; never after the
  /// destructor. Exceptions of the completion are dropped.
  template <class Callback>
  void token_async(const Callback& completion, Clock::Steady deadline, const CancelToken& cancel = {}) {
    if (const auto known = known_outcome()) {
      tell(completion, *known);
    } else {
      wait_async(completion, deadline, cancel);
    }
  }
  /// Waits at most as long as an exchange may take.
  void token_async(const Completion& completion);

  /// The same as a future.
  [[nodiscard]] std::future<Result<AccessToken>> token_async();

  /// The value of the `Authorization` header, "Bearer ...", for other HTTP code. To report a 401 with `reject`, take
  /// `token()` instead, whose `authorization()` is the same text.
  Result<Secret> authorization();

  /// Waits for the client id of the credential source, which is read on the transport's thread, as for an exchange.
  /// Errors: the kinds that the source gives; `overloaded` when the transport is going away; `invalid_argument` in a
  /// callback on the transport's thread.
  Result<std::string> client_id();

  /// Drops a token if it is still the current one; the next call fetches another.
  void invalidate(const AccessToken& token);

  /// Reports that the API answered 401 to the token. Drops it if it is still the current one, and returns whether the
  /// call may be tried once more with `token()`: false while a fresh token has been refused as well. Report tokens that
  /// the API accepts with `AccessToken::note_accepted`.
  [[nodiscard]] bool reject(const AccessToken& token);

  /// Reports that the API answered 401 to that second try: no 401 causes another fetch for five minutes.
  void confirm_rejection(const AccessToken& token);

  /// A snapshot: token, renewal, failures, quota. Nothing in it is secret.
  [[nodiscard]] TokenStatus status() const;

  /// The tokens minted in this process that the API may still accept, oldest first; at most the last 4096.
  [[nodiscard]] std::vector<LedgerEntry> ledger() const;

 private:
  struct State;

  template <class Callback>
  static void tell(const Callback& completion, const Result<AccessToken>& outcome) noexcept {
    try {
      completion(outcome);
    } catch (...) {  // NOLINT(bugprone-empty-catch): a callback's failure must not keep the others from being told
    }
  }

  /// What a call need not wait for: the cached token, or why there never is one.
  std::optional<Result<AccessToken>> known_outcome();
  void wait_async(const Completion& completion, Clock::Steady deadline, const CancelToken& cancel);

  const std::unique_ptr<State> state_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/provider.ipp"
#endif
