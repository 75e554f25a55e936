// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <movio/exhibitor/detail/text/checksum.hpp>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

using movio::exhibitor::detail::checksum;

namespace {

std::string random_text(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (auto& c : text) c = static_cast<char>(random());
  return text;
}

}  // namespace

TEST_CASE("checksum - is XXH64", "[checksum]") {
  CHECK(checksum("") == 0xef46db3751d8e999);
  CHECK(checksum("a") == 0xd24ec4f1a98c6e5b);
  CHECK(checksum("abc") == 0x44bc2cf5ad770999);
  CHECK(checksum("Nobody inspects the spammish repetition") == 0xfbcea83c8a378bf1);
}

TEST_CASE("checksum - changes with every bit", "[checksum]") {
  for (std::size_t size = 1; size <= 40; ++size) {
    std::string text = random_text(size, 1);
    const std::uint64_t before = checksum(text);
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
      auto& byte = text[bit / 8];
      const char kept = byte;
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ 1U << bit % 8);
      const std::uint64_t after = checksum(text);
      byte = kept;
      CAPTURE(size, bit);
      REQUIRE(after != before);
    }
  }
}

TEST_CASE("checksum - a change of one bit changes about half of its own", "[checksum]") {
  std::string text = random_text(64, 2);
  const std::uint64_t before = checksum(text);
  std::size_t changed = 0;
  for (std::size_t bit = 0; bit < 512; ++bit) {
    auto& byte = text[bit / 8];
    const char kept = byte;
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ 1U << bit % 8);
    for (std::uint64_t left = checksum(text) ^ before; left != 0; left &= left - 1) ++changed;
    byte = kept;
  }
  CHECK(changed > 512 * 31);
  CHECK(changed < 512 * 33);
}

TEST_CASE("checksum - changes when two words are swapped, even such as differ in one bit", "[checksum]") {
  for (unsigned bit = 0; bit < 64; ++bit) {
    std::string one = random_text(32, 3);
    std::copy_n(one.begin(), 8, one.begin() + 16);
    auto& byte = one[16 + bit / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ 1U << bit % 8);
    for (const std::ptrdiff_t to : {8, 16, 24}) {
      std::string other = one;
      std::swap_ranges(other.begin(), other.begin() + 8, other.begin() + to);
      CAPTURE(bit, to);
      CHECK(checksum(one) != checksum(other));
    }
  }
}

TEST_CASE("checksum - a change of the highest bit is not undone by one in the word behind it", "[checksum]") {
  const std::string text = random_text(24, 4);
  const auto flipped = [](std::string changed, std::size_t bit) {
    changed[bit / 8] = static_cast<char>(static_cast<unsigned char>(changed[bit / 8]) ^ 1U << bit % 8);
    return changed;
  };
  for (std::size_t bit = 64; bit < 192; ++bit) {
    CAPTURE(bit);
    CHECK(checksum(flipped(flipped(text, 63), bit)) != checksum(text));
  }
}

TEST_CASE("checksum - changes with zeros at the end, and when the end is missing", "[checksum]") {
  for (const auto& text : {std::string(100, '\0'), random_text(100, 5)}) {
    std::set<std::uint64_t> sums;
    for (std::size_t size = 0; size <= text.size(); ++size)
      sums.insert(checksum(std::string_view(text).substr(0, size)));
    CHECK(sums.size() == text.size() + 1);
  }
  std::set<std::uint64_t> sums;
  for (std::size_t zeros = 0; zeros <= 32; ++zeros) sums.insert(checksum("record" + std::string(zeros, '\0')));
  CHECK(sums.size() == 33);
}

TEST_CASE("checksum - a seed chains what came before", "[checksum]") {
  CHECK(checksum("b", checksum("a")) != checksum("a", checksum("b")));
  CHECK(checksum("b", checksum("a")) != checksum("ab"));
  std::set<std::uint64_t> sums;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) sums.insert(checksum("", seed));
  CHECK(sums.size() == 1000);
}

TEST_CASE("checksum - does not depend on where in memory the bytes are", "[checksum]") {
  const std::string text = random_text(100, 6);
  const std::uint64_t sum = checksum(text);
  for (std::size_t shift = 1; shift < 8; ++shift) {
    const std::string moved = std::string(shift, 'x') + text;
    CHECK(checksum(std::string_view(moved).substr(shift)) == sum);
  }
}
