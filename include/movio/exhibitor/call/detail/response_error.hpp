// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/http.hpp"
#include "../../detail/json/value.hpp"
#include "../../detail/text/retry_after.hpp"
#include "../../detail/text/url.hpp"
#include "api_words.hpp"
#include "challenge.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

inline ErrorKind kind_of_status(const HttpResponse& response) noexcept {
  switch (response.status) {
    case 401:
      return lacks_scope(response) ? ErrorKind::forbidden : ErrorKind::unauthorized;
    case 403:
      return ErrorKind::forbidden;
    case 404:
      return ErrorKind::not_found;
    case 407:
      return ErrorKind::proxy;
    case 408:
      return ErrorKind::server_error;
    case 429:
      return ErrorKind::rate_limited;
    default:
      break;
  }
  if (response.status >= 500) return ErrorKind::server_error;
  return response.status >= 400 ? ErrorKind::rejected : ErrorKind::protocol;
}

inline const char* advice_for(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::unauthorized:
      return "; check that the credentials, the region and the audience belong together";
    case ErrorKind::forbidden:
      return "; the token lacks a permission: check the client's scopes in Movio EQ";
    case ErrorKind::rejected:
      return "; correct the request (Error::details may name the records)";
    case ErrorKind::rate_limited:
    case ErrorKind::server_error:
      return "; try again later";
    case ErrorKind::protocol:
      return "; check api_url (redirects are not followed)";
    default:
      return "";
  }
}

/// Texts that an error's message must not contain.
struct Confidential {
  SentTokens tokens{};
  std::string_view path{};  ///< With query: ids and values are personal.
  bool quotes_api = false;  ///< The request has no body, so the API's words can only be about the path.
};

/// The reason in `WWW-Authenticate` (RFC 6750 section 3), else the API's words. For a request with a body only words
/// that cannot be about it: about the token, and the standard's names of errors. Strikes out confidential texts before
/// cutting: half a token would not be recognized.
inline std::string reason_in(const HttpResponse& response, const ApiWords& words, const Confidential& confidential) {
  std::string reason;
  if (confidential.quotes_api || response.status == 401) reason = challenge_parameter(response, "error_description");
  if (reason.empty()) reason = challenge_parameter(response, "error");
  if (reason.empty() && confidential.quotes_api) reason = words.message();
  reason = without_tokens(std::move(reason), confidential.tokens);
  strike_out_personal(reason, confidential.path);
  return clean_text(reason, 512);
}

/// Whether the body is encoded (RFC 9110 section 8.4). The library asks for none and decodes none: a small answer could
/// become a huge one.
inline bool is_encoded(const HttpResponse& response) noexcept {
  const std::string* coding = response.headers.find("Content-Encoding");
  return coding != nullptr && !coding->empty() && !equal_ignoring_case(*coding, "identity");
}

inline bool begins_like_html(std::string_view body) {
  const auto start = body.find_first_not_of(" \t\r\n");
  const auto begins_with = [&](std::string_view tag) {
    return start != std::string_view::npos && equal_ignoring_case(body.substr(start, tag.size()), tag);
  };
  return begins_with("<!doctype html") || begins_with("<html");
}

inline bool is_media_type(const HttpResponse& response, std::string_view wanted) {
  const std::string* type = response.headers.find("Content-Type");
  return type != nullptr && equal_ignoring_case(trim(std::string_view(*type).substr(0, type->find(';'))), wanted);
}

/// Whether an answer claims to be JSON but is not. HEAD has no body, and DELETE needs none.
inline bool is_false_json(const HttpResponse& response, std::string_view method) {
  if (response.status == 204 || method == "HEAD" || (method == "DELETE" && response.body.empty())) return false;
  return is_media_type(response, "application/json") && !is_json(response.body);
}

/// Why a 2xx answer cannot be from this API; nullptr if it can.
inline const char* impossible_success(const HttpResponse& response, std::string_view method) {
  if (response.status == 205) return "HTTP 205, which does not say what became of the request";
  if (response.status == 207) return "HTTP 207, which does not say what became of the request as a whole";
  if (is_encoded(response)) return "an encoded body, which nobody has asked for";
  if (is_media_type(response, "text/html") || begins_like_html(response.body)) return "an HTML page where JSON was due";
  return is_false_json(response, method) ? "a body that is called JSON but is not" : nullptr;
}

/// Whether an answer is what was asked for.
inline bool is_success(const HttpResponse& response, std::string_view method) {
  return is_success_status(response.status) && impossible_success(response, method) == nullptr;
}

/// The error for an answer that is not a success. `route` is a template without ids; a Retry-After with a date counts
/// from `now`. Kinds: `unauthorized forbidden not_found rejected rate_limited server_error protocol proxy`. What the
/// API says is in `Error::details`.
inline Error error_of(const HttpResponse& response, std::string_view method, std::string_view route,
                      const Confidential& confidential, std::chrono::system_clock::time_point now) {
  const std::string operation = std::string(method) + ' ' + std::string(route);
  Error error;
  error.http_status = response.status;
  if (const auto* id = response.headers.find("X-Request-Id")) {
    error.request_id = clean_text(without_tokens(*id, confidential.tokens), 128);
  }
  if (is_success_status(response.status)) {
    error.kind = ErrorKind::protocol;
    error.message = operation + ": the API answered with " + impossible_success(response, method) +
                    "; check api_url and any proxy on the way";
    return error;
  }
  const ApiWords words(response.body, confidential.tokens);
  const std::string reason = reason_in(response, words, confidential);
  error.kind = kind_of_status(response);
  error.message = operation + ": the API answered HTTP " + std::to_string(response.status);
  if (!reason.empty()) error.message += " (" + reason + ')';
  error.message += advice_for(error.kind);
  if (const auto* value = response.headers.find("Retry-After")) {
    error.retry_after = parse_retry_after(*value, now);
  }
  error.details = words.details();
  return error;
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
