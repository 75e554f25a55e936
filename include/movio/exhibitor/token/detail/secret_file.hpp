// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>

#include "../../detail/os/descriptor.hpp"
#include "../../detail/os/paths.hpp"
#include "credential_check.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// A mounted secret is one or two short lines; a larger file is the wrong one.
inline constexpr std::size_t largest_secret_file = std::size_t{64} << 10U;

/// A file with a secret, read once and held open, so that no other file can take its inode number.
class SecretFile {
 public:
  static Result<SecretFile> read(const std::string& path, FileAccess access = FileAccess::owner_and_group) {
    // Not blocking: opening a named pipe would wait for a writer. Not becoming the controlling terminal either.
    SecretFile file(path, open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    if (!file.descriptor_) {
      const bool forbidden = errno == EACCES;
      return file.system_error("cannot be opened", forbidden ? "let this process's user or group read it"
                                                             : "put it there, or name the place where it is");
    }
    if (::fstat(file.descriptor_.get(), &file.status_) != 0)
      return file.system_error("cannot be examined", "try again");
    if (auto fit = file.check_status(); !fit) return std::move(fit).error();
    if (access == FileAccess::owner_and_group) {
      if (auto kept = file.check_access(); !kept) return std::move(kept).error();
    }
    if (auto done = file.read_content(); !done) return std::move(done).error();
    return file;
  }

  [[nodiscard]] const Secret& content() const noexcept { return content_; }

  /// Whether the path still refers to this file, unchanged since it was read.
  [[nodiscard]] bool unchanged() const noexcept {
    struct stat now {};
    return ::stat(path_.c_str(), &now) == 0 && now.st_dev == status_.st_dev && now.st_ino == status_.st_ino &&
           now.st_size == status_.st_size && modified(now).tv_sec == modified(status_).tv_sec &&
           modified(now).tv_nsec == modified(status_).tv_nsec;
  }

 private:
  SecretFile(std::string path, Descriptor descriptor) : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

  static const timespec& modified(const struct stat& status) noexcept {
#ifdef __APPLE__
    return status.st_mtimespec;
#else
    return status.st_mtim;
#endif
  }

  static constexpr const char* way_out = "FileAccess::any_user (exhibitor: --credentials-any-user) accepts it as it is";

  [[nodiscard]] Error error(const std::string& problem) const { return credentials_error(path_ + ' ' + problem); }
  [[nodiscard]] Error system_error(const char* what, const char* remedy) const {
    const std::string reason = system_error_text(errno);
    return error(std::string(what) + " (" + reason + "); " + remedy);
  }

  [[nodiscard]] Result<void> check_status() const {
    if (!S_ISREG(status_.st_mode)) return error("is not a regular file");
    if (static_cast<std::size_t>(status_.st_size) > largest_secret_file) {
      return error("is larger than 64 KiB, which no client secret is");
    }
    return {};
  }

  [[nodiscard]] Result<void> check_access() const {
    if ((status_.st_mode & (S_IROTH | S_IWOTH)) != 0) {
      const bool readable = (status_.st_mode & S_IROTH) != 0;
      return error(std::string(readable ? "can be read" : "can be changed") +
                   " by every user of the machine; mend it with `chmod o-rwx " + path_ +
                   "`, in Kubernetes with `defaultMode: 0440` in the secret volume, in a Docker swarm with `uid` and "
                   "`mode: 0400` at the service's secret, with Docker Compose by chown and chmod of the file on the "
                   "host, on a Windows drive under WSL by moving it to the Linux file system; " +
                   way_out);
    }
    const std::string directory = directory_of(path_);
    struct stat status {};
    if (::stat(directory.c_str(), &status) != 0)
      return system_error("is in a directory that cannot be examined", "try again");
    if ((status.st_mode & S_IWOTH) == 0 || (status.st_mode & S_ISVTX) != 0) return {};
    return error("can be replaced by every user of the machine; mend it with `chmod o-w " + directory +
                 "`, in Kubernetes with `medium: Memory` in the emptyDir volume; " + way_out);
  }

  Result<void> read_content() {
    const auto size = static_cast<std::size_t>(status_.st_size);
    std::string buffer(size, '\0');
    std::size_t filled = 0;
    ssize_t count = 1;
    while (filled < size && count != 0) {
      count = ::read(descriptor_.get(), &buffer[filled], size - filled);
      if (count > 0) filled += static_cast<std::size_t>(count);
      if (count < 0 && errno != EINTR) break;
    }
    content_ = Secret(std::move(buffer));
    if (count < 0) return system_error("cannot be read", "try again");
    if (filled < size) return error("was cut short while it was read");
    return {};
  }

  std::string path_;
  Descriptor descriptor_;
  struct stat status_ {};
  Secret content_;
};

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
