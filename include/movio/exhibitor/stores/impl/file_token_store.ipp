// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/new_shared.hpp"
#include "../../detail/os/fork_local.hpp"
#include "../../detail/os/private_directory.hpp"
#include "../../detail/text/encoding.hpp"
#include "../file_token_store.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

namespace detail {

/// A slash at the end would make a link to a directory pass for one.
inline std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

inline Result<PrivateDirectory> open_token_directory(const std::string& path) {
  if (path.empty())
    return make_error(ErrorKind::storage, "there is no directory for tokens: neither XDG_CACHE_HOME nor HOME is set");
  return PrivateDirectory::open(path);
}

inline std::string entry_file(const std::string& name) { return name + ".token"; }
inline std::string lock_file(const std::string& name) { return name + ".lock"; }

/// The entries, the locks, and what killed processes have left half written; not what else the directory may hold.
inline std::vector<std::string> own_files(const PrivateDirectory& directory) {
  std::vector<std::string> own;
  for (std::string& name : directory.names()) {
    const auto end = name.find_first_not_of("0123456789abcdef");
    const auto extension = end == 32 ? std::string_view(name).substr(end) : std::string_view();
    if (extension == ".lock" || begins_with(extension, ".token")) own.push_back(std::move(name));
  }
  return own;
}

}  // namespace detail

/// The locks that this process has, by entry. A forked child begins with none, and leaves its parent's alone.
class FileTokenStore::Leases {
 public:
  Leases() : held_([](const Held*) { return detail::new_shared<Held>(); }) {}

  void keep(const std::string& name, const std::string& owner, detail::Descriptor lock) {
    Held& held = *held_.get();
    const std::lock_guard<std::mutex> guard(held.mutex);
    held.locks.insert_or_assign(name, Lease{owner, std::move(lock)});
  }

  void end(const std::string& name, const std::string& owner) {
    Held& held = *held_.get();
    const std::lock_guard<std::mutex> guard(held.mutex);
    const auto found = held.locks.find(name);
    if (found == held.locks.end() || found->second.owner != owner) return;
    detail::PrivateDirectory::unlock(found->second.lock);
    held.locks.erase(found);
  }

 private:
  struct Lease {
    std::string owner;
    detail::Descriptor lock;
  };
  struct Held {
    std::mutex mutex;
    std::map<std::string, Lease> locks;
  };

  const detail::ForkLocal<Held> held_;
};

inline FileTokenStore::FileTokenStore(std::string directory)
    : directory_(detail::without_slash(directory.empty() ? default_directory() : std::move(directory))),
      leases_(std::make_unique<Leases>()) {}

inline FileTokenStore::~FileTokenStore() = default;

inline std::string FileTokenStore::default_directory() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): documented
    return std::string(value == nullptr ? "" : value);
  };
  constexpr std::string_view own = "/movio-exhibitor";
  if (const auto cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache + std::string(own);
  const auto home = variable("HOME");
  return home.empty() ? std::string() : home + "/.cache" + std::string(own);
}

inline Result<std::string> FileTokenStore::load(const std::string& name) {
  constexpr std::size_t largest = std::size_t{64} << 10U;
  const auto directory = detail::open_token_directory(directory_);
  if (!directory) return directory.error();
  return directory->read(detail::entry_file(name), std::chrono::system_clock::now(), largest);
}

inline Result<void> FileTokenStore::save(const std::string& name, const std::string& entry,
                                         std::chrono::milliseconds time_to_live) {
  const auto directory = detail::open_token_directory(directory_);
  if (!directory) return directory.error();
  if (entry.empty()) return directory->remove(detail::entry_file(name));
  const auto now = std::chrono::system_clock::now();
  for (const std::string& file : detail::own_files(*directory)) directory->remove_if_dead(file, now);
  return directory->replace(detail::entry_file(name), entry, now + time_to_live);
}

inline Result<bool> FileTokenStore::acquire(const std::string& name, const std::string& owner,
                                            std::chrono::milliseconds /*time_to_live: ends with the process*/) {
  const auto directory = detail::open_token_directory(directory_);
  if (!directory) return directory.error();
  auto lock = directory->lock(detail::lock_file(name), std::chrono::system_clock::now() + std::chrono::hours(24));
  if (!lock) return lock.error();
  if (!*lock) return false;
  leases_->keep(name, owner, *std::move(lock));
  return true;
}

inline Result<void> FileTokenStore::release(const std::string& name, const std::string& owner) {
  leases_->end(name, owner);
  return {};
}

inline std::string_view FileTokenStore::kind() const noexcept { return "file"; }

inline Result<void> FileTokenStore::forget_all() {
  const auto directory = detail::open_token_directory(directory_);
  if (!directory) return directory.error();
  for (const std::string& file : detail::own_files(*directory)) {
    if (auto removed = directory->remove(file); !removed) return removed;
  }
  return {};
}

}  // namespace v0_1
}  // namespace movio::exhibitor
