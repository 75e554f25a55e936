// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "encoding.hpp"
#include "url.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The URL of the proxy for https, as libcurl looks for it in the environment; empty when there is none.
inline std::string_view proxy_of_environment() noexcept {
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

inline bool is_socks_proxy(std::string_view url) noexcept { return equal_ignoring_case(url.substr(0, 5), "socks"); }

inline bool is_proxy_host(std::string_view host) noexcept {
  if (host.substr(0, 1) != "[") return is_host(host);
  const auto is_address_character = [](char c) { return is_unreserved(c) || c == ':' || c == '%'; };  // RFC 6874
  return host.size() > 2 && host.back() == ']' && std::all_of(host.begin() + 1, host.end() - 1, is_address_character);
}

/// Whether a proxy's URL can be read in one way only. An "@", "/", "?" or "#" in its password that is not
/// percent-encoded makes libcurl take a part of the password for the host, look it up and quote it.
inline bool is_usable_proxy(std::string_view url) noexcept {
  constexpr std::array<std::string_view, 7> schemes{"http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h"};
  if (const auto end = url.find("://"); end != std::string_view::npos) {
    const auto scheme = url.substr(0, end);
    if (std::none_of(schemes.begin(), schemes.end(), [&](auto known) { return equal_ignoring_case(scheme, known); })) {
      return false;
    }
    url.remove_prefix(end + 3);
  }
  if (!url.empty() && url.back() == '/') url.remove_suffix(1);
  if (url.find_first_of("/?#\\") != std::string_view::npos) return false;
  if (std::any_of(url.begin(), url.end(), [](char c) { return c == ' ' || is_control(c); })) return false;

  auto host = url.substr(url.find('@') + 1);  // npos + 1 is 0
  if (host.find('@') != std::string_view::npos) return false;
  const auto colon = host.rfind(':');
  if (colon != std::string_view::npos && host.back() != ']') {
    if (!parse_port(host.substr(colon + 1))) return false;
    host = host.substr(0, colon);
  }
  return is_proxy_host(host);
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
