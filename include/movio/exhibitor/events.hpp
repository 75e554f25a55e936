#pragma once

#include <chrono>
#include <functional>
#include <ostream>
#include <string_view>

#include "result.hpp"

namespace movio::exhibitor {
inline namespace v0 {

enum class EventKind {
  token_minted,      ///< The issuer gave a token: `fingerprint`, `lifetime`, `duration`.
  token_failed,      ///< An exchange failed: `error`, `duration`.
  token_rejected,    ///< The API refused a token that was fresh: `fingerprint`.
  attempt_finished,  ///< A request was answered or failed: `method`, `route`, `http_status` or `error`, `attempt`,
                     ///< `duration`.
};

/// Stable names for logs and metrics.
constexpr std::string_view to_string(EventKind kind) noexcept {
  switch (kind) {
    case EventKind::token_minted:
      return "token_minted";
    case EventKind::token_failed:
      return "token_failed";
    case EventKind::token_rejected:
      return "token_rejected";
    case EventKind::attempt_finished:
      return "attempt_finished";
  }
  return "unknown";
}

/// Something that happened. Holds nothing secret or personal; views and pointers live as long as the hook's call.
struct Event {
  EventKind kind = EventKind::attempt_finished;
  std::string_view fingerprint{};        ///< The first 8 hexadecimal digits of the token's SHA-256.
  std::chrono::seconds lifetime{0};      ///< How long the token lives.
  std::string_view method{};             ///< For example "PUT".
  std::string_view route{};              ///< For example "/members/{id}".
  int http_status = 0;                   ///< 0 when there was no answer.
  int attempt = 0;                       ///< Counts from 1.
  std::chrono::microseconds duration{};  ///< From start to end.
  const Error* error = nullptr;          ///< Set when it failed without an answer.
};

/// Called in the thread where it happens, under no lock, possibly from several threads at once. What it throws is
/// dropped.
using EventHook = std::function<void(const Event&)>;

/// One line of `name key=value ...`.
inline std::ostream& operator<<(std::ostream& out, const Event& event) {
  out << to_string(event.kind);
  if (!event.fingerprint.empty()) out << " fingerprint=" << event.fingerprint;
  if (event.lifetime.count() != 0) out << " lifetime_s=" << event.lifetime.count();
  if (!event.method.empty()) out << " method=" << event.method << " route=" << event.route;
  if (event.http_status != 0) out << " status=" << event.http_status;
  if (event.attempt != 0) out << " attempt=" << event.attempt;
  if (event.duration.count() != 0) out << " duration_us=" << event.duration.count();
  if (event.error != nullptr) out << " error=\"" << *event.error << '"';
  return out;
}

namespace detail {

inline void emit(const EventHook& hook, const Event& event) noexcept {
  if (!hook) return;
  try {
    hook(event);
  } catch (...) {  // NOLINT(bugprone-empty-catch): an observer's failure is not the call's
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
