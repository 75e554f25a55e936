// SPDX-License-Identifier: MIT
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/result.hpp"
#include "descriptor.hpp"
#include "paths.hpp"
#include "random.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Small files that only this user can reach, in a directory that only this user can reach. Refuses what another user
/// could have put there: symbolic links, hard links, files and directories of others, or that others have access to.
/// A file's time of modification is the end of its life.
/// Names are those of files in the directory. Errors: `storage`. Thread-safety: every call from any thread.
class PrivateDirectory {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// Opens the directory, or creates it and those above it, for this user only.
  static Result<PrivateDirectory> open(const std::string& path) {
    if (auto made = make(path); !made) return made.error();
    PrivateDirectory directory(path, open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    if (!directory.descriptor_) {
      const bool link = errno == ELOOP || errno == ENOTDIR;
      return storage_error(path, "cannot be opened", errno,
                           link ? "name a directory, not a link" : "let this process use it, or name another");
    }
    struct stat status {};
    if (::fstat(directory.descriptor_.get(), &status) != 0)
      return storage_error(path, "cannot be examined", errno, "try again");
    if (status.st_uid != ::geteuid()) return storage_error(path, "belongs to another user; name another directory");
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
      return storage_error(path, "can be used by other users; mend it with `chmod 700 " + path + "`, or name another");
    return directory;
  }

  /// The content of a file; nothing when there is none, its life is over at `now`, or it is larger than `most`.
  [[nodiscard]] Result<std::string> read(const std::string& name, Time now, std::size_t most) const {
    const Descriptor file = open_at(name, O_RDONLY);
    if (!file) {
      if (errno == ENOENT) return std::string();
      return storage_error(path_of(name), "cannot be opened", errno, "remove it");
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0)
      return storage_error(path_of(name), "cannot be examined", errno, "try again");
    if (const char* problem = problem_with(status)) return storage_error(path_of(name), problem);
    const auto size = static_cast<std::size_t>(status.st_size);
    if (now >= end_of_life(status) || size > most) return std::string();
    std::string content(size, '\0');
    for (std::size_t done = 0; done < size;) {
      const auto count = uninterrupted([&] { return ::read(file.get(), &content[done], size - done); });
      if (count < 0) return storage_error(path_of(name), "cannot be read", errno, "try again");
      if (count == 0) return std::string();
      done += static_cast<std::size_t>(count);
    }
    return content;
  }

  /// Replaces a file as a whole: readers see the old one or the new one, also after a crash or a loss of power.
  [[nodiscard]] Result<void> replace(const std::string& name, std::string_view content, Time end_of_life) const {
    const std::string temporary = name + '.' + std::to_string(random_bits());
    auto written = write(temporary, content, end_of_life);
    if (written && ::renameat(descriptor_.get(), temporary.c_str(), descriptor_.get(), name.c_str()) != 0)
      written = storage_error(path_of(name), "cannot be replaced", errno, "let this process write to the directory");
    if (!written) {
      ::unlinkat(descriptor_.get(), temporary.c_str(), 0);
      return written;
    }
    uninterrupted([this] { return ::fsync(descriptor_.get()); });  // some network file systems have no such thing
    return {};
  }

  /// Removes a file, if it is there.
  [[nodiscard]] Result<void> remove(const std::string& name) const {
    if (::unlinkat(descriptor_.get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
    return storage_error(path_of(name), "cannot be removed", errno, "let this process write to the directory");
  }

  /// Removes a file whose life was over a minute before `now`, unless it is locked.
  void remove_if_dead(const std::string& name, Time now) const {
    const Descriptor file = open_at(name, O_RDWR);
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0 || problem_with(status) != nullptr) return;
    if (end_of_life(status) + std::chrono::minutes(1) >= now || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return;
    static_cast<void>(remove(name));
  }

  /// Locks a file, which is created if need be; no descriptor if another process, or another lock of this one, has it.
  /// The lock ends with `unlock` or with the process.
  [[nodiscard]] Result<Descriptor> lock(const std::string& name, Time end_of_life) const {
    for (;;) {
      Descriptor file = open_at(name, O_RDWR | O_CREAT);
      if (!file)
        return storage_error(path_of(name), "cannot be opened", errno, "let this process write to the directory");
      if (uninterrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) != 0) {
        if (errno == EWOULDBLOCK) return Descriptor(-1);
        return storage_error(path_of(name), "cannot be locked", errno, "name a directory on another file system");
      }
      struct stat status {};
      if (::fstat(file.get(), &status) != 0)
        return storage_error(path_of(name), "cannot be examined", errno, "try again");
      set_end_of_life(file, end_of_life);
      if (status.st_nlink != 0) return file;  // else it was removed between the two calls
    }
  }

  /// Ends a lock, also for forked children that have a copy of it.
  static void unlock(const Descriptor& file) noexcept { ::flock(file.get(), LOCK_UN); }

  /// All files.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(path_.c_str()), &::closedir);
    if (!listing) return all;
    while (const dirent* entry = ::readdir(listing.get())) {  // NOLINT(concurrency-mt-unsafe): a listing of its own
      const std::string name = entry->d_name;
      if (name != "." && name != "..") all.push_back(name);
    }
    return all;
  }

 private:
  PrivateDirectory(std::string path, Descriptor descriptor)
      : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

  /// Creates the directory and those above it.
  static Result<void> make(const std::string& path) {
    if (::mkdir(path.c_str(), S_IRWXU) == 0 || errno == EEXIST) return {};
    const std::string above = directory_of(path);
    if (errno == ENOENT && above != path && above != ".") {
      if (auto made = make(above); !made) return made;
      if (::mkdir(path.c_str(), S_IRWXU) == 0 || errno == EEXIST) return {};
    }
    return storage_error(path, "cannot be created", errno, "name a directory that this process can create");
  }

  [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + '/' + name; }

  /// Not blocking: opening a named pipe could wait. Not becoming anybody's terminal either.
  [[nodiscard]] Descriptor open_at(const std::string& name, int flags) const {
    constexpr int always = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    return above_standard(Descriptor(::openat(descriptor_.get(), name.c_str(), flags | always, S_IRUSR | S_IWUSR)));
  }

  static const char* problem_with(const struct stat& status) {
    if (!S_ISREG(status.st_mode)) return "is not a regular file; remove it";
    if (status.st_uid != ::geteuid()) return "belongs to another user; remove it";
    if (status.st_nlink > 1) return "has a second name (a hard link); remove it";
    return (status.st_mode & (S_IRWXG | S_IRWXO)) != 0 ? "can be read or changed by other users; remove it" : nullptr;
  }

  [[nodiscard]] Result<void> write(const std::string& name, std::string_view content, Time end_of_life) const {
    const auto error = [&](const char* problem) {
      return storage_error(path_of(name), problem, errno, "see whether the disk is full or failing");
    };
    const Descriptor file = open_at(name, O_WRONLY | O_CREAT | O_EXCL);
    // The umask may have taken even the owner's bits.
    if (!file || ::fchmod(file.get(), S_IRUSR | S_IWUSR) != 0) return error("cannot be created");
    for (std::string_view rest = content; !rest.empty();) {
      const auto count = uninterrupted([&] { return ::write(file.get(), rest.data(), rest.size()); });
      if (count < 0) return error("cannot be written to");
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    if (!set_end_of_life(file, end_of_life)) return error("cannot be given its end of life");
    if (uninterrupted([&] { return ::fsync(file.get()); }) != 0) return error("cannot be brought to the disk");
    return {};
  }

  static bool set_end_of_life(const Descriptor& file, Time end) noexcept {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(end.time_since_epoch()).count();
    const timespec times[2] = {{0, UTIME_OMIT}, {static_cast<time_t>(seconds), 0}};
    return ::futimens(file.get(), times) == 0;
  }

  static Time end_of_life(const struct stat& status) noexcept { return Time(std::chrono::seconds(status.st_mtime)); }

  std::string path_;
  Descriptor descriptor_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
