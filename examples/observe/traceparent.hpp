// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <movio/exhibitor.hpp>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace observe {

namespace ex = movio::exhibitor;

/// Random hexadecimal digits in lower case, at least one; not all 0, which W3C Trace Context calls invalid.
inline std::string random_id(std::size_t digits) {
  std::random_device random;
  std::string id;
  while (id.find_first_not_of('0') == std::string::npos) {
    id.clear();
    while (id.size() < digits) id += "0123456789abcdef"[random() % 16];
  }
  return id;
}

inline std::string new_trace_id() { return random_id(32); }

/// One call as a part of a trace (https://www.w3.org/TR/trace-context/). The hook fills it in; the events of one call
/// come one after the other, so it needs no lock.
struct Span {
  struct Attempt {
    int number;
    std::string outcome;  ///< The status, or the kind of error when there was no answer.
    std::chrono::microseconds duration;
  };

  [[nodiscard]] std::string traceparent() const { return "00-" + trace_id + '-' + id + "-01"; }  // 01: it is recorded

  std::string trace_id;
  std::string id = random_id(16);
  std::string name;  ///< For example "PUT /members".
  std::chrono::system_clock::time_point begun;
  std::chrono::microseconds duration{0};
  int http_status = 0;
  std::string outcome;  ///< "ok", or the kind of error.
  std::vector<Attempt> attempts;
};

/// One line of `name key=value ...`.
inline std::ostream& operator<<(std::ostream& out, const Span& span) {
  const auto begun = std::chrono::duration_cast<std::chrono::microseconds>(span.begun.time_since_epoch());
  out << "span name=\"" << span.name << "\" trace_id=" << span.trace_id << " span_id=" << span.id
      << " begun_us=" << begun.count() << " duration_us=" << span.duration.count() << " status=" << span.http_status
      << " outcome=" << span.outcome;
  for (const auto& attempt : span.attempts) {
    out << " attempt_" << attempt.number << '=' << attempt.outcome << '/' << attempt.duration.count() << "us";
  }
  return out;
}

/// Makes a request part of a trace: the server is sent the span's name, and the hook finds the span in the context.
inline std::shared_ptr<const Span> trace(ex::HttpRequest& request, std::string trace_id = new_trace_id()) {
  auto span = std::make_shared<Span>();
  span->trace_id = std::move(trace_id);
  request.headers.add("traceparent", span->traceparent());
  request.context = span;
  return span;
}

/// What the hook does with the spans: `close(span)` is called once for each. The context of every request of the client
/// must be a span or empty.
template <class Close>
void trace_event(const ex::Event& event, const Close& close) {
  if (event.context == nullptr) return;
  auto& span = *static_cast<Span*>(event.context);
  const std::string failure(event.error == nullptr ? "" : ex::to_string(event.error->kind));
  if (event.kind == ex::EventKind::attempt_finished) {
    span.attempts.push_back(
        {event.attempt, event.error == nullptr ? std::to_string(event.http_status) : failure, event.duration});
  } else if (event.kind == ex::EventKind::call_finished) {
    span.name = std::string(event.method) + ' ' + std::string(event.route);
    span.begun = std::chrono::system_clock::now() - event.duration;
    span.duration = event.duration;
    span.http_status = event.http_status;
    span.outcome = event.error == nullptr ? "ok" : failure;
    close(static_cast<const Span&>(span));
  }
}

}  // namespace observe
