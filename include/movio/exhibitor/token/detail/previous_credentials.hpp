// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "../../core/clock.hpp"
#include "../credential_source.hpp"
#include "failure_backoff.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Keeps the credentials of the last token for one more try after a rotation: the issuer may not know the new ones for
/// up to half a minute. Thread-safety: every call from any thread.
class PreviousCredentials {
 public:
  using Uptime = std::chrono::nanoseconds;

  /// How long after a change the previous credentials may be tried.
  static constexpr std::chrono::seconds grace{60};

  /// Notes that the issuer accepted these credentials.
  void accepted(ClientCredentials credentials, const CredentialsMark& mark) {
    const std::lock_guard<std::mutex> lock(mutex_);
    kept_ = std::move(credentials);
    mark_ = mark;
    changed_at_.reset();
  }

  /// Notes the mark of the credentials of the source. Returns the time of the change if they are the first that differ:
  /// the caller then calls `wipe` after `grace`.
  std::optional<Uptime> given(const CredentialsMark& mark, const Moment& now) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (mark_.empty() || mark.empty()) return std::nullopt;
    if (mark == mark_) changed_at_.reset();
    if (mark == mark_ || changed_at_) return std::nullopt;
    changed_at_ = now.uptime;
    return changed_at_;
  }

  /// The issuer refused the credentials with this mark: if they are the kept ones, they are not tried again.
  void refused(const CredentialsMark& mark) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (mark == mark_) forget();
  }

  /// The credentials to try instead of refused ones, once; empty if the change was too long ago.
  std::optional<ClientCredentials> take(const Moment& now) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::optional<ClientCredentials> taken;
    if (changed_at_ && now.uptime < *changed_at_ + grace) taken = std::move(kept_);
    forget();
    return taken;
  }

  /// Wipes the kept credentials, when `grace` has passed since that change.
  void wipe(Uptime changed_at) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (changed_at_ == changed_at) forget();
  }

 private:
  void forget() {
    kept_ = {};
    mark_.clear();
    changed_at_.reset();
  }

  std::mutex mutex_;  ///< Guards all that follows.
  ClientCredentials kept_;
  CredentialsMark mark_;  ///< Of the kept credentials; empty without any.
  std::optional<Uptime> changed_at_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
