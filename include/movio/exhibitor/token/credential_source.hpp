// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "../core/result.hpp"
#include "../core/secret.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// The credentials of a client at the issuer.
struct ClientCredentials {
  std::string client_id;
  Secret client_secret;
};

/// Returns the credentials. Called at every token exchange, so a rotated secret needs no restart; on the transport's
/// thread, so it must be fast; by one provider never concurrently. Providers that share a source may call it at the
/// same time. Exceptions become an `Error` of kind `credentials`.
using CredentialSource = std::function<Result<ClientCredentials>()>;

/// Which permissions of credential files are accepted.
enum class FileAccess {
  owner_and_group,  ///< Refuses files that every user can read, change, or replace (in a directory that every user can
                    ///< write, without a sticky bit).
  any_user,  ///< Accepts them: for mounts whose modes cannot be set and that no other user can reach. The files of
             ///< Docker Compose's `secrets` have their mode on the host (Compose ignores `uid`, `gid` and `mode` of a
             ///< secret that is a file), and a Windows drive has no modes under WSL unless it is mounted with
             ///< `metadata`.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
