// SPDX-License-Identifier: MIT

// How entries of a token store are sealed.
#include <movio/exhibitor/stores/detail/seal.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "fixtures.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using ex::detail::Seal;
using support::contains;

namespace {

const std::string long_secret = "a client secret of more than thirty-two bytes";
const std::string key_bytes(32, 'k');
const std::string entry = R"({"access_token":"planted-t0ken"})";

ex::TokenIdentity identity() {
  return {"https://issuer.example", "https://api.example", "read", {"client-1", ex::Secret(long_secret)}};
}

Seal seal_of(const ex::TokenIdentity& identity, const std::string& sealing_key = {}) {
  return Seal::of(identity, ex::Secret(sealing_key)).value();
}

std::string opened(const Seal& seal, const std::string& sealed) {
  const auto text = seal.open(sealed);
  return text ? std::string(text->reveal().substr(0, entry.size())) : "nothing";
}

/// Identities that differ from the usual one in one thing each.
std::vector<ex::TokenIdentity> others() {
  std::vector<ex::TokenIdentity> all(6, identity());
  all[0].issuer_url += 'x';
  all[1].audience += 'x';
  all[2].scope += 'x';
  all[3].credentials.client_id += 'x';
  all[4].credentials.client_secret = ex::Secret(long_secret + 'x');
  std::swap(all[5].issuer_url, all[5].audience);
  return all;
}

}  // namespace

TEST_CASE("seal - an entry is opened again by who has the same secret", "[seal]") {
  const auto sealed = seal_of(identity()).seal(ex::Secret(entry));
  REQUIRE(sealed);
  CHECK(opened(seal_of(identity()), *sealed) == entry);
}

TEST_CASE("seal - nothing of the entry, the secret or the id is in the clear", "[seal]") {
  const Seal seal = seal_of(identity(), key_bytes);
  const auto sealed = seal.seal(ex::Secret(entry));
  const std::string visible = seal.name() + *sealed;
  for (const std::string part : {"planted", "access_token", "client", "secret", "issuer", "api", "kkkk"}) {
    CHECK_FALSE(contains(visible, part));
  }
  CHECK(seal.name().size() == 32);
  CHECK(seal.name().find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("seal - identities that differ in anything have other names, and cannot open each other's entries",
          "[seal]") {
  const Seal seal = seal_of(identity());
  const auto sealed = seal.seal(ex::Secret(entry));
  std::set<std::string> names{seal.name()};
  for (const auto& other : others()) {
    names.insert(seal_of(other).name());
    CHECK(opened(seal_of(other), *sealed) == "nothing");
  }
  names.insert(seal_of(identity(), key_bytes).name());
  CHECK(opened(seal_of(identity(), key_bytes), *sealed) == "nothing");
  CHECK(names.size() == 8);
}

TEST_CASE("seal - a sealing key is no part of a secret that begins with it", "[seal]") {
  auto joined = identity();
  joined.credentials.client_secret = ex::Secret(key_bytes + long_secret);
  CHECK(seal_of(joined).name() != seal_of(identity(), key_bytes).name());
}

TEST_CASE("seal - a change of any bit, a cut, and an unknown format are not opened", "[seal]") {
  const Seal seal = seal_of(identity());
  const std::string sealed = *seal.seal(ex::Secret(entry));
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    if (opened(seal, changed) != "nothing") FAIL("changed at " << at);
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    if (opened(seal, sealed.substr(0, size)) != "nothing") FAIL("cut to " << size);
  }
  CHECK(opened(seal, sealed + 'x') == "nothing");
  CHECK(opened(seal, entry) == "nothing");
  CHECK(opened(seal, std::string(1 << 20, '1')) == "nothing");
}

TEST_CASE("seal - the same entry is never sealed to the same bytes", "[seal]") {
  const Seal seal = seal_of(identity());
  std::set<std::string> nonces;
  for (int i = 0; i < 100; ++i) nonces.insert(seal.seal(ex::Secret(entry))->substr(1, 12));
  CHECK(nonces.size() == 100);
}

TEST_CASE("seal - the size tells the length of a token only roughly", "[seal]") {
  const Seal seal = seal_of(identity());
  const auto size = [&](std::size_t of) { return seal.seal(ex::Secret(std::string(of, 'x')))->size(); };
  CHECK(size(1) == size(500));
  CHECK(size(511) == 512 + 29);
  CHECK(size(512) == 1024 + 29);
}

TEST_CASE("seal - the name is HKDF's, as another implementation of RFC 5869 reckons it", "[seal]") {
  CHECK(seal_of(identity()).name() == "528408c52161084087803cde2987e952");
}

TEST_CASE("seal - an entry is AES-256-GCM with the context and the name as associated data", "[seal]") {
  using ex::detail::hkdf;
  using ex::detail::length_prefixed;
  const std::string context = length_prefixed(
      {"movio::exhibitor token", "1", "secret", "https://issuer.example", "https://api.example", "read", "client-1"});
  const auto root = hkdf(EVP_PKEY_HKDEF_MODE_EXTRACT_ONLY, long_secret, *ex::detail::sha256(context), 32);
  const auto key = hkdf(EVP_PKEY_HKDEF_MODE_EXPAND_ONLY, root->reveal(), "entry key", 32);
  const Seal seal = seal_of(identity());
  const std::string nonce(12, 'n');
  const auto sealed_with = [&](const std::string& associated) {
    return '1' + nonce + *ex::detail::Aes256Gcm(*key, nonce, associated, true).encrypt(entry);
  };
  CHECK(opened(seal, sealed_with(length_prefixed({context, seal.name()}))) == entry);
  CHECK(opened(seal, sealed_with(context)) == "nothing");
  CHECK(opened(seal, sealed_with("")) == "nothing");
}

TEST_CASE("seal - a short secret is not used without a sealing key", "[seal]") {
  auto weak = identity();
  weak.credentials.client_secret = ex::Secret(std::string(31, 's'));
  const auto refused = Seal::of(weak, {});
  REQUIRE_FALSE(refused);
  CHECK(contains(refused.error().message, "set a sealing key"));
  CHECK(Seal::of(weak, ex::Secret(key_bytes)));
  CHECK_FALSE(Seal::of(weak, ex::Secret(std::string(31, 'k'))));
  weak.credentials.client_secret = ex::Secret(std::string(32, 's'));
  CHECK(Seal::of(weak, {}));
}

TEST_CASE("seal - leaves no unwiped copy of the entry or the secret behind", "[seal]") {
  const std::string marker = "planted-marker-of-the-seal-test";
  auto marked = identity();
  marked.credentials.client_secret = ex::Secret("secret: " + marker);
  const ex::Secret plain("token: " + marker);
  const support::FreedMemoryWatch watch(marker);
  {
    const Seal seal = seal_of(marked);
    const auto sealed = seal.seal(plain);
    CHECK(seal.open(*sealed));
  }
  CHECK_FALSE(watch.saw_marker());
}
