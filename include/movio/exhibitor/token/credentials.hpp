// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "../core/secret.hpp"
#include "credential_source.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A source of fixed credentials.
CredentialSource credentials(std::string client_id, Secret client_secret);

/// `MOVIO_CLIENT_ID` and `MOVIO_CLIENT_SECRET`, read once, by this call.
/// Errors of the source: `credentials`, which names the variable that is missing or empty.
/// Thread-safety: as `std::getenv`: no other thread may change the environment during this call.
CredentialSource credentials_from_environment();

/// The files `client_id` and `client_secret` of a directory such as a mounted secret, read at each call, both from one
/// generation; one newline at the end is cut. They may be readable by their group (Kubernetes makes them so); what
/// every user may do to them is up to `access`. Errors of the source: `credentials`.
CredentialSource credentials_from_directory(std::string path, FileAccess access = FileAccess::owner_and_group);

/// A JSON file, `{"client_id": "...", "client_secret": "..."}`, read at each call. It may be readable by its group;
/// what every user may do to it is up to `access`. Errors of the source: `credentials`.
CredentialSource credentials_from_file(std::string path, FileAccess access = FileAccess::owner_and_group);

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/credentials.ipp"
#endif
