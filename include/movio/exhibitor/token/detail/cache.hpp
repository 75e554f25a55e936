#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "../access_token.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// The cached token, and what the API's 401s have said of it. Pure logic; whoever owns it guards it.
class TokenCache {
 public:
  [[nodiscard]] const std::optional<AccessToken>& token() const noexcept { return token_; }

  /// The token, if it can still be sent at `now`.
  [[nodiscard]] const AccessToken* usable(const Moment& now) const noexcept {
    return token_ && !token_->expired(now) ? &*token_ : nullptr;
  }

  /// How long `reject` will say no at `now`.
  [[nodiscard]] std::chrono::nanoseconds pause_left(const Moment& now) const noexcept {
    return std::max<std::chrono::nanoseconds>(no_mint_before_ - now.uptime, {});
  }

  [[nodiscard]] bool is_current(const AccessToken& token) const noexcept { return token_ && token_->same_as(token); }

  void store(AccessToken token) {
    if (token_) follows_refused_ = false;  // a renewal; a refused token has been dropped
    token_ = std::move(token);
  }

  /// Drops the token only if it is still that one: a late 401 for an old token must not cost the new one.
  /// Tells whether it was.
  bool invalidate(const AccessToken& token) noexcept {
    const bool current = is_current(token);
    if (current) token_.reset();
    return current;
  }

  /// The API answered 401 to a token. True when the call may be tried once more with another token: one that is there
  /// already, or one to be fetched. False while a fresh token was found to be refused too: minting more would not help.
  /// That may be found here: by a call that began with the new token, and is refused before those that had the old one.
  bool reject(const AccessToken& token, const Moment& now) noexcept {
    if (is_current(token)) {
      if (now.uptime < no_mint_before_) return false;
      if (follows_refused_ && !token_->accepted() && token_->age(now) < proving_time) {
        confirm_rejection(now);
        return false;
      }
      token_.reset();
    }
    follows_refused_ = true;
    return true;
  }

  /// The API answered 401 to a token that replaced a refused one: a fault of configuration, which no new token mends.
  /// Counts although another call may have had that token replaced by now: it would be refused as well.
  void confirm_rejection(const Moment& now) noexcept { no_mint_before_ = now.uptime + pause_after_refused_token; }

 private:
  /// Long enough that a misconfigured fleet does not use up the issuer's quota, short enough to recover by itself.
  static constexpr std::chrono::minutes pause_after_refused_token{5};

  /// How long a token that follows a refused one is fresh, unless it is known to have been taken: the calls that were
  /// refused have sent it by then.
  static constexpr std::chrono::seconds proving_time{60};

  std::optional<AccessToken> token_;
  bool follows_refused_ = false;  ///< The API answered 401 to the token before this one, or the one to come.
  std::chrono::nanoseconds no_mint_before_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
