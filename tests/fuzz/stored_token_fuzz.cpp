// SPDX-License-Identifier: MIT

// A libFuzzer target, see run.sh: any bytes as a sealed entry of a token store, and as what was sealed in one.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <movio/exhibitor/stores/detail/seal.hpp>
#include <movio/exhibitor/stores/detail/stored_token.hpp>
#include <string>
#include <utility>

#include "expect.hpp"

namespace ex = movio::exhibitor;
using ex::detail::Seal;

namespace {

ex::TokenIdentity identity() {
  return {"https://issuer.example/oauth/token",
          "https://api.example",
          "read",
          {"client", ex::Secret("a secret that has 32 bytes or more")}};
}

/// Sealed, it can be opened; with a bit changed, cut or prolonged, it cannot.
void try_to_seal(const std::string& text) {
  static const Seal seal = Seal::of(identity(), {}).value();
  expect(!seal.open(text), "nobody without the key makes an entry");
  std::string entry = seal.seal(ex::Secret(text)).value();
  const auto opened = seal.open(entry);
  const bool fits = entry.size() <= Seal::largest_entry;
  expect(opened.has_value() == fits, "what was sealed can be opened");
  if (opened) expect(opened->reveal().substr(0, text.size()) == text, "it is what was sealed");
  expect(!seal.open(entry.substr(0, entry.size() - 1 - text.size() % 512)), "what is cut is a miss");
  entry[(text.size() * 7919 + (text.empty() ? 0 : static_cast<unsigned char>(text[0]))) % entry.size()] ^= 1;
  expect(!seal.open(entry), "what is changed is a miss");
}

/// No token of a store lives longer than it says, and it is kept as it was read.
void try_to_read(const std::string& text) {
  const auto days = std::chrono::hours(480000);
  const ex::Moment now{std::chrono::hours(1000), std::chrono::system_clock::time_point(days)};
  const auto token = ex::detail::read_stored_token(identity(), ex::Secret(text), now);
  if (!token) return;
  const auto& read = token->token;
  expect(!read.expired(now) && read.age(now) >= std::chrono::seconds(0), "a token that is used is of today");
  expect(read.authorization().find_first_of("\r\n") == std::string::npos, "a token is one line of a header");
  const auto again = ex::detail::read_stored_token(identity(), ex::detail::stored_text(read), now);
  expect(again && again->token.reveal() == read.reveal(), "what was read can be stored, and read again");
  expect(again->token.lifetime() == read.lifetime(), "its life stays as it is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  try_to_seal(text);
  try_to_read(text);
  return 0;
}
