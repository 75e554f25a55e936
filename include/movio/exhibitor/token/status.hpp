// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "../core/quota.hpp"
#include "../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A token that this process fetched and the API may still accept. Read these after a suspected leak.
struct LedgerEntry {
  std::string fingerprint;  ///< The first 8 hexadecimal digits of the token's SHA-256: its name in logs and events.
  std::string key_id;       ///< `kid` of the JWT's header; empty when there is none. Bounded, as the next one.
  std::string token_id;     ///< `jti` of the JWT (RFC 7519 section 4.1.7); empty when there is none.
  std::chrono::system_clock::time_point issued_at{};
  std::chrono::system_clock::time_point expires_at{};  ///< The latest possible time.
};

/// A snapshot of a `TokenProvider`. Durations are rounded down to seconds, and 0 where they do not apply.
struct TokenStatus {
  bool has_token = false;              ///< A usable token is cached. The next four members describe it.
  std::string fingerprint;             ///< As in the ledger.
  std::chrono::seconds age{0};         ///< Since its request was begun.
  std::chrono::seconds usable_for{0};  ///< Until it is no longer sent, shortly before it expires.
  std::chrono::seconds renewal_in{0};  ///< After that, its next use renews it in the background.
  bool fetching = false;               ///< A fetch is in progress ...
  std::size_t waiters = 0;             ///< ... and this many callers wait for it.
  std::uint64_t exchanges = 0;         ///< Completed requests to the issuer.
  std::uint64_t minted = 0;            ///< Tokens received.
  std::uint64_t loaded = 0;            ///< Tokens taken from the store.
  std::optional<Error> last_error;     ///< Why the last fetch failed; empty after a success.
  std::chrono::seconds retry_in{0};    ///< Remaining backoff after that failure.
  std::chrono::seconds no_replay_for{
      0};  ///< How long a 401 of the API causes no further fetch, since a fresh token was refused.
  std::vector<QuotaBucket> quota;  ///< As reported in the issuer's last answer.
};

/// One line of `key=value ...`, with nothing secret in it.
std::ostream& operator<<(std::ostream& out, const TokenStatus& status);

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/status.ipp"
#endif
