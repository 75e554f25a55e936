// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "../../detail/text/url.hpp"
#include "../region.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
MOVIO_EXHIBITOR_INLINE Endpoints endpoints(Region region) {
  if (region == Region::eu) return {"https://auth-eu.eq.movio.co/oauth/token", "https://exhibitor-api.eu.eks.movio.co"};
  return {"https://auth-us.eq.movio.co/oauth/token", "https://exhibitor-api.us.eks.movio.co"};
}

MOVIO_EXHIBITOR_INLINE Result<Region> parse_region(std::string_view text) {
  if (detail::equal_ignoring_case(text, "eu")) return Region::eu;
  if (detail::equal_ignoring_case(text, "us")) return Region::us;
  return detail::invalid_argument("the region must be \"eu\" or \"us\"");
}

namespace detail {

/// The region that one of the vendor's hosts belongs to, if it is one.
inline std::optional<Region> region_of_host(std::string_view host) {
  while (!host.empty() && host.back() == '.') host.remove_suffix(1);
  const std::string text(host);
  for (const Region region : {Region::eu, Region::us}) {
    const Endpoints known = endpoints(region);
    if (text == parse_url(known.issuer_url)->host || text == parse_url(known.api_url)->host) return region;
  }
  return std::nullopt;
}

inline Result<Url> checked_url(const std::string& text, const char* name, bool allow_loopback_http) {
  const auto url = parse_url(text);
  if (!url) return invalid_argument(std::string(name) + " must be an absolute https URL without user information");
  if (!url->https && !(allow_loopback_http && is_loopback(url->host))) {
    return invalid_argument(std::string(name) +
                            " must be https; plain http is accepted only for a loopback host, with "
                            "Endpoints::allow_loopback_http set");
  }
  return *url;
}

}  // namespace detail

MOVIO_EXHIBITOR_INLINE Result<void> check(const Endpoints& endpoints) {
  const auto issuer = detail::checked_url(endpoints.issuer_url, "issuer_url", endpoints.allow_loopback_http);
  if (!issuer) return issuer.error();
  const auto api = detail::checked_url(endpoints.api_url, "api_url", endpoints.allow_loopback_http);
  if (!api) return api.error();
  if (api->target.find('?') != std::string_view::npos)
    return detail::invalid_argument("api_url must not carry a query");
  if (!api->target.empty() && detail::path_problem(api->target) != nullptr) {
    return detail::invalid_argument("the base path of api_url is not acceptable");
  }
  const auto issuer_region = detail::region_of_host(issuer->host);
  const auto api_region = detail::region_of_host(api->host);
  if (issuer_region && api_region && *issuer_region != *api_region) {
    return detail::invalid_argument("issuer_url and api_url belong to different regions (" + issuer->host + " and " +
                                    api->host + "); data of one region must not go to the other");
  }
  return {};
}

}  // namespace v0_1
}  // namespace movio::exhibitor
