// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string_view>

#include "../../core/events.hpp"
#include "../access_token.hpp"
#include "fetch.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Reports that the API refused a fresh token.
inline void tell_of_rejection(const EventHook& hook, const AccessToken& token) {
  Event event;
  event.kind = EventKind::token_rejected;
  event.fingerprint = token.fingerprint();
  tell_hook(hook, event);
}

/// What the provider adds to the outcome of a fetch.
struct FetchNews {
  std::string_view reason;    ///< As in `Event::reason`.
  std::string_view origin;    ///< Of a token that was loaded: its store.
  bool rotated = false;       ///< The token is for other credentials than the previous one.
  bool still_served = false;  ///< A usable token is cached.
};

inline void tell_of_fetch(const EventHook& hook, const FetchOutcome& outcome, const FetchNews& news) {
  Event event;
  event.reason = news.reason;
  event.duration = std::chrono::duration_cast<std::chrono::microseconds>(outcome.duration);
  if (outcome.token) {
    event.kind = outcome.loaded ? EventKind::token_loaded : EventKind::token_minted;
    event.origin = outcome.loaded ? news.origin : "issuer";
    event.fingerprint = outcome.token->fingerprint();
    event.lifetime = outcome.token->lifetime();
  } else {
    event.kind = news.still_served ? EventKind::renewal_failed : EventKind::token_failed;
    event.error = &outcome.token.error();
    event.next_try = event.error->retry_after.value_or(std::chrono::seconds(0));
  }
  tell_hook(hook, event);
  if (news.rotated) {
    Event rotation;
    rotation.kind = EventKind::credentials_rotated;
    rotation.fingerprint = outcome.token->fingerprint();
    tell_hook(hook, rotation);
  }
  for (const QuotaBucket& bucket : outcome.quota) {
    if (!bucket.low()) continue;
    Event warning;
    warning.kind = EventKind::quota_low;
    warning.quota = &bucket;
    tell_hook(hook, warning);
  }
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
