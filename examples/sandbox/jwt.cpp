// SPDX-License-Identifier: MIT
#include "sandbox/jwt.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sandbox/encoding.hpp"

namespace sandbox {
namespace {

using nlohmann::json;

std::string hmac_sha256(const std::string& secret, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), &size) == nullptr) {
    throw std::runtime_error("OpenSSL cannot sign a token");
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

bool same_bytes(const std::string& one, const std::string& other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::vector<std::string_view> split_at_dots(std::string_view text) {
  std::vector<std::string_view> parts;
  for (auto dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
    parts.push_back(text.substr(0, dot));
    text.remove_prefix(dot + 1);
  }
  parts.push_back(text);
  return parts;
}

json parse_object(std::string_view encoded) {
  const auto text = base64url_decode(encoded);
  json value = text ? json::parse(*text, nullptr, false) : json();
  return value.is_object() ? value : json::object();
}

Verdict bad(std::string problem) { return {std::move(problem), std::nullopt}; }

}  // namespace

TokenSigner::TokenSigner() : key_(make_key()) {}

TokenSigner::SigningKey TokenSigner::make_key() { return {random_hex(8), random_bytes(32)}; }

TokenSigner::SigningKey TokenSigner::key() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return key_;
}

void TokenSigner::rotate_key() {
  const std::lock_guard<std::mutex> lock(mutex_);
  key_ = make_key();
}

std::string TokenSigner::sign(const Grant& grant) const {
  const SigningKey signing_key = key();
  const json header = {{"alg", "HS256"}, {"typ", "JWT"}, {"kid", signing_key.id}};
  const std::int64_t now = std::time(nullptr);
  json payload = {{"iss", grant.issuer},
                  {"aud", grant.audience},
                  {"sub", grant.client_id + "@clients"},
                  {"azp", grant.client_id},
                  {"gty", "client-credentials"},
                  {"iat", now},
                  {"exp", now + grant.lifetime.count()},
                  {"jti", random_hex(16)}};
  if (!grant.scope.empty()) payload["scope"] = grant.scope;
  const std::string message = base64url_encode(header.dump()) + '.' + base64url_encode(payload.dump());
  return message + '.' + base64url_encode(hmac_sha256(signing_key.secret, message));
}

Verdict TokenSigner::verify(std::string_view token, const std::string& audience) const {
  const SigningKey signing_key = key();
  const auto parts = split_at_dots(token);
  if (parts.size() != 3) return bad("The token is not a JWT");
  const json header = parse_object(parts[0]);
  if (header.value("alg", json()) != "HS256") return bad("The token is not signed with HS256");
  if (header.value("kid", json()) != signing_key.id) return bad("The token was signed with another key or is revoked");
  const auto signature = base64url_decode(parts[2]);
  const std::string_view message = token.substr(0, parts[0].size() + 1 + parts[1].size());
  if (!signature || !same_bytes(*signature, hmac_sha256(signing_key.secret, message))) {
    return bad("The signature of the token is wrong");
  }
  // From here on the claims are our own, so they have the types that sign() gives them.
  const json claims = parse_object(parts[1]);
  if (claims.at("exp").get<std::int64_t>() <= std::time(nullptr)) return bad("The token expired");
  if (claims.at("aud") != audience) return bad("The token is for another audience");
  Verdict good;
  if (claims.contains("scope")) good.scope = claims.at("scope").get<std::string>();
  return good;
}

}  // namespace sandbox
