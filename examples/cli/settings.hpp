// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <movio/exhibitor.hpp>
#include <movio/exhibitor/file_token_store.hpp>
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
  std::string token_store;                          ///< For people: where runs share tokens; empty for nowhere.
  std::shared_ptr<ex::FileTokenStore> token_files;  ///< If that is a directory.
};

/// Errors: `invalid_argument`. Credentials are not looked at here; they are asked for when a token is needed.
ex::Result<Settings> settings_of(const Options& options);

/// What the token is for, by which the store finds it. Errors: those of the credential source.
ex::Result<ex::TokenIdentity> identity_of(const Settings& settings);

}  // namespace cli
