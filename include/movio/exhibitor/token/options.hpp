// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "../core/clock.hpp"
#include "../core/events.hpp"
#include "store.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// How the client proves who it is at the token endpoint (RFC 6749 section 2.3.1).
enum class ClientAuthentication {
  basic,  ///< HTTP Basic, the vendor's documented way.
  post,   ///< `client_id` and `client_secret` in the form body.
};

struct TokenOptions {
  std::string scope{};  ///< Space separated (RFC 6749 section 3.3); not sent when empty.
  ClientAuthentication client_authentication = ClientAuthentication::basic;
  /// Of one exchange, and of `token()` without a deadline. With a store an exchange has two fifths of it: the rest is
  /// for waiting until another process has done its own.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  std::chrono::seconds assumed_lifetime = std::chrono::hours(24);  ///< Of a token without `expires_in` and `exp`.
  /// The share of its usable life after which a token is renewed, above 0 and below 1. 0.5 outlives an issuer that is
  /// down for half a day, at twice the tokens.
  double renew_after = 0.9;
  /// Where processes share their tokens: `sealed` of a `TokenStore`. Asked after the memory and before the issuer.
  std::shared_ptr<SharedTokens> store{};
  EventHook on_event{};            ///< Receives the events of tokens.
  std::shared_ptr<Clock> clock{};  ///< For tests; the machine's clocks when empty.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
