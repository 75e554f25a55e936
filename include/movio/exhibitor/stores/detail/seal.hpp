// SPDX-License-Identifier: MIT
#pragma once

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/result.hpp"
#include "../../core/secret.hpp"
#include "../../detail/text/encoding.hpp"
#include "../../token/store.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Every part with its length, so that "a" + "bc" is not "ab" + "c".
inline std::string length_prefixed(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const auto part : parts) text.append(std::to_string(part.size())).append(1, ':').append(part);
  return text;
}

inline unsigned char* as_bytes(std::string& text) noexcept { return reinterpret_cast<unsigned char*>(text.data()); }
inline const unsigned char* as_bytes(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

inline std::optional<std::string> sha256(std::string_view text) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), as_bytes(digest), &size, EVP_sha256(), nullptr) != 1) return std::nullopt;
  digest.resize(size);
  return digest;
}

/// HKDF with SHA-256 (RFC 5869). `mode` is one of its halves: `extra` is the salt of the extraction, and the label of
/// the expansion.
inline std::optional<Secret> hkdf(int mode, std::string_view key, std::string_view extra, std::size_t size) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr),
                                                                            &EVP_PKEY_CTX_free);
  const auto extra_size = static_cast<int>(extra.size());
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) != 1 || EVP_PKEY_CTX_hkdf_mode(context.get(), mode) != 1 ||
      EVP_PKEY_CTX_set1_hkdf_key(context.get(), as_bytes(key), static_cast<int>(key.size())) != 1)
    return std::nullopt;
  const int done = mode == EVP_PKEY_HKDEF_MODE_EXTRACT_ONLY
                       ? EVP_PKEY_CTX_set1_hkdf_salt(context.get(), as_bytes(extra), extra_size)
                       : EVP_PKEY_CTX_add1_hkdf_info(context.get(), as_bytes(extra), extra_size);
  std::string derived(size, '\0');
  const bool derived_all = done == 1 && EVP_PKEY_derive(context.get(), as_bytes(derived), &size) == 1;
  Secret result(std::move(derived));
  if (!derived_all || size != result.reveal().size()) return std::nullopt;
  return result;
}

/// AES-256-GCM (NIST SP 800-38D) in one step: the text, and what is authenticated with it but not in it.
class Aes256Gcm {
 public:
  static constexpr std::size_t nonce_size = 12;
  static constexpr std::size_t tag_size = 16;

  Aes256Gcm(const Secret& key, std::string_view nonce, std::string_view associated, bool encrypts)
      : context_(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free) {
    int ignored = 0;
    good_ = context_ &&
            EVP_CipherInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, as_bytes(key.reveal()), as_bytes(nonce),
                              encrypts ? 1 : 0) == 1 &&
            EVP_CipherUpdate(context_.get(), nullptr, &ignored, as_bytes(associated),
                             static_cast<int>(associated.size())) == 1;
  }

  /// The cipher text and its tag.
  std::optional<std::string> encrypt(std::string_view plain) {
    std::string sealed(plain.size() + tag_size, '\0');
    if (!run(plain, as_bytes(sealed))) return std::nullopt;
    if (EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_GET_TAG, tag_size, as_bytes(sealed) + plain.size()) != 1)
      return std::nullopt;
    return sealed;
  }

  /// The text, if the tag is right.
  std::optional<Secret> decrypt(std::string_view sealed) {
    std::string tag(sealed.substr(sealed.size() - tag_size));
    sealed.remove_suffix(tag_size);
    if (!good_ || EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) != 1)
      return std::nullopt;
    std::string plain(sealed.size(), '\0');
    const bool authentic = run(sealed, as_bytes(plain));
    Secret result(std::move(plain));
    if (!authentic) return std::nullopt;
    return result;
  }

 private:
  bool run(std::string_view in, unsigned char* out) {
    int size = 0;
    int rest = 0;
    return good_ && EVP_CipherUpdate(context_.get(), out, &size, as_bytes(in), static_cast<int>(in.size())) == 1 &&
           EVP_CipherFinal_ex(context_.get(), out + size, &rest) == 1 &&
           static_cast<std::size_t>(size) + static_cast<std::size_t>(rest) == in.size();
  }

  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_;
  bool good_;
};

