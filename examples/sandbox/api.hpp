// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace sandbox {

class Store;
class TokenSigner;

// The Exhibitor API: bulk upserts, deletions and subscriptions, for holders of a token. Safe to use from any number of
// threads.
class Api {
 public:
  // The signer and the store must live longer than the API.
  Api(std::string audience, const TokenSigner& signer, Store& store);

  void handle(const httplib::Request& request, httplib::Response& response) const;

 private:
  bool authorize(const httplib::Request& request, httplib::Response& response) const;
  void upsert(const std::string& resource, const std::string& body, httplib::Response& response) const;
  void remove(const std::string& resource, const std::string& id, httplib::Response& response) const;
  void replace_subscriptions(const std::string& member_id, const std::string& body, httplib::Response& response) const;

  const std::string audience_;
  const TokenSigner& signer_;
  Store& store_;
};

}  // namespace sandbox
