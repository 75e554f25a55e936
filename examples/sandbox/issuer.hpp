// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "sandbox/jwt.hpp"

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace sandbox {

// The token endpoint of an Auth0-like issuer for one client and one audience, client credentials grant only (RFC 6749
// section 4.4). Safe to use from any number of threads.
class Issuer {
 public:
  struct Settings {
    std::string name;  // the tokens' "iss"
    std::string audience;
    std::string client_id;
    std::string client_secret;
    std::chrono::seconds token_lifetime{};
  };

  // The signer must live longer than the issuer.
  Issuer(Settings settings, const TokenSigner& signer);

  // Answers a POST to the token endpoint.
  void handle(const httplib::Request& request, httplib::Response& response);

  void set_client_secret(std::string secret);
  std::uint64_t tokens_issued() const { return tokens_issued_; }

 private:
  using Form = std::map<std::string, std::string>;

  void grant_token(const httplib::Request& request, httplib::Response& response);
  void authenticate(const httplib::Request& request, const Form& form) const;
  bool is_client(const std::string& id, const std::string& secret) const;
  void check_audience(const Form& form) const;
  std::string quota() const;

  const Settings settings_;
  const TokenSigner& signer_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> tokens_issued_{0};
  mutable std::mutex mutex_;  // guards client_secret_
  std::string client_secret_;
};

}  // namespace sandbox
