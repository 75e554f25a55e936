// SPDX-License-Identifier: MIT
#include "sandbox/server.hpp"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "sandbox/answer.hpp"
#include "sandbox/api.hpp"
#include "sandbox/certificates.hpp"
#include "sandbox/encoding.hpp"
#include "sandbox/issuer.hpp"
#include "sandbox/jwt.hpp"
#include "sandbox/listener.hpp"
#include "sandbox/store.hpp"
#include "sandbox/temporary_directory.hpp"

namespace sandbox {
namespace {

using httplib::Request;
using httplib::Response;

constexpr const char* token_path = "/oauth/token";
constexpr const char* counters_path = "/sandbox/counters";

// Holds an intercept that may be exchanged while other threads are in it.
class Interception {
 public:
  void set(Sandbox::Intercept intercept) {
    auto next = std::make_shared<const Sandbox::Intercept>(std::move(intercept));
    const std::lock_guard<std::mutex> lock(mutex_);
    intercept_.swap(next);
  }

  bool answers(const Request& request, Response& response) const {
    const auto intercept = current();
    return intercept && *intercept && (*intercept)(request, response);
  }

 private:
  std::shared_ptr<const Sandbox::Intercept> current() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return intercept_;
  }

  mutable std::mutex mutex_;  // guards intercept_
  std::shared_ptr<const Sandbox::Intercept> intercept_;
};

struct CertificateFiles {
  CertificateFiles(const TemporaryDirectory& directory, const Certificates& certificates)
      : ca(directory.add_file("ca.pem", certificates.ca_pem())),
        certificate(directory.add_file("certificate.pem", certificates.certificate_pem())),
        key(directory.add_file("key.pem", certificates.key_pem())) {}

  std::string ca;
  std::string certificate;
  std::string key;
};

std::optional<Listener::Tls> tls_of(const Options& options, const CertificateFiles& files) {
  if (options.plain_http) return std::nullopt;
  return Listener::Tls{files.certificate, files.key};
}

std::string path_of(const Request& request) { return request.target.substr(0, request.target.find('?')); }

bool asks_for_counters(const Request& request) { return request.method == "GET" && path_of(request) == counters_path; }

// RFC 9110 section 6.6.1 wants it.
void add_date(Response& response) {
  if (!response.has_header("Date")) response.set_header("Date", http_date(std::time(nullptr)));
}

void add_request_id(const Request& request, Response& response) {
  if (response.has_header("X-Request-Id")) return;
  const std::string given = request.get_header_value("X-Request-Id");
  const bool usable =
      !given.empty() && std::all_of(given.begin(), given.end(), [](char c) { return c > ' ' && c <= '~'; });
  response.set_header("X-Request-Id", usable ? given : random_hex(16));
}

void answer_counters(const Counters& counters, Response& response) {
  answer_json(response, 200,
              {{"token_requests", counters.token_requests},
               {"tokens_issued", counters.tokens_issued},
               {"token_failures", counters.token_failures},
               {"issuer_connections", counters.issuer_connections},
               {"api_connections", counters.api_connections},
               {"api_calls", counters.api_calls},
               {"api_unauthorized", counters.api_unauthorized}});
}

}  // namespace

struct Sandbox::Impl {
  explicit Impl(const Options& options);
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start();
  // While all that the handlers use is still there.
  void stop();
  std::string origin(const Listener& listener) const;
  Issuer::Settings issuer_settings(const Options& options) const;
  Counters counters() const;
  void handle_issuer(const Request& request, Response& response);
  void handle_api(const Request& request, Response& response);

  TemporaryDirectory directory;
  CertificateFiles files;
  bool plain_http;
  // The listeners take their ports first, because the URLs are part of the settings of what follows.
  Listener issuer_listener;
  Listener api_listener;
  std::string audience;
  TokenSigner signer;
  Store store;
  Issuer issuer;
  Api api;
  Interception token_interception;
  Interception api_interception;
  std::atomic<std::uint64_t> token_requests{0};
  std::atomic<std::uint64_t> token_failures{0};
  std::atomic<std::uint64_t> api_calls{0};
  std::atomic<std::uint64_t> api_unauthorized{0};
};

