// SPDX-License-Identifier: MIT
#pragma once

#include <movio/exhibitor.hpp>
#include <string>

#include "options.hpp"

namespace cli {

/// What the command line and the environment together ask for.
struct Settings {
  ex::Endpoints endpoints;
  std::string region;  ///< For people: "eu", or that the URLs were given.
  ex::CredentialSource credentials;
  std::string credentials_origin;  ///< For people: where they come from.
  ex::ClientOptions client;
};

/// Errors: `invalid_argument`. Credentials are not looked at here; they are asked for when a token is needed.
ex::Result<Settings> settings_of(const Options& options);

}  // namespace cli
