// SPDX-License-Identifier: MIT
#include "sandbox/certificates.hpp"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace sandbox {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free>>;

void require(bool ok, const char* step) {
  if (!ok) throw std::runtime_error(std::string("cannot make the sandbox's certificates: ") + step);
}

Key make_key() {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  require(key != nullptr, "key");
  return key;
}

// 127 bits: unpredictable, and positive in DER without a padding byte (RFC 5280 section 4.1.2.2).
void set_random_serial(X509& certificate) {
  const Number serial(BN_new());
  require(serial && BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
              BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(&certificate)) != nullptr,
          "serial number");
}

void set_validity(X509& certificate) {
  constexpr long hour = 3600;
  constexpr long day = 24 * hour;
  require(X509_gmtime_adj(X509_getm_notBefore(&certificate), -hour) != nullptr &&
              X509_gmtime_adj(X509_getm_notAfter(&certificate), 30 * day) != nullptr,
          "validity");
}

void set_subject(X509& certificate, const std::string& common_name) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(common_name.c_str());
  X509_NAME* subject = X509_get_subject_name(&certificate);
  require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes, -1, -1, 0) == 1, "subject");
}

// An issuer of nullptr makes it self-signed.
Certificate make_certificate(const std::string& common_name, EVP_PKEY& key, X509* issuer) {
  Certificate certificate(X509_new());
  require(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1, "version");
  set_random_serial(*certificate);
  set_validity(*certificate);
  set_subject(*certificate, common_name);
  const X509* signer = issuer != nullptr ? issuer : certificate.get();
  require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1, "issuer");
  require(X509_set_pubkey(certificate.get(), &key) == 1, "public key");
  return certificate;
}

void add_extension(X509& certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer != nullptr ? issuer : &certificate, &certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  require(extension && X509_add_ext(&certificate, extension.get(), -1) == 1, value);
}

void sign(X509& certificate, EVP_PKEY& key) { require(X509_sign(&certificate, &key, EVP_sha256()) > 0, "signature"); }

Certificate make_ca(EVP_PKEY& key) {
  Certificate ca = make_certificate("Exhibitor Sandbox CA", key, nullptr);
  add_extension(*ca, nullptr, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(*ca, nullptr, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(*ca, nullptr, NID_subject_key_identifier, "hash");
  add_extension(*ca, nullptr, NID_authority_key_identifier, "keyid:always");
  sign(*ca, key);
  return ca;
}

Certificate make_server_certificate(EVP_PKEY& key, X509& ca, EVP_PKEY& ca_key) {
  Certificate server = make_certificate("localhost", key, &ca);
  add_extension(*server, &ca, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(*server, &ca, NID_key_usage, "critical,digitalSignature");
  add_extension(*server, &ca, NID_ext_key_usage, "serverAuth");
  add_extension(*server, &ca, NID_subject_key_identifier, "hash");
  add_extension(*server, &ca, NID_authority_key_identifier, "keyid:always");
  add_extension(*server, &ca, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
  sign(*server, ca_key);
  return server;
}

Memory make_memory() {
  Memory memory(BIO_new(BIO_s_mem()));
  require(memory != nullptr, "memory");
  return memory;
}

std::string text_of(BIO& memory) {
  std::string text(BIO_ctrl_pending(&memory), '\0');
  require(BIO_read(&memory, text.data(), static_cast<int>(text.size())) > 0, "PEM text");
  return text;
}

std::string pem(X509& certificate) {
  const Memory memory = make_memory();
  require(PEM_write_bio_X509(memory.get(), &certificate) == 1, "PEM certificate");
  return text_of(*memory);
}

std::string pem(EVP_PKEY& key) {
  const Memory memory = make_memory();
  require(PEM_write_bio_PrivateKey(memory.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "PEM key");
  return text_of(*memory);
}

}  // namespace

Certificates::Certificates() {
  const Key ca_key = make_key();
  const Certificate ca = make_ca(*ca_key);
  const Key key = make_key();
  const Certificate certificate = make_server_certificate(*key, *ca, *ca_key);
  ca_pem_ = pem(*ca);
  certificate_pem_ = pem(*certificate);
  key_pem_ = pem(*key);
}

}  // namespace sandbox
