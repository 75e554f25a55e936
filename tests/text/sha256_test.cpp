// SPDX-License-Identifier: MIT
#include <movio/exhibitor/detail/text/sha256.hpp>
#include <string>
#include <string_view>

#include "catch.hpp"

namespace detail = movio::exhibitor::detail;

namespace {

std::string hex_of(std::string_view message) {
  std::string out;
  for (const auto byte : detail::Sha256::of(message)) {
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 0x0fU];
  }
  return out;
}

}  // namespace

TEST_CASE("sha256 - gives the vectors of FIPS 180-4", "[sha256]") {
  CHECK(hex_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(
      hex_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
             "nopqrstu") == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

TEST_CASE("sha256 - hashes a million letters", "[sha256]") {
  CHECK(hex_of(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256 - pads rightly around the end of a block", "[sha256]") {
  struct Row {
    std::size_t length;
    std::string_view digest;
  };
  for (const Row& row : {Row{55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
                         Row{56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
                         Row{57, "f13b2d724659eb3bf47f2dd6af1accc87b81f09f59f2b75e5c0bed6589dfe8c6"},
                         Row{63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
                         Row{64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
                         Row{65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
                         Row{119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
                         Row{120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"}}) {
    INFO(row.length);
    CHECK(hex_of(std::string(row.length, 'a')) == row.digest);
  }
}

TEST_CASE("sha256 - bytes beyond ASCII are taken as unsigned", "[sha256]") {
  using namespace std::string_view_literals;
  CHECK(hex_of("\xff\x80\x00\x7f"sv) == "ae72d4fb6b85aa8fe2f5fc339cc306f67280357b1b8c583c55ebe725646449a6");
}

TEST_CASE("sha256 - a fingerprint is the first eight digits", "[sha256]") {
  CHECK(detail::fingerprint("abc") == "ba7816bf");
  CHECK(detail::fingerprint("") == "e3b0c442");
}
