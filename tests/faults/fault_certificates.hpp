// SPDX-License-Identifier: MIT
#pragma once

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "fault_server.hpp"
#include "support.hpp"

namespace faults {

inline void require(bool ok, const char* step) {
  if (!ok) throw std::runtime_error(std::string("cannot set TLS up: ") + step);
}

struct FreeOpenssl {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeOpenssl>;
using Certificate = std::unique_ptr<X509, FreeOpenssl>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeOpenssl>;

inline constexpr long day = 24L * 3600;

/// What a server's certificate says; good unless told otherwise.
struct CertificateOptions {
  const char* names = "IP:127.0.0.1,DNS:api.invalid";
  long begins = -day;  ///< Seconds from now.
  long ends = day;
  unsigned rsa_bits = 0;  ///< 0 makes a key on P-256.
  bool signs_itself = false;
};

/// A certification authority of the tests' own, and what servers need that it has signed for.
class Authority {
 public:
  explicit Authority(const std::string& name)
      : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")),
        certificate_(begin(name, *key_, CertificateOptions())) {
    require(X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get())) == 1, "issuer");
    extend(*certificate_, NID_basic_constraints, "critical,CA:TRUE");
    extend(*certificate_, NID_key_usage, "critical,keyCertSign");
    require(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0, "signature");
    write_file();
  }

  /// A PEM file for who trusts it.
  [[nodiscard]] std::string file() const { return directory_.path("ca.pem"); }

  /// For a server with a certificate of its own. The security level is the lowest, so that the client decides.
  [[nodiscard]] TlsContext server(const CertificateOptions& options = {}) const {
    const Key key(options.rsa_bits == 0 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")
                                        : EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{options.rsa_bits}));
    const Certificate certificate = begin("The API", *key, options);
    const X509* signer = options.signs_itself ? certificate.get() : certificate_.get();
    require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1, "issuer");
    extend(*certificate, NID_subject_alt_name, options.names);
    EVP_PKEY* signing = options.signs_itself ? key.get() : key_.get();
    require(X509_sign(certificate.get(), signing, EVP_sha256()) > 0, "signature");

    TlsContext context(SSL_CTX_new(TLS_server_method()), FreeTls());
    require(context != nullptr, "context");
    SSL_CTX_set_security_level(context.get(), 0);
    require(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1, "certificate");
    require(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1, "key");
    return context;
  }

 private:
  static Certificate begin(const std::string& name, EVP_PKEY& key, const CertificateOptions& options) {
    static std::atomic<long> serial{0};
    Certificate made(X509_new());
    const auto* bytes = reinterpret_cast<const unsigned char*>(name.c_str());
    require(made && X509_set_version(made.get(), X509_VERSION_3) == 1, "version");
    require(ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial) == 1, "serial number");
    require(X509_gmtime_adj(X509_getm_notBefore(made.get()), options.begins) != nullptr, "begin");
    require(X509_gmtime_adj(X509_getm_notAfter(made.get()), options.ends) != nullptr, "end");
    X509_NAME* subject = X509_get_subject_name(made.get());
    require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes, -1, -1, 0) == 1, "subject");
    require(X509_set_pubkey(made.get(), &key) == 1, "public key");
    return made;
  }

  static void extend(X509& certificate, int name, const char* value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, name, value));
    require(extension && X509_add_ext(&certificate, extension.get(), -1) == 1, value);
  }

  void write_file() const {
    std::FILE* out = std::fopen(file().c_str(), "w");
    require(out != nullptr, "file");
    const bool written = PEM_write_X509(out, certificate_.get()) == 1;
    require(std::fclose(out) == 0 && written, "file");
  }

  const Key key_;
  const Certificate certificate_;
  const support::TemporaryDirectory directory_;
};

}  // namespace faults
