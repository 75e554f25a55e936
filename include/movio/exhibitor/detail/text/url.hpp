// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// An absolute http or https URL taken apart. Stricter than RFC 3986 on purpose: what could be read in two ways by two
/// parsers (user information, backslashes, control characters, raw non-ASCII) is not a URL here.
struct Url {
  bool https = false;
  std::string host;         ///< Lower case; an IPv6 address keeps its brackets.
  std::uint16_t port = 0;   ///< The scheme's own when the text has none.
  std::string_view target;  ///< Path and query as written; may be empty. Points into the parsed text.

  /// Scheme, host and port: what a bearer token is bound to (RFC 6454).
  [[nodiscard]] std::string origin() const {
    return (https ? "https://" : "http://") + host + ':' + std::to_string(port);
  }
};

/// For each character whether it may stand in a path or query as it is (RFC 3986 pchar, "/" and "?"), '%' included.
inline constexpr std::array<bool, 256> target_characters = [] {
  std::array<bool, 256> allowed{};
  for (std::size_t c = 0; c < allowed.size(); ++c) allowed[c] = is_unreserved(static_cast<char>(c));
  for (const char c : std::string_view("!$&'()*+,;=:@/?%")) allowed[static_cast<unsigned char>(c)] = true;
  return allowed;
}();
constexpr bool is_target_character(char c) noexcept { return target_characters[static_cast<unsigned char>(c)]; }

inline std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  unsigned value = 0;
  if (text.empty() || text.size() > 5) return std::nullopt;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value == 0 || value > 0xffff) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

inline bool is_host(std::string_view host) noexcept {
  if (host.empty() || host.size() > 255) return false;
  if (host.front() == '[') {
    if (host.size() < 4 || host.back() != ']') return false;
    host = host.substr(1, host.size() - 2);
    return std::all_of(host.begin(), host.end(), [](char c) { return hex_digit(c) >= 0 || c == ':' || c == '.'; });
  }
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; });
}

inline std::optional<Url> parse_url(std::string_view text) {
  Url url;
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  url.https = equal_ignoring_case(text.substr(0, scheme_end), "https");
  if (!url.https && !equal_ignoring_case(text.substr(0, scheme_end), "http")) return std::nullopt;

  text.remove_prefix(scheme_end + 3);
  const auto authority_end = std::min(text.find_first_of("/?"), text.size());
  std::string_view host = text.substr(0, authority_end);
  url.target = text.substr(authority_end);

  const auto colon = host.rfind(':');
  url.port = url.https ? 443 : 80;
  if (colon != std::string_view::npos && host.back() != ']') {
    const auto port = parse_port(host.substr(colon + 1));
    if (!port) return std::nullopt;
    url.port = *port;
    host = host.substr(0, colon);
  }
  if (!is_host(host) || !std::all_of(url.target.begin(), url.target.end(), is_target_character)) return std::nullopt;
  for (const char c : host) url.host += to_lower(c);
  return url;
}

/// `localhost`, 127.0.0.0/8 or [::1] (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
inline bool is_loopback(std::string_view host) noexcept {
  if (host == "localhost" || host == "[::1]") return true;
  if (host.substr(0, 4) != "127.") return false;
  int dots = 0;
  int digits = 0;
  int value = 0;
  for (const char c : host) {
    if (c == '.') {
      if (digits == 0) return false;
      ++dots;
      digits = value = 0;
      continue;
    }
    // "127.0.0.256" and "127.0.0.08" are no addresses: a resolver would look them up as names
    if (!is_digit(c) || (digits > 0 && value == 0)) return false;
    value = value * 10 + (c - '0');
    ++digits;
    if (value > 255) return false;
  }
  return dots == 3 && digits > 0;
}

/// Whether a segment, decoded, holds a "." or ".." that some server on the way could resolve.
inline bool has_dot_segment(std::string_view decoded) noexcept {
  while (true) {
    const auto end = decoded.find_first_of("/\\");
    const auto part = decoded.substr(0, end);
    if (part == "." || part == "..") return true;
    if (end == std::string_view::npos) return false;
    decoded.remove_prefix(end + 1);
  }
}

