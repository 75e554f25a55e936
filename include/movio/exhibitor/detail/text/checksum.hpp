// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The first eight bytes, the first one lowest, on every machine. Compilers make one load of it.
constexpr std::uint64_t little_endian_word(const char* bytes) noexcept {
  const auto byte = [bytes](unsigned i) { return std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i); };
  return byte(0) | byte(1) | byte(2) | byte(3) | byte(4) | byte(5) | byte(6) | byte(7);
}

/// Fewer than eight bytes, as if zeros followed.
constexpr std::uint64_t last_word(std::string_view bytes) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) word = word << 8U | static_cast<unsigned char>(bytes[i]);
  return word;
}

/// Tells damage and change, not forgery. The same on every machine and in every version, as journals hold it.
/// The manner of FNV-1a over words of eight bytes; the shift carries a word's high bits down, where FNV loses them.
/// `seed` chains: the checksum of what came before.
inline std::uint64_t checksum(std::string_view bytes, std::uint64_t seed = 0) noexcept {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio: bits without a pattern
  const auto mix = [](std::uint64_t state, std::uint64_t word) {
    state = (state ^ word) * odd;
    return state ^ state >> 32U;
  };
  std::uint64_t state = mix(seed, bytes.size());  // the length tells a zero at the end from none
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) state = mix(state, little_endian_word(bytes.data()));
  state = mix(state, last_word(bytes));
  return mix(state, odd);
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
