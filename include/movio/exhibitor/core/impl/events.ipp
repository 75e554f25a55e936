// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <ostream>

#include "../../detail/text/print.hpp"
#include "../events.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
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
  if (!event.origin.empty()) out << " origin=" << event.origin;
  if (event.next_try.count() != 0) out << " next_try_s=" << event.next_try.count();
  if (!event.reason.empty()) out << " reason=" << event.reason;
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

MOVIO_EXHIBITOR_INLINE void tell_hook(const EventHook& hook, const Event& event) noexcept {
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

MOVIO_EXHIBITOR_INLINE std::ostream& operator<<(std::ostream& out, const Event& event) {
  return detail::print_apart(out, [&event](std::ostream& text) { detail::print(text, event); });
}

}  // namespace v0_1
}  // namespace movio::exhibitor
