// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace sandbox {

struct Grant {
  std::string issuer;
  std::string audience;
  std::string client_id;
  std::string scope;  // empty: the token carries no scope member
  std::chrono::seconds lifetime{};
};

struct Verdict {
  std::string problem;  // empty: the token is good
  std::optional<std::string> scope;
};

// Makes and checks signed JSON web tokens (RFC 7519, HS256). Safe to use from any number of threads.
class TokenSigner {
 public:
  TokenSigner();

  std::string sign(const Grant& grant) const;
  Verdict verify(std::string_view token, const std::string& audience) const;

  // Every token signed so far is bad from now on.
  void rotate_key();

 private:
  struct SigningKey {
    std::string id;
    std::string secret;
  };

  SigningKey key() const;
  static SigningKey make_key();

  mutable std::mutex mutex_;  // guards key_
  SigningKey key_;
};

}  // namespace sandbox
