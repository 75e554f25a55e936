// SPDX-License-Identifier: MIT
#pragma once

#include <movio/exhibitor.hpp>
#include <string>

namespace cli {

namespace ex = movio::exhibitor;

/// The certificate that a server shows.
struct Certificate {
  bool trusted = false;  ///< The library's transport would talk to the server.
  std::string issuer;    ///< Of the last certificate that the server sent; empty when there is none to be had.
};

/// Connects to an https URL and sends nothing: first as the library does, and when that fails without verification, to
/// see who signed the certificate.
Certificate look_at_certificate(const ex::CurlOptions& options, const std::string& url);

}  // namespace cli
