// SPDX-License-Identifier: MIT
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "catch.hpp"
#include "integration.hpp"
#include "support.hpp"

using namespace integration;

namespace {

/// The name by which OpenSSL looks for a CA in a directory: the hash of its subject.
std::string hashed_name(const std::string& ca_file) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(ca_file.c_str(), "r"), &std::fclose);
  const std::unique_ptr<X509, void (*)(X509*)> ca(PEM_read_X509(file.get(), nullptr, nullptr, nullptr), &X509_free);
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), "%08lx.0", X509_subject_name_hash(ca.get()));
  return name.data();
}

/// What comes of a request by who trusts these: "answered", or what is said of the certificate.
std::string outcome(const std::string& url, const std::string& file, const std::string& directory) {
  ex::CurlOptions options;
  options.ca_file = file;
  options.ca_directory = directory;
  const auto answer = ex::CurlTransport(options).send(request("GET", url));
  return answer ? "answered" : answer.error().kind == ex::ErrorKind::tls ? answer.error().message : "other";
}

/// That nothing in the directory is the server's CA.
bool refused_for(const std::string& directory, const std::string& said) {
  return said.find("the CA bundle is " + directory) != std::string::npos;
}

std::string given(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

TEST_CASE("curl trust - the CA file comes from the options, MOVIO_CA_FILE or SSL_CERT_FILE, in this order",
          "[curl_trust]") {
  sandbox::Sandbox server;
  const auto works = [&](const std::string& option) { return outcome(server.api_url(), option, "") == "answered"; };
  const std::string nothing = "/nonexistent/ca.pem";
  CHECK_FALSE(works(""));
  {
    const EnvironmentVariable last("SSL_CERT_FILE", server.ca_file());
    CHECK(works(""));
    const EnvironmentVariable middle("MOVIO_CA_FILE", nothing);
    CHECK_FALSE(works(""));
  }
  const EnvironmentVariable last("SSL_CERT_FILE", nothing);
  const EnvironmentVariable middle("MOVIO_CA_FILE", server.ca_file());
  CHECK(works(""));
  CHECK_FALSE(works(nothing));
}

TEST_CASE("curl trust - a directory of CAs is trusted instead of MOVIO_CA_FILE, with a file beside it or without",
          "[curl_trust]") {
  sandbox::Sandbox server;
  const support::TemporaryDirectory trusting, empty;
  std::filesystem::copy_file(server.ca_file(), trusting.path(hashed_name(server.ca_file())));
  const EnvironmentVariable ignored("MOVIO_CA_FILE", server.ca_file());
  CHECK(outcome(server.api_url(), "", trusting.path()) == "answered");
  CHECK(outcome(server.api_url(), server.ca_file(), empty.path()) == "answered");
  CHECK(refused_for(empty.path(), outcome(server.api_url(), "", empty.path())));
}

// For trust_test.sh, which makes the system trust the server.
TEST_CASE("curl trust - a directory of CAs replaces the system's", "[.curl_trust_system]") {
  const std::string url = given("MOVIO_API_URL"), right = given("RIGHT_CA_DIRECTORY");
  const std::string wrong = given("WRONG_CA_DIRECTORY");
  CHECK(outcome(url, "", "") == "answered");
  CHECK(outcome(url, "", right) == "answered");
  CHECK(refused_for(wrong, outcome(url, "", wrong)));
}
