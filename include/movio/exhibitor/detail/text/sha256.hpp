// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "../../version.hpp"
#include "encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// SHA-256 (FIPS 180-4), for the fingerprints of tokens.
class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  static Digest of(std::string_view message) {
    Sha256 hash;
    std::string_view rest = message;
    for (; rest.size() >= 64; rest.remove_prefix(64)) hash.add_block(rest);

    std::array<char, 128> tail{};
    rest.copy(tail.data(), rest.size());
    tail[rest.size()] = static_cast<char>(0x80);
    const std::size_t length = rest.size() < 56 ? 64 : 128;
    const std::uint64_t bits = std::uint64_t{message.size()} * 8;
    for (std::size_t i = 0; i < 8; ++i) tail[length - 1 - i] = static_cast<char>(bits >> (8 * i) & 0xffU);
    hash.add_block({tail.data(), 64});
    if (length == 128) hash.add_block({tail.data() + 64, 64});
    return hash.digest();
  }

 private:
  using Word = std::uint32_t;

  static constexpr Word rotate(Word x, unsigned by) noexcept { return x >> by | x << (32 - by); }

  static const std::array<Word, 64>& constants() noexcept {
    static constexpr std::array<Word, 64> k{
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    return k;
  }

  static std::array<Word, 64> schedule(std::string_view block) noexcept {
    std::array<Word, 64> w{};
    for (std::size_t i = 0; i < 64; ++i) w[i / 4] = w[i / 4] << 8U | static_cast<unsigned char>(block[i]);
    for (std::size_t i = 16; i < 64; ++i) {
      const Word s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3U;
      const Word s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10U;
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    return w;
  }

  void add_block(std::string_view block) noexcept {
    const auto w = schedule(block);
    auto [a, b, c, d, e, f, g, h] = state_;
    for (std::size_t i = 0; i < 64; ++i) {
      const Word t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + constants()[i] + w[i];
      const Word t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + t1;
      d = c;
      c = b;
      b = a;
      a = t1 + t2;
    }
    const std::array<Word, 8> add{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state_[i] += add[i];
  }

  [[nodiscard]] Digest digest() const noexcept {
    Digest out{};
    for (std::size_t i = 0; i < 32; ++i)
      out[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)) & 0xffU);
    return out;
  }

  std::array<Word, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
};

/// The first eight hexadecimal digits of a token's SHA-256: enough to recognise it in a log, useless to anybody else.
inline std::string fingerprint(std::string_view token) { return hexadecimal(Sha256::of(token)).substr(0, 8); }

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
