// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "../../core/clock.hpp"
#include "../../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// A fingerprint of credentials, to notice a change without keeping them; empty for a source that gave none.
using CredentialsMark = std::string;

/// Whether an error of the issuer's says that it does not accept these credentials (RFC 6749 section 5.2; Auth0 says
/// `access_denied`), so that others are worth a try.
inline bool credentials_refused(const Error& error) noexcept {
  return error.http_status == 401 || error.oauth_error == "invalid_client" || error.oauth_error == "access_denied";
}

/// The last failed fetch: the error that callers get, and when the next fetch may begin. Pure logic, guarded by its
/// owner. Uses the uptime, so that setting the wall clock neither ends nor prolongs a backoff.
class FailureBackoff {
 public:
  /// Records a failure, and the backoff in `error`: between d/2 and d, where d doubles from 1 s to 300 s, or as long as
  /// the issuer asks. `chance`, from 0 to 1, picks the point between.
  void failed(Error& error, const CredentialsMark& tried, const Moment& now, double chance) {
    const std::chrono::seconds none{0};
    const auto asked_for = std::clamp(error.retry_after.value_or(none), none, longest_wait);
    const Uptime own = backoff(chance);
    error.own_backoff = own > asked_for;
    until_ = now.uptime + std::max<Uptime>(own, asked_for);
    step_ = std::min(step_ * 2, longest_step);
    tried_ = tried;
    looked_at_source_ = now.uptime;
    error.retry_after = left(now);
    error_ = error;
  }

  /// With a store, another process may have a token: that is a reason to look, as other credentials are.
  explicit FailureBackoff(bool has_store = false) : has_store_(has_store) {}

  /// A token was fetched, or the credentials have changed.
  void clear() { *this = FailureBackoff(has_store_); }

  /// Whether the backoff lasts.
  [[nodiscard]] bool stands(const Moment& now) const noexcept { return error_ && now.uptime < until_; }

  /// Whether callers get the failure at once. They do not when the issuer may be asked again, nor when it is time to
  /// look whether the source has other credentials by now, or the store a token, which is once a second.
  [[nodiscard]] bool blocks(const Moment& now) const noexcept { return stands(now) && now.uptime < next_look(); }

  /// During a fetch: whether the source still gives only what has failed already, so that the issuer need not be asked.
  [[nodiscard]] bool still(const CredentialsMark& given, const Moment& now) noexcept {
    if (!stands(now) || given != tried_) return false;
    looked_at_source_ = now.uptime;
    return true;
  }

  /// The failure as it is to be told at `now`; nothing when there is none.
  [[nodiscard]] std::optional<Error> error(const Moment& now) const {
    std::optional<Error> told = error_;
    if (told) told->retry_after = left(now);
    return told;
  }

  /// The uptime until which `blocks` stays as it is; in the past when nothing blocks.
  [[nodiscard]] std::chrono::nanoseconds next_look() const noexcept {
    return about_credentials() || has_store_ ? std::min<Uptime>(until_, looked_at_source_ + std::chrono::seconds(1))
                                             : until_;
  }

 private:
  using Uptime = std::chrono::nanoseconds;

  static constexpr std::chrono::seconds longest_step{300};
  static constexpr std::chrono::seconds longest_wait = std::chrono::hours(1);

  [[nodiscard]] Uptime backoff(double chance) const noexcept {
    const std::chrono::duration<double, std::nano> whole = step_;
    return std::chrono::duration_cast<Uptime>(whole * (0.5 + chance / 2));
  }

  /// Rounded up, so that a caller that waits this long is not too early.
  [[nodiscard]] std::chrono::seconds left(const Moment& now) const noexcept {
    return std::max(std::chrono::ceil<std::chrono::seconds>(until_ - now.uptime), std::chrono::seconds(0));
  }

  /// Whether other credentials would help: the source gave none, or the issuer refused them.
  [[nodiscard]] bool about_credentials() const noexcept {
    return error_ && (tried_.empty() || credentials_refused(*error_));
  }

  bool has_store_;
  std::optional<Error> error_;
  Uptime until_{};
  std::chrono::seconds step_{1};
  CredentialsMark tried_;
  Uptime looked_at_source_{};
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
