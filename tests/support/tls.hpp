// SPDX-License-Identifier: MIT
#pragma once

#include <openssl/ssl.h>

/// OpenSSL's objects for std::unique_ptr and std::shared_ptr, for the servers of the tests' own.
struct FreeTls {
  void operator()(SSL* tls) const { SSL_free(tls); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
