// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "../../core/result.hpp"
#include "../../detail/text/url.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// What a `redis://` or `rediss://` URL names.
struct RedisAddress {
  std::string url;       ///< For libcurl: https for TLS, else http.
  std::string name;      ///< For people: host and port.
  std::string user;      ///< Empty for the default one.
  std::string database;  ///< A number.
};

/// Errors: `storage`; they do not quote the URL, which may hold a password by mistake.
inline Result<RedisAddress> parse_redis_url(std::string_view text) {
  const auto problem = [](const char* what) {
    return make_error(ErrorKind::storage, std::string("the URL of the Redis ") + what);
  };
  const bool tls = begins_with(text, "rediss://");
  if (!tls && !begins_with(text, "redis://")) return problem("must begin with redis:// or rediss://");
  text.remove_prefix(tls ? 9 : 8);
  RedisAddress address;
  const auto slash = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, slash);
  const auto database = text.substr(slash).substr(std::min<std::size_t>(1, text.size() - slash));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    const auto user = percent_decode(authority.substr(0, at));
    if (authority.substr(0, at).find(':') != std::string_view::npos)
      return problem("must not hold a password; give it by RedisOptions::password");
    if (!user) return problem("has a user that is not percent-encoded");
    address.user = *user;
    authority.remove_prefix(at + 1);
  }
  const bool has_port =
      authority.find(':', authority.rfind(']') == std::string_view::npos ? 0 : authority.rfind(']')) !=
      std::string_view::npos;
  address.url = (tls ? "https://" : "http://") + std::string(authority) + (has_port ? "" : ":6379");
  const auto url = parse_url(address.url);
  if (!url || !url->target.empty()) return problem("has no host, or a port that is none");
  if (database.size() > 5 || !std::all_of(database.begin(), database.end(), is_digit))
    return problem("has a database that is no number");
  address.name = url->host + ':' + std::to_string(url->port);
  address.database = database.empty() ? "0" : std::string(database);
  return address;
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
