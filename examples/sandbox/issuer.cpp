// SPDX-License-Identifier: MIT
#include "sandbox/issuer.hpp"

#include <httplib.h>
#include <strings.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include "sandbox/answer.hpp"
#include "sandbox/encoding.hpp"

namespace sandbox {
namespace {

// An error answer of RFC 6749 section 5.2, thrown by whatever finds a request wanting.
struct Refusal {
  int status;
  std::string error;
  std::string description;
  bool challenge_basic = false;
};

Refusal invalid_request(const std::string& description) { return {400, "invalid_request", description}; }

// Auth0's words; RFC 6749 would have "invalid_client" here.
Refusal wrong_client(bool challenge_basic) { return {401, "access_denied", "Unauthorized", challenge_basic}; }

std::string decoded(std::string_view text) {
  auto value = percent_decode(text, Plus::is_space);
  if (!value) throw invalid_request("The body is not form-encoded");
  return *std::move(value);
}

std::map<std::string, std::string> parse_form(const std::string& body) {
  std::map<std::string, std::string> form;
  std::istringstream fields(body);
  for (std::string field; std::getline(fields, field, '&');) {
    const auto equals = std::min(field.find('='), field.size());
    const std::string name = decoded(std::string_view(field).substr(0, equals));
    const std::string value = equals < field.size() ? decoded(std::string_view(field).substr(equals + 1)) : "";
    // RFC 6749 section 3.2: what has no value counts as omitted, and nothing may be there twice.
    if (value.empty()) continue;
    if (!form.emplace(name, value).second) throw invalid_request("Parameter given twice: " + name);
  }
  return form;
}

bool is_form(const std::string& content_type) {
  const std::string type = content_type.substr(0, content_type.find_first_of("; "));
  return strcasecmp(type.c_str(), "application/x-www-form-urlencoded") == 0;
}

std::string required(const std::map<std::string, std::string>& form, const std::string& name) {
  const auto found = form.find(name);
  if (found == form.end()) throw invalid_request("Missing required parameter: " + name);
  return found->second;
}

struct BasicCredentials {
  std::string id;
  std::string secret;
};

// Both halves are form-encoded before they are joined (RFC 6749 section 2.3.1).
std::optional<BasicCredentials> parse_basic(const std::string& authorization) {
  constexpr std::string_view scheme = "Basic ";
  if (strncasecmp(authorization.c_str(), scheme.data(), scheme.size()) != 0) return std::nullopt;
  const auto pair = base64_decode(std::string_view(authorization).substr(scheme.size()));
  const auto colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  const auto id = percent_decode(std::string_view(*pair).substr(0, colon), Plus::is_space);
  const auto secret = percent_decode(std::string_view(*pair).substr(colon + 1), Plus::is_space);
  if (!id || !secret) return std::nullopt;
  return BasicCredentials{*id, *secret};
}

std::string granted_scope(const std::map<std::string, std::string>& form) {
  static const std::set<std::string> known_scopes = {"read:all", "write:all"};
  const auto asked = form.find("scope");
  if (asked == form.end()) return {};
  std::istringstream words(asked->second);
  for (std::string scope; words >> scope;) {
    if (known_scopes.count(scope) == 0) throw Refusal{400, "invalid_scope", "Unknown scope: " + scope};
  }
  return asked->second;
}

void answer_refusal(const Refusal& refusal, httplib::Response& response) {
  if (refusal.challenge_basic) response.set_header("WWW-Authenticate", "Basic realm=\"exhibitor-issuer\"");
  answer_json(response, refusal.status, {{"error", refusal.error}, {"error_description", refusal.description}});
}

// One bucket of the quota header. The sandbox only tells its quota and never enforces it: what remains stops at zero.
std::string bucket(const char* name, std::uint64_t quota, std::uint64_t used, std::uint64_t age, std::uint64_t window) {
  std::ostringstream text;
  text << "b=" << name << ";q=" << quota << ";r=" << quota - std::min(quota, used) << ";t=" << window - age % window;
  return text.str();
}

}  // namespace

Issuer::Issuer(Settings settings, const TokenSigner& signer)
    : settings_(std::move(settings)), signer_(signer), client_secret_(settings_.client_secret) {}

void Issuer::handle(const httplib::Request& request, httplib::Response& response) {
  response.set_header("Cache-Control", "no-store");
  response.set_header("Pragma", "no-cache");
  try {
    grant_token(request, response);
  } catch (const Refusal& refusal) {
    answer_refusal(refusal, response);
  }
}

void Issuer::grant_token(const httplib::Request& request, httplib::Response& response) {
  if (!is_form(request.get_header_value("Content-Type"))) {
    throw invalid_request("The Content-Type must be application/x-www-form-urlencoded");
  }
  const Form form = parse_form(request.body);
  const std::string grant_type = required(form, "grant_type");
  if (grant_type != "client_credentials") {
    throw Refusal{400, "unsupported_grant_type", "Unsupported grant type: " + grant_type};
  }
  authenticate(request, form);
  check_audience(form);
  const std::string scope = granted_scope(form);
  const auto lifetime = settings_.token_lifetime;
  nlohmann::json body = {
      {"access_token", signer_.sign({settings_.name, settings_.audience, settings_.client_id, scope, lifetime})},
      {"token_type", "Bearer"},
      {"expires_in", lifetime.count()}};
  if (!scope.empty()) body["scope"] = scope;
  ++tokens_issued_;
  response.set_header("Auth0-Client-Quota-Limit", quota());
  answer_json(response, 200, body);
}

void Issuer::authenticate(const httplib::Request& request, const Form& form) const {
  const bool in_header = request.has_header("Authorization");
  const bool in_body = form.count("client_id") + form.count("client_secret") > 0;
  if (in_header && in_body)
    throw invalid_request("Client credentials belong in the header or in the body, not in both");
  if (!in_header && !in_body) throw wrong_client(false);
  if (in_body) {
    if (!is_client(required(form, "client_id"), required(form, "client_secret"))) throw wrong_client(false);
    return;
  }
  const auto credentials = parse_basic(request.get_header_value("Authorization"));
  if (!credentials || !is_client(credentials->id, credentials->secret)) throw wrong_client(true);
}

bool Issuer::is_client(const std::string& id, const std::string& secret) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return id == settings_.client_id && secret == client_secret_;
}

void Issuer::set_client_secret(std::string secret) {
  const std::lock_guard<std::mutex> lock(mutex_);
  client_secret_ = std::move(secret);
}

void Issuer::check_audience(const Form& form) const {
  const std::string audience = required(form, "audience");
  if (audience != settings_.audience) {
    throw Refusal{403, "access_denied", "Service not enabled within domain: " + audience};
  }
}

std::string Issuer::quota() const {
  const auto running = std::chrono::steady_clock::now() - started_;
  const auto age = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(running).count());
  const std::uint64_t used = tokens_issued_;
  return bucket("per_hour", 100, used, age, 3600) + ',' + bucket("per_day", 500, used, age, 86400);
}

}  // namespace sandbox