/// Seals the entries of one identity. The key and the name come out of the client secret, and of the sealing key if
/// there is one: who may have the token can find and open its entry, and nobody else. Immutable.
class Seal {
 public:
  static constexpr std::size_t shortest_secret = 32;
  static constexpr std::size_t sealing_key_size = 32;
  static constexpr std::size_t largest_entry = std::size_t{64} << 10U;  ///< A token has 16 KiB, its entry twice that.

  /// `sealing_key` is empty or `sealing_key_size` bytes. Errors: `storage`.
  static Result<Seal> of(const TokenIdentity& identity, const Secret& sealing_key) {
    const std::string_view secret = identity.credentials.client_secret.reveal();
    if (!sealing_key.empty() && sealing_key.reveal().size() != sealing_key_size)
      return make_error(ErrorKind::storage, "the token store is not used: a sealing key has 32 bytes");
    if (sealing_key.empty() && secret.size() < shortest_secret) {
      return make_error(ErrorKind::storage,
                        "the token store is not used, because a client secret of fewer than 32 bytes could be guessed "
                        "from its entries; set a sealing key");
    }
    const std::string context = length_prefixed({"movio::exhibitor token",
                                                 {&format, 1},
                                                 sealing_key.empty() ? "secret" : "sealing key and secret",
                                                 identity.issuer_url,
                                                 identity.audience,
                                                 identity.scope,
                                                 identity.credentials.client_id});
    const Secret input = joined({sealing_key.reveal(), secret});
    const auto salt = sha256(context);
    const auto root = salt ? hkdf(EVP_PKEY_HKDEF_MODE_EXTRACT_ONLY, input.reveal(), *salt, 32) : std::nullopt;
    auto key = root ? hkdf(EVP_PKEY_HKDEF_MODE_EXPAND_ONLY, root->reveal(), "entry key", 32) : std::nullopt;
    const auto name = root ? hkdf(EVP_PKEY_HKDEF_MODE_EXPAND_ONLY, root->reveal(), "entry name", 16) : std::nullopt;
    if (!key || !name) return make_error(ErrorKind::storage, "the token store is not used: OpenSSL derives no key");
    return Seal(*std::move(key), hexadecimal(name->reveal()), context);
  }

  /// 32 hexadecimal digits. A fingerprint of the client secret: not for events, messages or logs.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// Nothing if OpenSSL has no randomness.
  [[nodiscard]] std::optional<std::string> seal(const Secret& entry) const {
    const std::size_t size = (entry.reveal().size() / padding + 1) * padding;
    const Secret plain = joined({entry.reveal(), std::string(size - entry.reveal().size(), ' ')});
    std::string nonce(Aes256Gcm::nonce_size, '\0');
    if (RAND_bytes(as_bytes(nonce), static_cast<int>(nonce.size())) != 1) return std::nullopt;
    const auto sealed = Aes256Gcm(key_, nonce, associated_, true).encrypt(plain.reveal());
    if (!sealed) return std::nullopt;
    return format + nonce + *sealed;
  }

  /// The entry; nothing if it was sealed otherwise, changed or cut.
  [[nodiscard]] std::optional<Secret> open(std::string_view sealed) const {
    constexpr std::size_t overhead = 1 + Aes256Gcm::nonce_size + Aes256Gcm::tag_size;
    if (sealed.size() < overhead || sealed.size() > largest_entry || sealed.front() != format) return std::nullopt;
    const auto nonce = sealed.substr(1, Aes256Gcm::nonce_size);
    return Aes256Gcm(key_, nonce, associated_, false).decrypt(sealed.substr(1 + nonce.size()));
  }

 private:
  static constexpr char format = '1';  ///< Of an entry. Another one is not read.
  static constexpr std::size_t padding = 512;

  Seal(Secret key, std::string name, const std::string& context)
      : key_(std::move(key)), name_(std::move(name)), associated_(length_prefixed({context, name_})) {}

  Secret key_;
  std::string name_;
  std::string associated_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
