// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string_view>

#include "http.hpp"
#include "quota.hpp"
#include "result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

enum class EventKind {
  token_minted,         ///< The issuer gave a token: `fingerprint`, `lifetime`, `reason`, `origin`, `duration`.
  token_loaded,         ///< The token that another process had fetched was taken from a store: the same members.
  token_failed,         ///< A fetch failed, and there is no valid token: `error`, `next_try`, `reason`, `duration`.
  renewal_failed,       ///< A fetch failed, and the cached token stays in use: the same members.
  token_rejected,       ///< The API refused a fresh token: `fingerprint`.
  credentials_rotated,  ///< A token was obtained with new credentials: `fingerprint`.
  quota_low,            ///< A tenth or less of the issuer's quota is left: `quota`.
  store_failed,         ///< The store for tokens failed, and is left alone for `next_try`: `origin`, `error`.
  attempt_started,      ///< A request is being sent: `attempt`. This and the next three also have `call_id`, `method`,
                        ///< `route` and `context`.
  attempt_finished,     ///< A response or a failure: `attempt`, `http_status` and `metrics`, or `error`, `duration`.
  retry_planned,        ///< The next attempt follows after `pause`, because of `http_status` or `error`: `attempt`.
  call_finished,    ///< The call has ended: the last `attempt`, `http_status`, `error`, `duration`. A request that is
                    ///< refused as `invalid_argument` has no events.
  callback_failed,  ///< A completion threw an exception, which was dropped.
};

/// Stable names for logs and metrics.
constexpr std::string_view to_string(EventKind kind) noexcept {
  switch (kind) {
    case EventKind::token_minted:
      return "token_minted";
    case EventKind::token_loaded:
      return "token_loaded";
    case EventKind::token_failed:
      return "token_failed";
    case EventKind::renewal_failed:
      return "renewal_failed";
    case EventKind::token_rejected:
      return "token_rejected";
    case EventKind::credentials_rotated:
      return "credentials_rotated";
    case EventKind::quota_low:
      return "quota_low";
    case EventKind::store_failed:
      return "store_failed";
    case EventKind::attempt_started:
      return "attempt_started";
    case EventKind::attempt_finished:
      return "attempt_finished";
    case EventKind::retry_planned:
      return "retry_planned";
    case EventKind::call_finished:
      return "call_finished";
    case EventKind::callback_failed:
      return "callback_failed";
  }
  return "unknown";
}

/// Something that happened. Holds nothing secret or personal (an error comes without `details`). Views and pointers are
/// valid during the hook's call.
struct Event {
  EventKind kind = EventKind::attempt_finished;
  std::string_view fingerprint{};    ///< The first 8 hexadecimal digits of the token's SHA-256.
  std::chrono::seconds lifetime{0};  ///< How long the token lives.
  std::chrono::seconds next_try{0};  ///< Until the next request to the issuer, or the next use of the store.
  /// Why a token was fetched: "none" (the first), "expired", "ahead" (of its end), "refused" (by the API, or
  /// invalidated), "credentials_changed" (after a failure).
  std::string_view reason{};
  std::string_view origin{};                 ///< Where a token is from: "issuer", or the store, for example "redis".
  const QuotaBucket* quota = nullptr;        ///< The quota concerned.
  std::string_view call_id{};                ///< The same for all attempts of a call; sent as `X-Request-Id`.
  std::string_view method{};                 ///< For example "PUT".
  std::string_view route{};                  ///< For example "/members/{id}".
  int http_status = 0;                       ///< 0 when there was no answer.
  int attempt = 0;                           ///< Counts from 1.
  std::chrono::microseconds duration{};      ///< From start to end.
  std::chrono::milliseconds pause{0};        ///< Before the next attempt.
  const TransferMetrics* metrics = nullptr;  ///< Sizes and times of an attempt that was answered.
  const Error* error = nullptr;              ///< Why it failed; for an attempt, only when there was no answer.
  void* context = nullptr;                   ///< The request's `context`.
};

/// Called in the thread where the event occurs, without a lock held, possibly by several threads at once. Its
/// exceptions are dropped.
using EventHook = std::function<void(const Event&)>;

namespace detail {

/// Not `emit`, which Qt has a macro for.
void tell_hook(const EventHook& hook, const Event& event) noexcept;

}  // namespace detail

/// One line of `name key=value ...`.
std::ostream& operator<<(std::ostream& out, const Event& event);

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/events.ipp"
#endif
