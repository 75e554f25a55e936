// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../detail/json/value.hpp"
#include "../../detail/text/encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// What the library reads from a JWT (RFC 7519), without verification, which is up to the API.
struct Jwt {
  std::string key_id;                                 ///< `kid`, cleaned; empty if there is none.
  std::string token_id;                               ///< `jti`, cleaned; empty if there is none.
  std::optional<std::vector<std::string>> audiences;  ///< `aud`; empty if there is none.
  std::optional<double> expires;                      ///< `exp`, in seconds since 1970.
};

/// The JSON object in a part of a JWT; empty if that is anything else.
inline std::optional<std::string> jwt_object(std::string_view part) {
  auto text = base64url_decode(part);
  if (!text) return std::nullopt;
  const auto value = parse_json(*text, "a part of the token");
  return value && value->kind() == JsonValue::Kind::object ? std::move(text) : std::nullopt;
}

inline std::optional<std::vector<std::string>> audiences_in(const JsonValue& claims) {
  const auto aud = claims.find("aud");
  if (!aud || aud->is_null()) return std::nullopt;
  std::vector<std::string> audiences;
  const auto add = [&audiences](const JsonValue& name) {
    if (name.kind() == JsonValue::Kind::string) audiences.push_back(name.string());
  };
  add(*aud);
  aud->each_element(add);
  return audiences;
}

/// Empty if the token is not a JWT. A header that cannot be read has no key id.
inline std::optional<Jwt> read_jwt(std::string_view token) {
  constexpr std::size_t longest_id = 128;
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == std::string_view::npos || first == last || token.find('.', first + 1) != last) return std::nullopt;
  const auto payload = jwt_object(token.substr(first + 1, last - first - 1));
  if (!payload) return std::nullopt;
  const JsonValue claims(*payload);
  Jwt jwt;
  if (const auto header = jwt_object(token.substr(0, first))) {
    jwt.key_id = clean_text(string_member(JsonValue(*header), "kid"), longest_id);
  }
  jwt.token_id = clean_text(string_member(claims, "jti"), longest_id);
  jwt.audiences = audiences_in(claims);
  if (const auto exp = claims.find("exp")) jwt.expires = exp->number();
  return jwt;
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
