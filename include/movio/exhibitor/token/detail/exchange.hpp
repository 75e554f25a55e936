// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/http.hpp"
#include "../../core/new_shared.hpp"
#include "../../detail/json/value.hpp"
#include "../../detail/text/encoding.hpp"
#include "../../detail/text/retry_after.hpp"
#include "../access_token.hpp"
#include "../credential_source.hpp"
#include "../options.hpp"
#include "../region.hpp"
#include "../status.hpp"
#include "jwt.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

inline constexpr std::size_t max_token_answer_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t max_token_bytes = std::size_t{16} << 10U;

/// The configuration that an exchange uses.
struct TokenExchange {
  const Endpoints& endpoints;
  const TokenOptions& options;
  const ClientCredentials& credentials;
};

inline Secret form_encoded_secret(const ClientCredentials& credentials) {
  return Secret(form_encode(credentials.client_secret.reveal()));
}

/// Id and secret for HTTP Basic: form-encoded first (RFC 6749 section 2.3.1), and no newline at the end.
inline Secret basic_credentials(const ClientCredentials& credentials) {
  const Secret secret = form_encoded_secret(credentials);
  return Secret(base64_encode(joined({form_encode(credentials.client_id), ":", secret.reveal()}).reveal()));
}

inline TransportRequest token_request(const TokenExchange& exchange) {
  const auto& [endpoints, options, credentials] = exchange;
  std::string form = "grant_type=client_credentials&audience=" + form_encode(endpoints.api_url);
  if (!options.scope.empty()) form += "&scope=" + form_encode(options.scope);

  TransportRequest request;
  request.method = "POST";
  request.url = endpoints.issuer_url;
  request.headers.add("Accept", "application/json");
  request.timeout = options.timeout;
  request.max_response_bytes = max_token_answer_bytes;
  request.token_exchange = true;
  if (options.client_authentication == ClientAuthentication::post) {
    const Secret secret = form_encoded_secret(credentials);
    const Secret whole =
        joined({form, "&client_id=", form_encode(credentials.client_id), "&client_secret=", secret.reveal()});
    form = whole.reveal();
  } else {
    const Secret basic = basic_credentials(credentials);
    request.authorization = new_shared<const Secret>(joined({"Authorization: Basic ", basic.reveal()}));
  }
  request.body = Body::secret(std::move(form), "application/x-www-form-urlencoded");
  return request;
}

/// A token that the issuer gave, and what is kept of it for as long as the API accepts it.
struct IssuedToken {
  AccessToken token;
  LedgerEntry entry;  ///< The ledger adds the times.
};

/// Whether a JWT is for this audience. A token without an audience is left to the API.
inline Result<void> check_audience(const Jwt& jwt, const std::string& audience) {
  if (!jwt.audiences) return {};
  std::string names;
  for (const auto& name : *jwt.audiences) {
    if (name == audience) return {};
    names += (names.empty() ? "\"" : ", \"") + name + '"';
  }
  return make_error(ErrorKind::protocol, "the issuer's token is for the audience " + clean_text(names, 512) +
                                             ", not for \"" + audience +
                                             "\"; issuer_url and api_url must belong to the same region");
}

/// `expires_in`, from a number or a numeric string; empty if it is neither.
inline std::optional<double> read_seconds(const JsonValue& value) {
  if (const auto number = value.number()) return number;
  const std::string whole = value.string();
  std::string_view text = whole;
  double number = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && is_digit(text[digits]); ++digits) number = number * 10 + (text[digits] - '0');
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  if (!text.empty() && text.front() == '.') text.remove_prefix(1);
  if (!std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  return number;
}

/// The lifetime of the token, cut to whole seconds. More than ten years is taken for a mistake and counts as a day.
inline Result<std::chrono::seconds> read_lifetime(const JsonValue& answer, const std::optional<Jwt>& jwt,
                                                  const TokenOptions& options, const Moment& issued) {
  constexpr double ten_years = 10 * 365.25 * 86400;
  const auto expires_in = answer.find("expires_in");
  std::optional<double> seconds;
  if (expires_in && !expires_in->is_null()) {
    seconds = read_seconds(*expires_in);
  } else if (jwt && jwt->expires) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(issued.wall.time_since_epoch());
    seconds = *jwt->expires - static_cast<double>(now.count());
  } else {
    return options.assumed_lifetime;
  }
  if (!seconds || !(*seconds >= 1)) {
    return make_error(
        ErrorKind::protocol,
        "the issuer's token says no usable lifetime (expires_in is zero, negative or no number, or the token "
        "expired before now by this machine's clock)");
  }
  if (*seconds > ten_years) return std::chrono::seconds(std::chrono::hours(24));
  return std::chrono::seconds(static_cast<std::chrono::seconds::rep>(*seconds));
}

/// Removes every form of the client secret from a text.
inline std::string without_secrets(std::string text, const ClientCredentials& credentials) {
  strike_out(text, credentials.client_secret.reveal());
  strike_out(text, form_encoded_secret(credentials).reveal());
  strike_out(text, Secret(percent_encode(credentials.client_secret.reveal())).reveal());
  strike_out(text, basic_credentials(credentials).reveal());
  return text;
}

