// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#if __has_include(<version>)
#include <version>
#endif
#if defined(__cpp_lib_expected)
#include <expected>
#endif

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// The kind of a failure: programs decide by it.
enum class ErrorKind {
  invalid_argument,    ///< The call or the configuration is wrong; nothing was sent.
  credentials,         ///< No usable client_id and client_secret could be read.
  issuer_rejected,     ///< The issuer refused: wrong credentials, audience or scope.
  unauthorized,        ///< The API answered 401, also to a fresh token.
  forbidden,           ///< The API answered 403: the token lacks a scope.
  issuer_unavailable,  ///< The issuer cannot be reached, is failing or throttling.
  connection,          ///< No connection, or it broke.
  tls,                 ///< TLS could not be agreed, or the certificate is not trusted.
  proxy,               ///< The proxy cannot be reached or refused.
  timeout,             ///< The time allowed for the call ran out.
  protocol,            ///< The answer violates HTTP or the API's format.
  too_large,           ///< The answer exceeds the allowed size.
  not_found,           ///< The API answered 404.
  rejected,            ///< The API refused the request's content (400, 409, 422, ...).
  rate_limited,        ///< The API answered 429; see `Error::retry_after`.
  server_error,        ///< The API answered 5xx or 408.
  overloaded,          ///< Too many requests are queued in this process.
  storage,             ///< A local file or store failed.
  cancelled,           ///< Cancelled by the caller, or by destruction.
};

namespace detail {

struct ErrorKindRow {
  ErrorKind kind;
  std::string_view name;
  int exit_code;
};

/// The one table of the kinds, in the order of the enumeration.
inline constexpr std::array<ErrorKindRow, 19> error_kinds{{
    {ErrorKind::invalid_argument, "invalid_argument", 2},
    {ErrorKind::credentials, "credentials", 3},
    {ErrorKind::issuer_rejected, "issuer_rejected", 3},
    {ErrorKind::unauthorized, "unauthorized", 3},
    {ErrorKind::forbidden, "forbidden", 3},
    {ErrorKind::issuer_unavailable, "issuer_unavailable", 6},
    {ErrorKind::connection, "connection", 4},
    {ErrorKind::tls, "tls", 4},
    {ErrorKind::proxy, "proxy", 4},
    {ErrorKind::timeout, "timeout", 4},
    {ErrorKind::protocol, "protocol", 4},
    {ErrorKind::too_large, "too_large", 4},
    {ErrorKind::not_found, "not_found", 5},
    {ErrorKind::rejected, "rejected", 5},
    {ErrorKind::rate_limited, "rate_limited", 6},
    {ErrorKind::server_error, "server_error", 6},
    {ErrorKind::overloaded, "overloaded", 6},
    {ErrorKind::storage, "storage", 7},
    {ErrorKind::cancelled, "cancelled", 130},
}};

constexpr const ErrorKindRow& row_of(ErrorKind kind) noexcept { return error_kinds[static_cast<std::size_t>(kind)]; }

}  // namespace detail

/// The kind's stable name, for example `issuer_rejected`.
constexpr std::string_view to_string(ErrorKind kind) noexcept { return detail::row_of(kind).name; }

/// The exit code that a command line program should end with after such an error.
constexpr int exit_code(ErrorKind kind) noexcept { return detail::row_of(kind).exit_code; }

/// Everything known about a failure. No member but `details` ever holds a secret, a token or personal data.
struct Error {
  ErrorKind kind = ErrorKind::invalid_argument;
  std::string message;                              ///< What failed, where, and what to do about it. A `Result` makes
                                                    ///< it valid UTF-8 without control characters.
  int http_status = 0;                              ///< The answer's status; 0 when there was no answer.
  int transport_code = 0;                           ///< libcurl's CURLcode; 0 when libcurl did not fail.
  std::string oauth_error;                          ///< The issuer's `error` (RFC 6749 section 5.2).
  std::string oauth_description;                    ///< The issuer's `error_description`, bounded and cleaned.
  std::optional<std::chrono::seconds> retry_after;  ///< How long the server asked to wait.
  std::string request_id;                           ///< `X-Request-Id` of the answer.
  int attempts = 0;                                 ///< How many times the request was sent.
  std::string details;          ///< What the API said, as JSON text of at most 64 KiB: an object with its `message` and
                                ///< its `entities`; see `api_reasons`. May hold personal data, so the library never
                                ///< prints it, and events come without it.
  bool nothing_sent = false;    ///< True if no byte of the request left this process.
  bool may_have_acted = false;  ///< True if the API may have processed an attempt: one was interrupted,
                                ///< or answered with 408, 5xx, or an invalid 2xx.
  bool own_backoff = false;     ///< `retry_after` is this library's own backoff towards the issuer, longer than
                                ///< any server asked for.
};

