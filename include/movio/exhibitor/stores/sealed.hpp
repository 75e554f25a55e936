// SPDX-License-Identifier: MIT
#pragma once

// Not part of <movio/exhibitor.hpp>: needs OpenSSL's libcrypto. Compiled where it is included, also in a program that
// links the compiled library.

#include <memory>
#include <string>

#include "../core/result.hpp"
#include "../core/secret.hpp"
#include "../token/credential_source.hpp"
#include "../token/store.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A store as `TokenOptions::store` takes it: what it keeps is sealed with AES-256-GCM. The key, and the names of the
/// entries, come out of the client secret (HKDF with SHA-256, RFC 5869): processes with the same secret share a token,
/// and nobody else can find or open it. During a rotation the old and the new secret have an entry each.
///
/// A client secret of fewer than 32 bytes could be guessed from the entries. It is not used with a store unless there
/// is a `sealing_key`, 32 random bytes that all processes share, which then protects the entries as well.
///
/// Never blocks, and never fails: whatever the store does, the provider gets its token from the issuer. The event
/// `store_failed` tells. An empty `store` gives an empty result.
/// Thread-safety: a `store` that several results are made of is called by several threads.
std::shared_ptr<SharedTokens> sealed(std::shared_ptr<TokenStore> store, Secret sealing_key = {});

/// Reads a sealing key: a file of 32 random bytes, as `head -c 32 /dev/urandom` makes them. What every user may do to
/// the file is up to `access`. Errors: `credentials`.
Result<Secret> sealing_key_from_file(const std::string& path, FileAccess access = FileAccess::owner_and_group);

}  // namespace v0_1
}  // namespace movio::exhibitor

#include "impl/sealed.ipp"
