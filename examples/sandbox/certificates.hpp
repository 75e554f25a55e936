// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace sandbox {

// A certificate authority and one server certificate for localhost, made anew by every constructor call. The key of
// the authority is forgotten at once, so nobody can sign anything else with it.
class Certificates {
 public:
  Certificates();

  const std::string& ca_pem() const { return ca_pem_; }
  const std::string& certificate_pem() const { return certificate_pem_; }
  const std::string& key_pem() const { return key_pem_; }

 private:
  std::string ca_pem_;
  std::string certificate_pem_;
  std::string key_pem_;
};

}  // namespace sandbox
