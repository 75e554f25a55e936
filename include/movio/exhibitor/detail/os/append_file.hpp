// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/result.hpp"
#include "descriptor.hpp"
#include "paths.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// An append-only file with an exclusive lock while it is open. A forked child shares the lock. Errors: `storage`.
/// Thread-safety: none.
class AppendFile {
 public:
  /// Opens a regular file, or creates one that only its owner may read. Never waits. In a directory where other users
  /// can create files, such as /tmp, it refuses symbolic links, files of other users, and hard links.
  static Result<AppendFile> open(const std::string& path) {
    Descriptor descriptor = open_or_create(path);
    if (!descriptor) return open_error(path, errno);
    if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) return lock_error(path, errno);
    struct stat status {};  // after the lock: until then another process may have written
    if (::fstat(descriptor.get(), &status) != 0) return storage_error(path, "cannot be examined", errno, "try again");
    if (const char* problem = problem_with(status)) return storage_error(path, problem);
    if (auto kept = sync_directory(path); !kept) return std::move(kept).error();
    return AppendFile(path, std::move(descriptor), static_cast<std::uint64_t>(status.st_size));
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// The whole file.
  [[nodiscard]] Result<std::string> read_all() const { return read(size_); }

  /// At most `most` bytes from that offset.
  [[nodiscard]] Result<std::string> read(std::uint64_t most, std::uint64_t from = 0) const {
    std::string content(static_cast<std::size_t>(std::min(most, size_ - std::min(from, size_))), '\0');
    for (std::size_t done = 0; done < content.size();) {
      const auto at = static_cast<off_t>(from + done);
      const auto count =
          uninterrupted([&] { return ::pread(descriptor_.get(), &content[done], content.size() - done, at); });
      if (count < 0) return storage_error(path_, "cannot be read", errno, "try again");
      if (count == 0) return storage_error(path_, "was cut short while it was read; let no other program write to it");
      done += static_cast<std::size_t>(count);
    }
    return content;
  }

  /// Writes all of it, or truncates the file to what it was before.
  Result<void> append(std::string_view bytes) {
    for (std::string_view rest = bytes; !rest.empty();) {
      const auto at = static_cast<off_t>(size_ + (bytes.size() - rest.size()));
      const auto count = uninterrupted([&] { return ::pwrite(descriptor_.get(), rest.data(), rest.size(), at); });
      if (count <= 0) return undo_append(count < 0 ? errno : EIO);
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    size_ += bytes.size();
    return {};
  }

  /// Truncates the file to `size`.
  Result<void> truncate(std::uint64_t size) {
    if (!cut(size)) return storage_error(path_, "cannot be shortened", errno, "try again");
    size_ = size;
    return {};
  }

  /// Removes the access of everybody but the owner: the file may have existed before.
  [[nodiscard]] Result<void> keep_private() const {
    if (::fchmod(descriptor_.get(), S_IRUSR | S_IWUSR) == 0) return {};
    return storage_error(path_, "cannot be kept to its owner", errno, "name a file that belongs to this user");
  }

  /// Returns when all that was appended would survive a loss of power. After an error any part of it may be lost, even
  /// if a later call succeeds.
  [[nodiscard]] Result<void> sync() const {
#ifdef __APPLE__
    const auto flush = [this] { return ::fcntl(descriptor_.get(), F_FULLFSYNC); };
#else
    const auto flush = [this] { return ::fdatasync(descriptor_.get()); };
#endif
    if (uninterrupted(flush) == 0) return {};
    return storage_error(path_, "cannot be brought to the disk", errno, "see whether the disk is full or failing");
  }

 private:
  AppendFile(std::string path, Descriptor descriptor, std::uint64_t size)
      : path_(std::move(path)), descriptor_(std::move(descriptor)), size_(size) {}

  static Descriptor open_or_create(const std::string& path) {
    // Not blocking: opening a named pipe could wait. Not becoming anybody's terminal either.
    constexpr int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    Descriptor created = open_file(path, flags | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    if (!created) return errno == EEXIST ? open_file(path, flags) : std::move(created);
    // The umask may have taken even the owner's bits, and then the file could not be opened again.
    if (::fchmod(created.get(), S_IRUSR | S_IWUSR) != 0) return Descriptor(-1);
    return created;
  }

  static const char* problem_with(const struct stat& status) {
    if (!S_ISREG(status.st_mode)) return "is not a regular file; name another";
    if (status.st_uid != ::geteuid()) return "belongs to another user, who could read it; name another";
    return status.st_nlink > 1 ? "has a second name (a hard link); name another" : nullptr;
  }

  static Error open_error(const std::string& path, int code) {
    if (code == ELOOP) return storage_error(path, "is a symbolic link, which is not followed; name the file itself");
    const bool forbidden = code == EACCES || code == EPERM || code == EROFS;
    return storage_error(path, "cannot be opened", code,
                         forbidden ? "let this process read and write it, or name another place"
                                   : "name a file in a directory that exists");
  }

  static Error lock_error(const std::string& path, int code) {
    if (code != EWOULDBLOCK) return storage_error(path, "cannot be locked", code, "name a file on another file system");
    return storage_error(path, "is in use by another upload; wait for its end, or name another file");
  }

  /// Syncs the directory, so that the file's name survives a power loss. At every opening: the process that created the
  /// file may have been killed before this.
  static Result<void> sync_directory(const std::string& path) {
    const std::string name = directory_of(path);
    const Descriptor directory = open_file(name, O_RDONLY | O_DIRECTORY);
    if (!directory) return storage_error(name, "cannot be opened", errno, "let this process read that directory");
    if (uninterrupted([&] { return ::fsync(directory.get()); }) == 0) return {};
    if (errno == EINVAL || errno == EBADF) return {};  // some network file systems have no such thing
    return storage_error(name, "cannot be brought to the disk", errno, "see whether the disk is full or failing");
  }

  [[nodiscard]] bool cut(std::uint64_t size) const noexcept {
    return uninterrupted([&] { return ::ftruncate(descriptor_.get(), static_cast<off_t>(size)); }) == 0;
  }

  [[nodiscard]] Error undo_append(int code) const {
    const bool undone = cut(size_);
    return storage_error(path_, undone ? "cannot be written to" : "was written to in part", code,
                         "make room on the disk, then start again");
  }

  std::string path_;
  Descriptor descriptor_;
  std::uint64_t size_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
