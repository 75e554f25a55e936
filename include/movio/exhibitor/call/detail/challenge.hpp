// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "../../core/http.hpp"
#include "../../detail/text/encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// A parameter of a `WWW-Authenticate` challenge (RFC 9110 section 11.2, RFC 6750 section 3); empty if missing.
inline std::string challenge_parameter(std::string_view challenge, std::string_view wanted) {
  while (!challenge.empty()) {
    const auto equals = challenge.find('=');
    if (equals == std::string_view::npos) return {};
    const std::string_view before = trim(challenge.substr(0, equals));
    const std::string_view name = before.substr(before.find_last_of(" ,\t") + 1);
    challenge = trim(challenge.substr(equals + 1));
    std::string value;
    if (!challenge.empty() && challenge.front() == '"') {
      std::size_t i = 1;
      for (; i < challenge.size() && challenge[i] != '"'; ++i) {
        if (challenge[i] == '\\' && i + 1 < challenge.size()) ++i;
        value += challenge[i];
      }
      challenge.remove_prefix(std::min(i + 1, challenge.size()));
    } else {
      value = std::string(challenge.substr(0, challenge.find_first_of(" ,\t")));
      challenge.remove_prefix(value.size());
    }
    if (equal_ignoring_case(name, wanted)) return value;
  }
  return {};
}

/// The same from any of an answer's challenges: several fields are one list (RFC 9110 section 5.3).
inline std::string challenge_parameter(const HttpResponse& response, std::string_view wanted) {
  for (const auto& [name, value] : response.headers) {
    if (!equal_ignoring_case(name, "WWW-Authenticate")) continue;
    std::string found = challenge_parameter(value, wanted);
    if (!found.empty()) return found;
  }
  return {};
}

/// Whether the API reported a valid token with insufficient scope: another token would not help.
inline bool lacks_scope(const HttpResponse& response) {
  return challenge_parameter(response, "error") == "insufficient_scope";
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
