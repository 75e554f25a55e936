// SPDX-License-Identifier: MIT
#include "proxy.hpp"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <movio/exhibitor/detail/text/proxy_url.hpp>
#include <string_view>
#include <utility>

#include "output.hpp"

namespace cli {
namespace {

struct Variable {
  std::string_view name;
  std::string_view value;
};

/// The first that is set; libcurl takes an empty one for none.
Variable first_set(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return {name, value};
  }
  return {};
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  const auto to_lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  return lower;
}

/// The host of a URL that the library has accepted.
std::string host_of(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  url = url.substr(0, url.find_first_of("/?"));
  const auto colon = url.rfind(':');
  if (colon != std::string_view::npos && url.back() != ']') url = url.substr(0, colon);
  return lower_case(url);
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "[::1]" || host.compare(0, 4, "127.") == 0;
}

/// One entry of NO_PROXY: the name itself, or a domain that it lies in. Address ranges are not looked at.
bool matches(std::string_view host, std::string_view entry) {
  if (!entry.empty() && entry.front() == '.') entry.remove_prefix(1);
  if (entry.empty() || host.size() < entry.size() || host.substr(host.size() - entry.size()) != entry) return false;
  return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

bool is_exempt(const std::string& host, std::string_view no_proxy) {
  if (no_proxy == "*") return true;
  const std::string lower = lower_case(no_proxy);
  std::string_view list = lower;
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(", \t"), list.size());
    if (matches(host, list.substr(0, end))) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

/// Scheme, host and port; of a URL that can be misread nothing, for any part of it may be a part of the password.
std::string without_credentials(std::string_view proxy) {
  if (!ex::detail::is_usable_proxy(proxy)) return "a proxy whose URL cannot be used";
  const auto scheme_end = proxy.find("://");
  const auto scheme = scheme_end == std::string_view::npos ? std::string_view() : proxy.substr(0, scheme_end + 3);
  const std::string_view rest = proxy.substr(scheme.size());
  return std::string(scheme) + std::string(rest.substr(rest.find('@') + 1));  // npos + 1 is 0
}

}  // namespace

std::string proxy_on_the_way_to(const std::string& url) {
  const std::string host = host_of(url);
  if (is_loopback(host)) return "none for " + host + " (loopback goes past any proxy)";
  // HTTP_PROXY in capitals is not read: a web server's request could set it. Plain http is loopback's alone anyway.
  const Variable proxy = first_set({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  if (proxy.value.empty()) return "none for " + host;
  const Variable exemptions = first_set({"no_proxy", "NO_PROXY"});
  if (is_exempt(host, exemptions.value)) return "none for " + host + " (" + std::string(exemptions.name) + ')';
  return without_credentials(proxy.value) + " for " + host + " (" + std::string(proxy.name) + ')';
}

}  // namespace cli
