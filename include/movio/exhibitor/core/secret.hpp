// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Overwrites the whole buffer, spare capacity included, and empties the string. The writes are volatile, so that the
/// compiler keeps them although nobody reads the bytes again.
inline void wipe(std::string& text) noexcept {
  text.resize(text.capacity());
  volatile char* bytes = text.data();
  for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = '\0';
  text.clear();
}

}  // namespace detail

/// A client secret or a token. Its bytes are overwritten on destruction and assignment (best effort: libcurl and the
/// operating system may hold copies), it cannot be streamed, and reading it takes an explicit `reveal()`.
///
/// Thread-safety: as `std::string`; any number of threads may read one object.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) noexcept {
    value_.swap(value);
    detail::wipe(value);  // a short text stays in the string's internal buffer
  }
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept {
    value_.swap(other.value_);
    detail::wipe(other.value_);
  }
  ~Secret() { detail::wipe(value_); }

  Secret& operator=(Secret other) noexcept {
    value_.swap(other.value_);
    return *this;
  }

  /// The secret itself; the view is NUL-terminated and lives as long as this object stays unchanged.
  [[nodiscard]] std::string_view reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

  /// Compares in constant time for equal lengths.
  friend bool operator==(const Secret& a, const Secret& b) noexcept {
    if (a.value_.size() != b.value_.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.value_.size(); ++i) {
      difference |=
          static_cast<unsigned>(static_cast<unsigned char>(a.value_[i]) ^ static_cast<unsigned char>(b.value_[i]));
    }
    return difference == 0;
  }
  friend bool operator!=(const Secret& a, const Secret& b) noexcept { return !(a == b); }

 private:
  std::string value_;
};

namespace detail {

/// Texts joined in one allocation: growing would leave a copy of a secret behind.
inline Secret joined(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const auto part : parts) size += part.size();
  std::string text;
  text.reserve(size);
  for (const auto part : parts) text += part;
  return Secret(std::move(text));
}

}  // namespace detail

/// A secret has no stream operator; this one exists to say so in the compiler's message.
template <class Char, class Traits>
std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>&, const Secret&) = delete;

}  // namespace v0_1
}  // namespace movio::exhibitor
