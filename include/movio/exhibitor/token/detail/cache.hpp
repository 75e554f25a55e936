// SPDX-License-Identifier: MIT
#pragma once

#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "../access_token.hpp"
#include "../store.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

using WallMilliseconds = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// When the request of a token was begun, by the wall clock, as precisely as a store keeps it.
inline WallMilliseconds issue_time(const AccessToken& token) {
  return std::chrono::floor<std::chrono::milliseconds>(token.expires_at() - token.lifetime());
}

/// The cached token, and what 401s of the API imply about it. No I/O. `take` and `salvage` may be called from any
/// thread; the owner guards all other calls with a mutex.
///
/// Callers take copies from several slots, each with a lock and a reference count of its own, so that the cost per call
/// stays the same with many threads.
class TokenCache {
 public:
  /// The current token, which may have expired. Waits at most for the lock of one slot.
  [[nodiscard]] std::optional<AccessToken> take() const {
    const Slot& slot = slots_[current_slot()];
    const std::lock_guard<std::mutex> lock(slot.mutex);
    return slot.token;
  }

  /// For a forked child: the token from a slot that no thread of the parent had locked at the fork. Never waits for a
  /// lock: its owner does not exist in the child.
  [[nodiscard]] std::optional<AccessToken> salvage() const {
    for (const Slot& slot : slots_) {
      const std::unique_lock<std::mutex> lock(slot.mutex, std::try_to_lock);
      if (lock.owns_lock()) return slot.token;
    }
    return std::nullopt;
  }

  /// The token, if it can still be sent at `now`.
  [[nodiscard]] const AccessToken* usable(const Moment& now) const noexcept {
    return token_ && !token_->expired(now) ? &*token_ : nullptr;
  }

  /// How long `reject` returns false from `now` on.
  [[nodiscard]] std::chrono::nanoseconds pause_left(const Moment& now) const noexcept {
    return std::max<std::chrono::nanoseconds>(no_mint_before_ - now.uptime, {});
  }

  /// Why there is no usable token, as in `Event::reason`.
  [[nodiscard]] std::string_view lack() const noexcept { return lack_; }

  [[nodiscard]] bool is_current(const AccessToken& token) const noexcept { return token_ && token_->same_as(token); }

  /// What to do with a token of a store: one that is older than the last one, or the same, brings nothing, and the one
  /// that the API refused must not come again.
  [[nodiscard]] SharedTokens::Verdict judge(const AccessToken& stored) const {
    if (stored.fingerprint() == dropped_) return SharedTokens::Verdict::remove;
    const bool known = token_ && token_->fingerprint() == stored.fingerprint();
    return !known && issue_time(stored) >= last_issued_ ? SharedTokens::Verdict::use : SharedTokens::Verdict::pass_over;
  }

  void store(AccessToken token) {
    if (token_) follows_refused_ = false;  // a renewal; a refused token has been dropped
    for (Slot& slot : slots_) slot.replace(token.counted_apart());
    last_issued_ = issue_time(token);
    token_ = std::move(token);
    lack_ = "expired";
  }

  /// Drops the token only if it is still that one: a late 401 for an old token must not cost the new one.
  void invalidate(const AccessToken& token) {
    if (is_current(token)) drop();
  }

  /// The API answered 401 to a token. True if the call may be tried once more with another token, cached or to be
  /// fetched. False while a fresh token was refused, too: fetching more would not help. That may be found here, by a
  /// call that began with the new token and is refused before those that had the old one.
  bool reject(const AccessToken& token, const Moment& now) {
    if (is_current(token)) {
      if (now.uptime < no_mint_before_) return false;
      if (follows_refused_ && !token_->accepted() && token_->age(now) < proving_time) {
        confirm_rejection(now);
        return false;
      }
      drop();
    }
    follows_refused_ = true;
    return true;
  }

  /// The API answered 401 to a token that replaced a refused one: a configuration error, which no new token fixes.
  /// Counts even if another call has replaced that token by now: the new one would be refused as well.
  void confirm_rejection(const Moment& now) noexcept { no_mint_before_ = now.uptime + pause_after_refused_token; }

 private:
  /// Long enough that a misconfigured fleet does not use up the issuer's quota, short enough to recover by itself.
  static constexpr std::chrono::minutes pause_after_refused_token{5};

  /// How long a token that replaced a refused one counts as fresh, unless the API has accepted it: by then the refused
  /// calls have sent it.
  static constexpr std::chrono::seconds proving_time{60};

  static constexpr std::size_t slot_count = 16;  ///< With more concurrent threads, some share a slot.
  static constexpr std::size_t cache_line = 64;

  struct alignas(cache_line) Slot {
    void replace(std::optional<AccessToken> with) {
      const std::lock_guard<std::mutex> lock(mutex);
      token.swap(with);
    }

    mutable std::mutex mutex;
    std::optional<AccessToken> token;
  };

  /// By processor: threads that run at the same time run on different ones.
  static std::size_t current_slot() noexcept {
#ifdef __linux__
    return static_cast<unsigned>(::sched_getcpu()) % slot_count;
#else
    return std::hash<std::thread::id>()(std::this_thread::get_id()) % slot_count;
#endif
  }

  void drop() {
    dropped_ = token_->fingerprint();
    token_.reset();
    lack_ = "refused";
    for (Slot& slot : slots_) slot.replace(std::nullopt);
  }

  std::array<Slot, slot_count> slots_;  ///< Copies of `token_`.
  std::optional<AccessToken> token_;
  std::string_view lack_ = "none";
  WallMilliseconds last_issued_{WallMilliseconds::min()};  ///< Of the last token.
  std::string dropped_;                                    ///< The fingerprint of the last one that was dropped.
  bool follows_refused_ = false;  ///< The API answered 401 to the token before this one or the next one.
  std::chrono::nanoseconds no_mint_before_{};
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
