#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "../result.hpp"
#include "encoding.hpp"

namespace movio::exhibitor {
inline namespace v0 {
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

 private:
  int number_;
};

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
}  // namespace v0
}  // namespace movio::exhibitor
