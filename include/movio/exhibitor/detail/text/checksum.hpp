// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// XXH64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
class Xxh64 {
 public:
  static std::uint64_t hash(std::string_view bytes, std::uint64_t seed) noexcept {
    const std::uint64_t size = bytes.size();
    std::uint64_t state = size < stripe ? seed + prime5 : stripes(bytes, seed);
    state += size;
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
      state = rotated(state ^ lane(0, low_first_word(bytes, 8)), 27) * prime1 + prime4;
    }
    if (bytes.size() >= 4) {
      state = rotated(state ^ low_first_word(bytes, 4) * prime1, 23) * prime2 + prime3;
      bytes.remove_prefix(4);
    }
    for (; !bytes.empty(); bytes.remove_prefix(1))
      state = rotated(state ^ low_first_word(bytes, 1) * prime5, 11) * prime1;
    state = (state ^ state >> 33U) * prime2;
    state = (state ^ state >> 29U) * prime3;
    return state ^ state >> 32U;
  }

 private:
  static constexpr std::size_t stripe = 32;
  static constexpr std::uint64_t prime1 = 0x9E3779B185EBCA87;
  static constexpr std::uint64_t prime2 = 0xC2B2AE3D27D4EB4F;
  static constexpr std::uint64_t prime3 = 0x165667B19E3779F9;
  static constexpr std::uint64_t prime4 = 0x85EBCA77C2B2AE63;
  static constexpr std::uint64_t prime5 = 0x27D4EB2F165667C5;

  static constexpr std::uint64_t rotated(std::uint64_t bits, unsigned by) noexcept {
    return bits << by | bits >> (64 - by);
  }

  static constexpr std::uint64_t lane(std::uint64_t state, std::uint64_t input) noexcept {
    return rotated(state + input * prime2, 31) * prime1;
  }

  /// Steps over as many stripes of four words as there are.
  static std::uint64_t stripes(std::string_view& bytes, std::uint64_t seed) noexcept {
    std::uint64_t lanes[] = {seed + prime1 + prime2, seed + prime2, seed, seed - prime1};
    for (; bytes.size() >= stripe; bytes.remove_prefix(stripe)) {
      for (unsigned i = 0; i < 4; ++i) lanes[i] = lane(lanes[i], low_first_word(bytes.substr(std::size_t{8} * i), 8));
    }
    std::uint64_t state = rotated(lanes[0], 1) + rotated(lanes[1], 7) + rotated(lanes[2], 12) + rotated(lanes[3], 18);
    for (const std::uint64_t each : lanes) state = (state ^ lane(0, each)) * prime1 + prime4;
    return state;
  }
};

/// Tells damage and change, not forgery. The same on every machine and in every version, as journals hold it. `seed`
/// chains: the checksum of what came before.
inline std::uint64_t checksum(std::string_view bytes, std::uint64_t seed = 0) noexcept {
  return Xxh64::hash(bytes, seed);
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
