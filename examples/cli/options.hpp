// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <movio/exhibitor.hpp>
#include <optional>
#include <string>

namespace cli {

namespace ex = movio::exhibitor;

enum class Command { print, token, request, remove, upload, subscriptions, categories, check };

/// The command line, taken apart; what the texts mean is judged in settings.hpp.
struct Options {
  Command command = Command::print;
  std::string text;  ///< For `print`: the help, or the version.

  std::optional<std::string> region, issuer_url, api_url;
  std::optional<std::string> ca_file, client_auth, scope;
  std::optional<std::string> credentials_file, credentials_dir;
  bool credentials_any_user = false;
  std::optional<std::string> timeout, token_store;
  bool allow_http = false;
  bool verbose = false;

  bool show = false;                 ///< `token`
  bool forget = false, all = false;  ///< `token`
  std::string method, path;          ///< `request`
  std::optional<std::string> data;   ///< `request`: JSON, or @ and a file's name
  std::string resource;              ///< `upload`, `delete`
  std::string id;                    ///< `delete`, `subscriptions`
  std::string file;                  ///< `upload`, `subscriptions`, `delete --ids`; "-" is standard input
  std::optional<std::size_t> batch_size;
  std::optional<int> in_flight;
  std::optional<std::int64_t> max_rejects;
  std::optional<std::string> rejects, journal;
  bool no_progress = false;
};

/// Errors: `invalid_argument`, which quotes no values, nor anything else that cannot be a mistyped name:
/// somebody may have put a secret on the line.
ex::Result<Options> parse_options(int argc, const char* const* argv);

}  // namespace cli