Sandbox::Impl::Impl(const Options& options)
    : files(directory, Certificates()),
      plain_http(options.plain_http),
      issuer_listener(options.issuer_port, tls_of(options, files)),
      api_listener(options.api_port, tls_of(options, files)),
      audience(options.audience.empty() ? origin(api_listener) : options.audience),
      issuer(issuer_settings(options), signer),
      api(audience, signer, store) {}

void Sandbox::Impl::start() {
  issuer_listener.start([this](const Request& request, Response& response) { handle_issuer(request, response); },
                        [](const Request&, Response& response) { add_date(response); });
  api_listener.start([this](const Request& request, Response& response) { handle_api(request, response); },
                     [](const Request& request, Response& response) {
                       add_date(response);
                       add_request_id(request, response);
                     });
}

void Sandbox::Impl::stop() {
  issuer_listener.stop();
  api_listener.stop();
}

std::string Sandbox::Impl::origin(const Listener& listener) const {
  return (plain_http ? "http" : "https") + std::string("://127.0.0.1:") + std::to_string(listener.port());
}

Issuer::Settings Sandbox::Impl::issuer_settings(const Options& options) const {
  return {origin(issuer_listener) + '/', audience, options.client_id, options.client_secret, options.token_lifetime};
}

Counters Sandbox::Impl::counters() const {
  return {
      token_requests, issuer.tokens_issued(), token_failures, issuer_listener.connections(), api_listener.connections(),
      api_calls,      api_unauthorized};
}

void Sandbox::Impl::handle_issuer(const Request& request, Response& response) {
  if (asks_for_counters(request)) return answer_counters(counters(), response);
  if (path_of(request) != token_path) {
    return answer_json(response, 404, {{"error", "not_found"}, {"error_description", "There is nothing at this path"}});
  }
  if (request.method != "POST") {
    response.set_header("Allow", "POST");
    return answer_json(response, 405, {{"error", "invalid_request"}, {"error_description", "Only POST is allowed"}});
  }
  ++token_requests;
  if (!token_interception.answers(request, response)) issuer.handle(request, response);
  if (response.status >= 400) ++token_failures;
}

void Sandbox::Impl::handle_api(const Request& request, Response& response) {
  if (asks_for_counters(request)) return answer_counters(counters(), response);
  ++api_calls;
  if (!api_interception.answers(request, response)) api.handle(request, response);
  if (response.status == 401) ++api_unauthorized;
}

Sandbox::Sandbox(const Options& options) : impl_(std::make_unique<Impl>(options)) { impl_->start(); }

Sandbox::~Sandbox() = default;

std::string Sandbox::issuer_url() const { return impl_->origin(impl_->issuer_listener) + token_path; }
std::string Sandbox::api_url() const { return impl_->origin(impl_->api_listener); }
int Sandbox::issuer_port() const { return impl_->issuer_listener.port(); }
int Sandbox::api_port() const { return impl_->api_listener.port(); }

const std::string& Sandbox::ca_file() const { return impl_->files.ca; }
const std::string& Sandbox::certificate_file() const { return impl_->files.certificate; }
const std::string& Sandbox::key_file() const { return impl_->files.key; }

Counters Sandbox::counters() const { return impl_->counters(); }

void Sandbox::set_client_secret(const std::string& secret) { impl_->issuer.set_client_secret(secret); }
void Sandbox::revoke_all_tokens() { impl_->signer.rotate_key(); }

void Sandbox::intercept_token(Intercept intercept) { impl_->token_interception.set(std::move(intercept)); }
void Sandbox::intercept_api(Intercept intercept) { impl_->api_interception.set(std::move(intercept)); }

std::size_t Sandbox::record_count(const std::string& resource) const { return impl_->store.count(resource); }

bool Sandbox::has_record(const std::string& resource, const std::string& id) const {
  return impl_->store.has(resource, id);
}

bool Sandbox::has_record(const std::string& resource, const std::string& id, const nlohmann::json& record) const {
  return impl_->store.has(resource, id, record);
}

}  // namespace sandbox
