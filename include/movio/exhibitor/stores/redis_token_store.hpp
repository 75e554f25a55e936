// SPDX-License-Identifier: MIT
#pragma once

// Not part of <movio/exhibitor.hpp>: needs hiredis. Compiled where it is included, also in a program that links the
// compiled library.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "../core/result.hpp"
#include "../core/secret.hpp"
#include "../token/credential_source.hpp"
#include "../token/store.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// How a `RedisTokenStore` connects.
struct RedisOptions {
  /// `redis://[user@]host[:port][/db]`, or `rediss://...` for TLS. Port 6379 and database 0 unless told. The user is
  /// one of Redis' ACL; percent-encoded. No password: that is no part of a URL.
  std::string url{};
  Secret password{};           ///< Of the user, or of the server (`requirepass`); empty for none.
  std::string ca_file{};       ///< As `CurlOptions::ca_file`.
  std::string ca_directory{};  ///< As `CurlOptions::ca_directory`.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(1);  ///< Name look-up, TCP and TLS together.
  std::chrono::milliseconds command_timeout = std::chrono::seconds(1);  ///< Of one command.
};

/// Reads a password from a file; one newline at the end is cut. What every user may do to the file is up to `access`.
/// Errors: `credentials`.
Result<Secret> password_from_file(const std::string& path, FileAccess access = FileAccess::owner_and_group);

/// A store in a Redis or Valkey server, for the processes of many machines. Hand it to `sealed`.
///
/// Keeps one connection, and opens another when that is gone. TLS is libcurl's, with the same verification as every
/// connection of the library. Needs the commands GET, SET, DEL, WATCH, UNWATCH, MULTI, EXEC, and of connections AUTH,
/// SELECT; no scripts. The keys begin with "movio-exhibitor:". The lease is SET NX PX with an owner, and is deleted
/// only while it is still that owner's. A Redis Cluster or Sentinel needs a `TokenStore` of your own.
///
/// Errors: `storage`, with what the server said, and what to do. Thread-safety: every call from any thread.
class RedisTokenStore : public TokenStore {
 public:
  /// Connects at the first use. Errors in the options are those of every call.
  explicit RedisTokenStore(RedisOptions options);
  RedisTokenStore(const RedisTokenStore&) = delete;
  RedisTokenStore& operator=(const RedisTokenStore&) = delete;
  inline ~RedisTokenStore() override;

  inline Result<std::string> load(const std::string& name) override;
  inline Result<void> save(const std::string& name, const std::string& entry,
                           std::chrono::milliseconds time_to_live) override;
  inline Result<bool> acquire(const std::string& name, const std::string& owner,
                              std::chrono::milliseconds time_to_live) override;
  inline Result<void> release(const std::string& name, const std::string& owner) override;
  [[nodiscard]] inline std::string_view kind() const noexcept override;

 private:
  class Server;

  const std::unique_ptr<Server> server_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#include "impl/redis_token_store.ipp"
