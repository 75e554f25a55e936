// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Where an exhibitor's data lives. There is no default: EU data belongs to the EU issuer and API, US data to the US
/// pair.
enum class Region { eu, us };

/// The pair of addresses that belong together.
struct Endpoints {
  std::string issuer_url;            ///< The token endpoint.
  std::string api_url;               ///< The API; may carry a base path. This text is also the token's audience.
  bool allow_loopback_http = false;  ///< For local testing: accepts plain http, to a loopback host only.
};

/// The vendor's addresses for a region (Movio Exhibitor API, "Authentication").
Endpoints endpoints(Region region);

/// Reads "eu" or "us", in any case.
Result<Region> parse_region(std::string_view text);

/// Whether these addresses can be used: absolute, https, and of one region. Errors: `invalid_argument`.
Result<void> check(const Endpoints& endpoints);

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/region.ipp"
#endif
