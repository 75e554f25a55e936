// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

// Who intercepts calls includes <httplib.h>, which is slow to compile; the others need not.
namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace sandbox {

struct Options {
  int issuer_port = 0;  // 0 picks a free one
  int api_port = 0;
  std::string client_id = "sandbox-client";
  std::string client_secret = "sandbox-secret";
  std::chrono::seconds token_lifetime{86400};
  bool plain_http = false;
  std::string audience;  // the only one that tokens are issued and accepted for; empty: the sandbox's own api_url()
};

struct Counters {
  std::uint64_t token_requests = 0;  // POSTs to the token endpoint
  std::uint64_t tokens_issued = 0;   // by the issuer itself, not by an intercept
  std::uint64_t token_failures = 0;  // answers of 400 and above to them
  std::uint64_t issuer_connections = 0;
  std::uint64_t api_connections = 0;
  std::uint64_t api_calls = 0;         // requests to the API port, whatever their path
  std::uint64_t api_unauthorized = 0;  // answers of 401 to them
};

// A stand-in of an OAuth2 token issuer and of the Exhibitor API on two ports of 127.0.0.1. It listens from the end of
// the constructor, which throws std::runtime_error if it cannot, until the destructor. All members may be called from
// any thread. GET /sandbox/counters on either port tells the counters; it is not a call, but its connection counts.
class Sandbox {
 public:
  explicit Sandbox(const Options& options = {});
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  std::string issuer_url() const;  // https://127.0.0.1:PORT/oauth/token
  std::string api_url() const;     // https://127.0.0.1:PORT
  int issuer_port() const;
  int api_port() const;

  // PEM files in a private directory that goes with the sandbox. The latter two would do for another server, too.
  const std::string& ca_file() const;
  const std::string& certificate_file() const;
  const std::string& key_file() const;

  Counters counters() const;

  // Rotates the secret: only the new one is good from now on.
  void set_client_secret(const std::string& secret);
  // Every token issued so far gets 401 invalid_token from now on.
  void revoke_all_tokens();

  // Called by many threads at once; true: the answer is made. An empty function ends the interception.
  using Intercept = std::function<bool(const httplib::Request&, httplib::Response&)>;
  void intercept_token(Intercept intercept);  // asked before the issuer, for what counts as a token request
  void intercept_api(Intercept intercept);    // asked before the API and its authorization check, for every call

  // What the API holds; of subscriptions it keeps nothing.
  std::size_t record_count(const std::string& resource) const;
  bool has_record(const std::string& resource, const std::string& id) const;
  // True if the record with this id is this one.
  bool has_record(const std::string& resource, const std::string& id, const nlohmann::json& record) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sandbox