/// Prints kind, message, status and request id; never `details`.
std::ostream& operator<<(std::ostream& out, const Error& error);

/// Thrown by `Result::value()` when there is no value.
class ExhibitorError : public std::runtime_error {
 public:
  explicit ExhibitorError(Error error);

  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

namespace detail {

/// Makes the texts of an error fit to be shown. Every `Result` passes its error through here.
Error cleaned(Error error);

}  // namespace detail

/// A value, or the `Error` that explains why there is none.
template <class T>
class [[nodiscard]] Result {
  static_assert(!std::is_same_v<T, Error>, "a Result<Error> could not tell success from failure");
  static_assert(!std::is_reference_v<T>, "a Result holds a value; use a pointer to refer to something");

 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Error error) : error_(detail::cleaned(std::move(error))) {}

  [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value; throws `ExhibitorError` when there is none.
  [[nodiscard]] const T& value() const& {
    throw_if_error();
    return *value_;
  }
  [[nodiscard]] T& value() & {
    throw_if_error();
    return *value_;
  }
  [[nodiscard]] T&& value() && {
    throw_if_error();
    return std::move(*value_);
  }

  /// The value, or `fallback` when there is an error.
  template <class U>
  [[nodiscard]] T value_or(U&& fallback) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(fallback));
  }
  template <class U>
  [[nodiscard]] T value_or(U&& fallback) && {
    return has_value() ? *std::move(*this) : static_cast<T>(std::forward<U>(fallback));
  }

#if defined(__cpp_lib_expected)
  /// The same as C++23 has it.
  [[nodiscard]] std::expected<T, Error> to_expected() && {
    if (has_value()) return *std::move(*this);
    return std::unexpected(std::move(*this).error());
  }
  [[nodiscard]] std::expected<T, Error> to_expected() const& { return Result(*this).to_expected(); }
#endif

  /// The value; there must be one.
  const T& operator*() const& noexcept { return *checked(value_); }
  T& operator*() & noexcept { return *checked(value_); }
  T&& operator*() && noexcept { return std::move(*checked(value_)); }
  const T* operator->() const noexcept { return &*checked(value_); }
  T* operator->() noexcept { return &*checked(value_); }

  /// The error; there must be one.
  [[nodiscard]] const Error& error() const& noexcept { return *checked(error_); }
  [[nodiscard]] Error& error() & noexcept { return *checked(error_); }
  [[nodiscard]] Error&& error() && noexcept { return std::move(*checked(error_)); }

 private:
  template <class Optional>
  static Optional& checked(Optional& held) noexcept {
    assert(held && "look at has_value() before taking the value or the error");
    return held;
  }
  void throw_if_error() const {
    if (!has_value()) throw ExhibitorError(*error_);
  }

  // Exactly one of them holds something. (A std::variant of both takes longer to compile.)
  std::optional<T> value_;
  std::optional<Error> error_;
};

/// Success without a value, or an `Error`.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(detail::cleaned(std::move(error))) {}

  [[nodiscard]] bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }

  /// Throws `ExhibitorError` when there is an error.
  void value() const {
    if (error_) throw ExhibitorError(*error_);
  }

#if defined(__cpp_lib_expected)
  /// The same as C++23 has it.
  [[nodiscard]] std::expected<void, Error> to_expected() const {
    if (error_) return std::unexpected(*error_);
    return {};
  }
#endif

  /// The error; there must be one.
  [[nodiscard]] const Error& error() const& noexcept {
    assert(error_ && "look at has_value() before taking the error");
    return *error_;
  }
  [[nodiscard]] Error& error() & noexcept {
    assert(error_ && "look at has_value() before taking the error");
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

namespace detail {

/// An error of a kind and a message; the other members are filled in where they are known.
Error make_error(ErrorKind kind, std::string message);

Error invalid_argument(std::string message);

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/result.ipp"
#endif
