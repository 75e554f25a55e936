// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "../../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// From the operating system's generator. Throws std::system_error if it has none.
inline std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  if (::getentropy(&bits, sizeof bits) != 0) throw std::system_error(errno, std::generic_category(), "getentropy");
  return bits;
}

/// From 0 to 1.
inline double chance() {
  constexpr int unused = 64 - 53;  // a double has 53 digits
  return static_cast<double>(random_bits() >> unused) / static_cast<double>(std::uint64_t{1} << 53U);
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
