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

/// A token that was minted in this process and that the API may still accept: what is at stake after a suspected leak.
struct LedgerEntry {
  std::string fingerprint;  ///< The first 8 hexadecimal digits of the token's SHA-256: its name in logs and events.
  std::string key_id;       ///< `kid` of the JWT's header; empty when there is none. Bounded, as the next one.
  std::string token_id;     ///< `jti` of the JWT (RFC 7519 section 4.1.7); empty when there is none.
  std::chrono::system_clock::time_point issued_at{};
  std::chrono::system_clock::time_point expires_at{};  ///< The latest that it can be.
};

/// How a `TokenProvider` is doing. Durations are rounded down to seconds, and 0 where they do not apply.
struct TokenStatus {
  bool has_token = false;              ///< There is one that can be sent now. The next four are about it.
  std::string fingerprint;             ///< As in the ledger.
  std::chrono::seconds age{0};         ///< Since it was asked for.
  std::chrono::seconds usable_for{0};  ///< Until it is no longer sent, a little before it expires.
  std::chrono::seconds renewal_in{0};  ///< From then on its next use has it renewed in the background.
  bool fetching = false;               ///< An exchange with the issuer is under way ...
  std::size_t waiters = 0;             ///< ... and so many calls wait for it.
  std::uint64_t exchanges = 0;         ///< Requests to the issuer that have come to an end.
  std::uint64_t minted = 0;            ///< Tokens got so far.
  std::optional<Error> last_error;     ///< Why the last exchange failed; nothing since one succeeded.
  std::chrono::seconds retry_in{0};    ///< How long the issuer is left in peace after that.
  std::chrono::seconds no_replay_for{
      0};                          ///< How long no 401 of the API costs another token, since a fresh one was refused.
  std::vector<QuotaBucket> quota;  ///< As the issuer's last answer told it.
};

/// One line of `key=value ...`, with nothing secret in it.
std::ostream& operator<<(std::ostream& out, const TokenStatus& status);

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/status.ipp"
#endif
