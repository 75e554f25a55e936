// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "../../core/result.hpp"
#include "../text/encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Owns a POSIX file descriptor; a negative one is none.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  explicit operator bool() const noexcept { return number_ >= 0; }
  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// A descriptor above those of standard input, output and error. Where a program has closed one of these, the next file
/// or connection gets its number, and what is written to the terminal or a log would end up in that. None, and errno,
/// on failure.
inline Descriptor above_standard(Descriptor opened) {
  if (!opened || opened.get() > STDERR_FILENO) return opened;
  return Descriptor(::fcntl(opened.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

/// How this library opens every file: children do not inherit it. None, and errno, on failure.
inline Descriptor open_file(const std::string& path, int flags, mode_t mode = 0) {
  return above_standard(Descriptor(::open(path.c_str(), flags | O_CLOEXEC, mode)));
}

/// Calls again what a signal has interrupted; gives what it gave, and errno with it.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

inline Error storage_error(const std::string& file, const std::string& problem) {
  return make_error(ErrorKind::storage, file + ' ' + problem);
}

/// `code` is errno's value; `remedy` says what the user can do.
inline Error storage_error(const std::string& file, const char* problem, int code, const char* remedy) {
  return storage_error(file, std::string(problem) + " (" + system_error_text(code) + "); " + remedy);
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
