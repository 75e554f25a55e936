// SPDX-License-Identifier: MIT
#pragma once

// Not part of <movio/exhibitor.hpp>; compiled where it is included, also in a program that links the compiled library.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "../core/result.hpp"
#include "../token/store.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A store in a directory, for the processes of one user on one machine: services, cron jobs, the command line. Hand it
/// to `sealed`.
///
/// The directory has the mode 0700 and its files 0600; what another user could have put there is refused, with what to
/// do. A file is written beside its place, brought to the disk and renamed: a reader sees the old one or the new one,
/// whole, after a crash at any moment. The lease is a lock of the kernel (flock), which ends with its process; on a
/// file system that has no locks the worst is a second token.
///
/// Errors: `storage`. Thread-safety: every call from any thread.
class FileTokenStore : public TokenStore {
 public:
  /// The directory is created on first use, with those above it. An empty name is `default_directory()`.
  explicit FileTokenStore(std::string directory = {});
  FileTokenStore(const FileTokenStore&) = delete;
  FileTokenStore& operator=(const FileTokenStore&) = delete;
  inline ~FileTokenStore() override;

  /// `$XDG_CACHE_HOME/movio-exhibitor`, or `$HOME/.cache/movio-exhibitor`; empty when there is neither.
  /// Thread-safety: as `std::getenv`: no other thread may change the environment during this call.
  static std::string default_directory();

  inline Result<std::string> load(const std::string& name) override;
  inline Result<void> save(const std::string& name, const std::string& entry,
                           std::chrono::milliseconds time_to_live) override;
  inline Result<bool> acquire(const std::string& name, const std::string& owner,
                              std::chrono::milliseconds time_to_live) override;
  inline Result<void> release(const std::string& name, const std::string& owner) override;
  [[nodiscard]] inline std::string_view kind() const noexcept override;

  /// Removes every entry, of all credentials. Tokens that processes have in memory stay in use.
  Result<void> forget_all();

  [[nodiscard]] const std::string& directory() const noexcept { return directory_; }

 private:
  class Leases;

  const std::string directory_;
  const std::unique_ptr<Leases> leases_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#include "impl/file_token_store.ipp"