inline ErrorKind issuer_failure_kind(int status, const std::string& oauth_error) {
  constexpr std::array<std::string_view, 2> passing{"temporarily_unavailable", "server_error"};
  if (status == 408 || status == 429 || status >= 500) return ErrorKind::issuer_unavailable;
  if (std::find(passing.begin(), passing.end(), oauth_error) != passing.end()) return ErrorKind::issuer_unavailable;
  if (!oauth_error.empty() || status == 400 || status == 401 || status == 403) return ErrorKind::issuer_rejected;
  return ErrorKind::protocol;
}

inline const char* issuer_failure_advice(ErrorKind kind, int status) {
  if (kind == ErrorKind::issuer_unavailable) return "; try again later";
  if (kind == ErrorKind::protocol) return "; check issuer_url (redirects are not followed)";
  return status == 403 ? "; check that the client is allowed this audience and scope"
                       : "; check client_id, client_secret, audience and scope, and that they are of this region";
}

/// The error for an answer that is not a token (RFC 6749 section 5.2).
inline Error issuer_failure(const TokenExchange& exchange, const HttpResponse& response, const JsonValue& answer,
                            const Moment& now) {
  const auto fit = [&](std::string text,
                       std::size_t limit) {  // strike out before cutting: half a secret would not be recognized
    return clean_text(without_secrets(std::move(text), exchange.credentials), limit);
  };
  Error error;
  error.oauth_error = fit(string_member(answer, "error"), 64);
  error.oauth_description = fit(string_member(answer, "error_description"), 256);
  error.http_status = response.status;
  error.kind = issuer_failure_kind(response.status, error.oauth_error);
  error.message = "no token: " + exchange.endpoints.issuer_url + " answered HTTP " + std::to_string(response.status);
  if (!error.oauth_error.empty()) error.message += ' ' + error.oauth_error;
  if (!error.oauth_description.empty()) error.message += " (" + error.oauth_description + ')';
  error.message += issuer_failure_advice(error.kind, response.status);
  if (const auto* value = response.headers.find("Retry-After")) error.retry_after = parse_retry_after(*value, now.wall);
  if (const auto* id = response.headers.find("X-Request-Id")) error.request_id = fit(*id, 128);
  return error;
}

/// The error for a request without an answer: one kind for every reason. Removes secrets, because a transport may quote
/// the request.
inline Error issuer_unreachable(const TokenExchange& exchange, Error error) {
  if (error.kind == ErrorKind::connection || error.kind == ErrorKind::timeout)
    error.kind = ErrorKind::issuer_unavailable;
  error.message = "no token from " + exchange.endpoints.issuer_url + ": " +
                  without_secrets(std::move(error.message), exchange.credentials);
  error.details = without_secrets(std::move(error.details), exchange.credentials);
  return error;
}

inline Result<Secret> read_access_token(const JsonValue& answer) {
  const auto problem = [](const char* what) {
    return make_error(ErrorKind::protocol, std::string("the issuer's answer is no token: ") + what);
  };
  const auto member = answer.find("access_token");
  if (!member || member->kind() != JsonValue::Kind::string) return problem("access_token is missing or not a string");
  Secret token(member->string());
  const std::string_view text = token.reveal();
  if (text.empty() || text.size() > max_token_bytes) return problem("access_token is empty or longer than 16 KiB");
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; })) {
    return problem("access_token holds characters that no header may carry");
  }
  if (!equal_ignoring_case(string_member(answer, "token_type"), "bearer"))
    return problem("token_type is not \"bearer\"");
  return token;
}

/// Reads a 200 of the issuer to a request begun at `issued`.
inline Result<IssuedToken> read_issued_token(const TokenExchange& exchange, const JsonValue& answer,
                                             const Moment& issued) {
  const auto text = read_access_token(answer);
  if (!text) return text.error();
  const auto jwt = read_jwt(text->reveal());
  if (jwt) {
    if (auto meant_for_us = check_audience(*jwt, exchange.endpoints.api_url); !meant_for_us)
      return meant_for_us.error();
  }
  const auto lifetime = read_lifetime(answer, jwt, exchange.options, issued);
  if (!lifetime) return lifetime.error();
  const std::string granted = clean_text(string_member(answer, "scope"), 4096);
  const AccessToken token(*text, granted.empty() ? exchange.options.scope : granted, *lifetime, issued);
  LedgerEntry entry;
  entry.fingerprint = token.fingerprint();
  if (jwt) entry.key_id = jwt->key_id;
  if (jwt) entry.token_id = jwt->token_id;
  return IssuedToken{token, entry};
}

/// Reads the issuer's answer to a request begun at `issued`, and overwrites its text.
inline Result<IssuedToken> read_token_answer(const TokenExchange& exchange, HttpResponse response,
                                             const Moment& issued) {
  const Secret text(std::move(response.body));
  const auto answer = parse_json(text.reveal(), "the issuer's answer");
  if (response.status != 200) {
    return issuer_failure(exchange, response, answer ? *answer : JsonValue("null"), issued);
  }
  if (!answer) return answer.error();
  if (answer->kind() != JsonValue::Kind::object)
    return make_error(ErrorKind::protocol, "the issuer's answer is not a JSON object");
  if (answer->find("error")) return issuer_failure(exchange, response, *answer, issued);
  return read_issued_token(exchange, *answer, issued);
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
