// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "../core/result.hpp"
#include "../core/secret.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// What the issuer knows this program by.
struct ClientCredentials {
  std::string client_id;
  Secret client_secret;
};

/// Gives the credentials. Asked at every token exchange, so a rotated secret needs no restart; on the transport's
/// thread, so it must be quick; never twice at the same time by one provider. Several providers that share a source may
/// ask it at the same time. What it throws becomes an `Error` of kind `credentials`.
using CredentialSource = std::function<Result<ClientCredentials>()>;

/// Which access to files with credentials is accepted.
enum class FileAccess {
  owner_and_group,  ///< Not that of every user: files that all can read or change are refused, and files in a directory
                    ///< where all can replace them (writable for all, without a sticky bit).
  any_user,         ///< All of that, too: for mounts whose modes cannot be set, where no other user can reach them. The
                    ///< files of Docker Compose's `secrets` have their mode on the host (Compose ignores `uid`, `gid`
                    ///< and `mode` of a secret that is a file), and a Windows drive has no modes under WSL unless it is
                    ///< mounted with `metadata`.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
