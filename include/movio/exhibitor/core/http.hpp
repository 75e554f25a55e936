// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cancel.hpp"
#include "secret.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Header fields in their order; names compare without regard to case (RFC 9110 section 5.1).
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string_view name, std::string_view value);

  /// The first field of that name; nullptr when there is none.
  [[nodiscard]] const std::string* find(std::string_view name) const noexcept;

  [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
  [[nodiscard]] auto end() const noexcept { return fields_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
  [[nodiscard]] bool empty() const noexcept { return fields_.empty(); }

 private:
  std::vector<Field> fields_;
};

/// The bytes of a request, shared by its copies, so that an attempt costs no copy of them.
class Body {
 public:
  Body() = default;
  explicit Body(std::string bytes, std::string content_type = "application/json");

  /// Bytes that are overwritten when the last copy goes away.
  static Body secret(std::string bytes, std::string content_type);

  [[nodiscard]] std::string_view bytes() const noexcept {
    return bytes_ ? std::string_view(*bytes_) : std::string_view();
  }
  [[nodiscard]] const std::string& content_type() const noexcept { return content_type_; }

  /// Whether there is a body at all; an empty one counts.
  explicit operator bool() const noexcept { return bytes_ != nullptr; }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::string content_type_;
};

/// A longer answer ends in `too_large`, unless a request says otherwise: 64 MiB.
inline constexpr std::size_t usual_max_response_bytes = std::size_t{64} << 20U;

/// A call of the API, for `ExhibitorClient`.
struct HttpRequest {
  std::string method = "GET";
  std::string path{};  ///< For example "/members". Pass ids through `path_segment`.
  Headers headers{};
  Body body{};
  std::vector<std::pair<std::string, std::string>> query{};  ///< Parameters, not yet percent-encoded.
  std::optional<std::chrono::milliseconds> timeout{};        ///< For the whole call; the client's default when not set.
  CancelToken cancel{};                                      ///< Ends the call early, as `cancelled`.
  std::size_t max_response_bytes = usual_max_response_bytes;
  bool idempotent = false;            ///< Repeating the call is safe although its method does not promise it.
  std::shared_ptr<void> context{};    ///< The caller's own, for example a span: handed to `on_event` as it is.
  std::optional<int> max_attempts{};  ///< In place of `RetryPolicy::max_attempts`; 1 never repeats.
};

/// One request as a `Transport` sends it: an attempt of a call, or a request for a token.
struct TransportRequest {
  std::string method = "GET";
  std::string url{};  ///< Absolute, the query included.
  Headers headers{};
  Body body{};
  std::shared_ptr<const Secret> authorization{};       ///< One more header line, "Authorization: Bearer ...".
  std::optional<std::chrono::milliseconds> timeout{};  ///< The transport's default when not set.
  CancelToken cancel{};                                ///< Ends the request early, as `cancelled`.
  std::size_t max_response_bytes = usual_max_response_bytes;
  bool idempotent = false;      ///< Sending it again is safe although its method does not promise it.
  bool token_exchange = false;  ///< It never queues behind calls: they may be waiting for its token.
};

/// Sizes and times of one attempt. Durations count from the start of the attempt, and are 0 for a phase that did not
/// happen, such as connecting on a reused connection.
struct TransferMetrics {
  std::chrono::microseconds name_resolved{};  ///< The host's address is known.
  std::chrono::microseconds connected{};      ///< TCP, to the host or the proxy.
  std::chrono::microseconds secured{};        ///< TLS.
  std::chrono::microseconds first_byte{};     ///< Of the answer.
  std::chrono::microseconds total{};
  std::int64_t bytes_sent = 0;      ///< Head and body.
  std::int64_t bytes_received = 0;  ///< Head and body.
  int http_version = 0;             ///< 10, 11 or 20; 0 when it is not known.
  bool reused_connection = false;
};

struct HttpResponse {
  int status = 0;
  Headers headers{};
  std::string body{};
  TransferMetrics metrics{};
  int attempts = 1;  ///< How many times a client sent the request to get it.
};

/// One path segment that holds an id, percent-encoded (RFC 3986 section 2.1): `"/members/" + path_segment("a/b c%é")`.
std::string path_segment(std::string_view id);

namespace detail {

/// Whether a request may be sent again although the server may have acted on it (RFC 9110 section 9.2.2). Methods are
/// case-sensitive: "put" is an unknown method.
template <class Request>
bool is_repeatable(const Request& request) noexcept {
  const std::string& method = request.method;
  return request.idempotent || method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

/// The statuses of transient failures (RFC 9110 section 15, RFC 6585 section 4).
constexpr bool is_passing_status(int status) noexcept {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

constexpr bool is_success_status(int status) noexcept { return status >= 200 && status < 300; }

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/http.ipp"
#endif
