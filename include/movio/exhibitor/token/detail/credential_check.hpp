// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "../../core/result.hpp"
#include "../../detail/text/encoding.hpp"
#include "../credential_source.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

inline Error credentials_error(std::string message) { return make_error(ErrorKind::credentials, std::move(message)); }

/// Why a client id or secret is invalid; nullptr if it is valid. Never quotes it.
inline const char* credential_problem(std::string_view value) noexcept {
  if (value.empty()) return "is empty";
  for (const char c : value) {
    if (is_control(c)) {
      return "holds a control character, most likely a newline that `echo` put there; write it with printf '%s' "
             "instead";
    }
  }
  if (!is_utf8(value)) return "is not valid UTF-8";
  return begins_with(value, byte_order_mark) ? "begins with a byte-order mark; save it without one" : nullptr;
}

/// Checks credentials; `origin` names their source in errors, for example "in /run/secrets/movio".
inline Result<ClientCredentials> checked(ClientCredentials credentials, std::string_view origin) {
  const auto error = [origin](const char* name, const char* problem) {
    return credentials_error("the " + std::string(name) + ' ' + std::string(origin) + ' ' + problem);
  };
  if (const char* problem = credential_problem(credentials.client_id)) return error("client_id", problem);
  if (const char* problem = credential_problem(credentials.client_secret.reveal()))
    return error("client_secret", problem);
  return credentials;
}

/// Calls a source. Catches what it throws, and never quotes that: it could hold a secret.
inline Result<ClientCredentials> ask(const CredentialSource& source) {
  if (!source) return credentials_error("no credential source is set");
  try {
    auto credentials = source();
    return credentials ? checked(*std::move(credentials), "from the credential source") : credentials;
  } catch (...) {
    return credentials_error("the credential source threw an exception");
  }
}

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