/// What is wrong with a path that is to be appended to the API's URL; nullptr when nothing is. Only an origin-relative
/// path, with a query if need be, is accepted: anything else could carry the bearer token to another place.
inline const char* path_problem(std::string_view path) {
  if (path.empty() || path.front() != '/') return "it must begin with '/' (an absolute URL is not accepted)";
  if (path.size() > 1 && path[1] == '/') return "it must not begin with '//', which names another host";
  const auto odd = std::find_if_not(path.begin(), path.end(), is_target_character);
  if (odd != path.end()) {
    if (*odd == '\\') return "it holds a backslash";
    if (is_control(*odd)) return "it holds a control character";
    if (!is_ascii(*odd)) return "it holds a character beyond ASCII; percent-encode ids with path_segment()";
    return "it holds a character that must be percent-encoded; use path_segment() for ids";
  }
  const std::string_view segments = path.substr(0, path.find('?'));
  bool dots = has_dot_segment(segments);
  if (path.find('%') != std::string_view::npos) {
    if (!percent_decode(path)) return "it holds a '%' that is not followed by two hexadecimal digits";
    dots = has_dot_segment(*percent_decode(segments));
  }
  return dots ? "it holds a '.' or '..' segment" : nullptr;
}

inline bool is_word(std::string_view segment) noexcept {
  return segment.size() <= 32 &&
         std::all_of(segment.begin(), segment.end(), [](char c) { return is_alpha(c) || c == '_' || c == '-'; });
}

/// "v1", "v2", ...
inline bool is_version(std::string_view segment) noexcept {
  return segment.size() >= 2 && segment.size() <= 3 && segment[0] == 'v' &&
         std::all_of(segment.begin() + 1, segment.end(), is_digit);
}

/// Calls `visit(segment, is_name)` for each segment of a path: "/members/m1/subscriptions" has the names "members" and
/// "subscriptions"; "m1" may be an id, so personal. A name is one of the API's own words, but not behind a collection,
/// where the id stands; a version; and any first segment that is a word, as of a base path.
template <class Visit>
void visit_segments(std::string_view path, const Visit& visit) {
  constexpr std::array<std::string_view, 6> collections{"cinemas", "films",   "items",
                                                        "tickets", "members", "transactions"};
  path = path.substr(0, path.find_first_of("?#"));
  bool first = true;
  bool id_is_due = false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    const bool is_collection = std::find(collections.begin(), collections.end(), segment) != collections.end();
    const bool is_name =
        is_collection || segment == "subscriptions" || is_version(segment) || (first && is_word(segment));
    visit(segment, segment.empty() || (is_name && !id_is_due));
    if (!segment.empty()) id_is_due = is_collection && !id_is_due;
    first = false;
    path.remove_prefix(segment.size());
  }
}

/// A path with what may be personal taken out, for messages and events: "/members/{id}/subscriptions".
inline std::string route_template(std::string_view path) {
  std::string route;
  visit_segments(path, [&route](std::string_view segment, bool is_name) {
    route += '/';
    route += is_name ? segment : "{id}";
  });
  return route;
}

/// Calls `visit(text)` with everything in a path and its query that may be personal: ids and values, as sent and
/// decoded.
template <class Visit>
void visit_personal(std::string_view path, const Visit& visit) {
  const auto both = [&visit](std::string_view sent) {
    visit(sent);
    if (const auto decoded = percent_decode(sent); decoded && *decoded != sent) visit(*decoded);
  };
  visit_segments(path, [&both](std::string_view segment, bool is_name) {
    if (!is_name) both(segment);
  });
  constexpr std::string_view separators = "?&;";
  while (path.find_first_of(separators) != std::string_view::npos) {
    path.remove_prefix(path.find_first_of(separators) + 1);
    const auto parameter = path.substr(0, path.find_first_of("&;"));
    const auto value = parameter.substr(parameter.find('=') + 1);
    both(value);
    if (value.find('+') == std::string_view::npos) continue;
    std::string spaced(value);  // many a server reads a query as a form, where "+" is a space
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    visit(percent_decode(spaced).value_or(spaced));
  }
}

/// Takes what may be personal in a path out of a text: an error's message may repeat it.
inline void strike_out_personal(std::string& text, std::string_view path) {
  visit_personal(path, [&text](std::string_view part) { strike_out_id(text, part); });
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
