#pragma once

#include <chrono>
#include <functional>
#include <ostream>
#include <string_view>

#include "../detail/text/print.hpp"
#include "http.hpp"
#include "quota.hpp"
#include "result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

enum class EventKind {
  token_minted,         ///< The issuer gave a token: `fingerprint`, `lifetime`, `duration`.
  token_failed,         ///< A fetch failed, and there is no valid token: `error`, `next_try`, `duration`.
  renewal_failed,       ///< A fetch failed, and the cached token stays in use: the same members.
  token_rejected,       ///< The API refused a fresh token: `fingerprint`.
  credentials_rotated,  ///< A token was obtained with new credentials: `fingerprint`.
  quota_low,            ///< A tenth or less of the issuer's quota is left: `quota`.
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

/// Something that happened. Holds nothing secret or personal (of an error, all but `details`); views and pointers live
/// as long as the hook's call.
struct Event {
  EventKind kind = EventKind::attempt_finished;
  std::string_view fingerprint{};            ///< The first 8 hexadecimal digits of the token's SHA-256.
  std::chrono::seconds lifetime{0};          ///< How long the token lives.
  std::chrono::seconds next_try{0};          ///< The issuer is not asked again before.
  const QuotaBucket* quota = nullptr;        ///< Which quota it is about.
  std::string_view call_id{};                ///< One for all attempts of a call; sent as `X-Request-Id`.
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

inline void print(std::ostream& out, const TransferMetrics& metrics) {
  out << " sent=" << metrics.bytes_sent << " received=" << metrics.bytes_received
      << " http_version=" << metrics.http_version << " reused=" << (metrics.reused_connection ? "yes" : "no");
  const auto print_time = [&out](const char* name, std::chrono::microseconds time) {
    if (time.count() != 0) out << ' ' << name << '=' << time.count();
  };
  print_time("resolved_us", metrics.name_resolved);
  print_time("connected_us", metrics.connected);
  print_time("secured_us", metrics.secured);
  print_time("first_byte_us", metrics.first_byte);
  print_time("total_us", metrics.total);
}

inline void print(std::ostream& out, const Event& event) {
  out << to_string(event.kind);
  if (!event.fingerprint.empty()) out << " fingerprint=" << event.fingerprint;
  if (event.lifetime.count() != 0) out << " lifetime_s=" << event.lifetime.count();
  if (event.next_try.count() != 0) out << " next_try_s=" << event.next_try.count();
  if (event.quota != nullptr) {
    out << " quota=" << event.quota->name << " remaining=" << event.quota->remaining << " limit=" << event.quota->limit
        << " resets_in_s=" << event.quota->resets_in.count();
  }
  if (!event.method.empty()) out << " method=" << event.method << " route=" << event.route;
  if (event.http_status != 0) out << " status=" << event.http_status;
  if (event.attempt != 0) out << " attempt=" << event.attempt;
  if (event.duration.count() != 0) out << " duration_us=" << event.duration.count();
  if (event.metrics != nullptr) print(out, *event.metrics);
  if (event.pause.count() != 0) out << " pause_ms=" << event.pause.count();
  if (!event.call_id.empty()) out << " call_id=" << event.call_id;
  if (event.error != nullptr) out << " error=\"" << *event.error << '"';
}

/// Not `emit`, which Qt has a macro for.
inline void tell_hook(const EventHook& hook, const Event& event) noexcept {
  if (!hook) return;
  try {
    if (event.error == nullptr || event.error->details.empty()) return hook(event);
    Error error = *event.error;
    error.details.clear();  // may be personal
    Event impersonal = event;
    impersonal.error = &error;
    hook(impersonal);
  } catch (...) {  // NOLINT(bugprone-empty-catch): an observer's failure is not the call's
  }
}

}  // namespace detail

/// One line of `name key=value ...`.
inline std::ostream& operator<<(std::ostream& out, const Event& event) {
  return detail::print_apart(out, [&event](std::ostream& text) { detail::print(text, event); });
}

}  // namespace v0_1
}  // namespace movio::exhibitor
