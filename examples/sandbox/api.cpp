// SPDX-License-Identifier: MIT
#include "sandbox/api.hpp"

#include <httplib.h>
#include <strings.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/answer.hpp"
#include "sandbox/encoding.hpp"
#include "sandbox/jwt.hpp"
#include "sandbox/store.hpp"
#include "sandbox/validation.hpp"

namespace sandbox {
namespace {

using nlohmann::json;

constexpr std::size_t most_records = 5000;

struct Route {
  std::string method;  // the only one that the path allows
  std::string resource;
  std::string id;
};

// Decodes each segment on its own, so that an encoded slash stays inside its segment.
std::optional<std::vector<std::string>> path_segments(const std::string& target) {
  std::string_view path = std::string_view(target).substr(0, target.find('?'));
  std::vector<std::string> segments;
  while (!path.empty() && path.front() == '/') {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    auto segment = percent_decode(path.substr(0, end), Plus::stays);
    if (!segment) return std::nullopt;
    segments.push_back(*std::move(segment));
    path.remove_prefix(end);
  }
  return segments;
}

std::optional<Route> find_route(const std::string& target) {
  const auto segments = path_segments(target);
  if (segments && *segments == std::vector<std::string>{"subscriptions", "categories"}) return Route{"GET", "", ""};
  if (!segments || segments->empty() || id_field(segments->front()) == nullptr) return std::nullopt;
  const std::string& resource = segments->front();
  if (segments->size() == 1) return Route{"PUT", resource, ""};
  const std::string& id = segments->at(1);
  if (id.empty()) return std::nullopt;
  // Not documented for transactions; offered there too, because a client has to cope with either.
  if (segments->size() == 2) return Route{"DELETE", resource, id};
  const bool subscriptions = segments->size() == 3 && resource == "members" && segments->at(2) == "subscriptions";
  return subscriptions ? std::optional(Route{"PATCH", "subscriptions", id}) : std::nullopt;
}

void answer_message(httplib::Response& response, int status, const std::string& message) {
  answer_json(response, status, {{"message", message}});
}

std::string bearer_token(const httplib::Request& request) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string authorization = request.get_header_value("Authorization");
  if (strncasecmp(authorization.c_str(), scheme.data(), scheme.size()) != 0) return {};
  return authorization.substr(scheme.size());
}

// RFC 6750 section 3.
void refuse(httplib::Response& response, int status, const std::string& error, const std::string& description) {
  response.set_header("WWW-Authenticate", "Bearer error=\"" + error + "\", error_description=\"" + description + '"');
  answer_message(response, status, description);
}

bool has_word(const std::string& text, const std::string& wanted) {
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word == wanted) return true;
  }
  return false;
}

json bad_entities(const std::string& resource, const json& records) {
  json entities = json::array();
  const char* field = id_field(resource);
  const std::string id_name = field != nullptr ? field : "category_id";
  for (std::size_t index = 0; index < records.size(); ++index) {
    const json& record = records[index];
    const auto problems = problems_of(resource, record);
    if (problems.empty()) continue;
    const json id = record.is_object() ? record.value(id_name, json()) : json();
    entities.push_back({{"index", index}, {"id", id}, {"errors", problems}});
  }
  return entities;
}

// What members can subscribe to.
json categories() {
  return {{{"id", "newsletter"}, {"name", "Newsletter"}, {"channels", {"EMAIL", "SMS"}}},
          {{"id", "offers"}, {"name", "Offers near you"}, {"channels", {"EMAIL"}}}};
}

// The array that a body holds, or nothing once the request is answered.
std::optional<json> read_records(const std::string& resource, const std::string& body, httplib::Response& response) {
  json records = json::parse(body, nullptr, false);
  if (records.is_discarded()) {
    answer_message(response, 400, "The body is not JSON");
    return std::nullopt;
  }
  if (!records.is_array()) {
    answer_message(response, 422, "The body must be an array");
    return std::nullopt;
  }
  if (records.size() > most_records) {
    answer_message(response, 422, "At most 5000 records are allowed, not " + std::to_string(records.size()));
    return std::nullopt;
  }
  json entities = bad_entities(resource, records);
  if (!entities.empty()) {
    const std::string message = "Bulk request failed: " + std::to_string(entities.size()) + " of " +
                                std::to_string(records.size()) + " are invalid";
    answer_json(response, 400, {{"message", message}, {"entities", std::move(entities)}});
    return std::nullopt;
  }
  return std::make_optional(std::move(records));
}

}  // namespace

Api::Api(std::string audience, const TokenSigner& signer, Store& store)
    : audience_(std::move(audience)), signer_(signer), store_(store) {}

void Api::handle(const httplib::Request& request, httplib::Response& response) const {
  const auto route = find_route(request.target);
  if (!route) return answer_message(response, 404, "There is nothing at this path");
  if (request.method != route->method) {
    response.set_header("Allow", route->method);
    return answer_message(response, 405, "This path allows " + route->method + " only");
  }
  if (!authorize(request, response)) return;
  if (route->method == "GET") return answer_json(response, 200, categories());
  if (route->method == "PUT") return upsert(route->resource, request.body, response);
  if (route->method == "DELETE") return remove(route->resource, route->id, response);
  replace_subscriptions(route->id, request.body, response);
}

// False once the request is answered with a refusal.
bool Api::authorize(const httplib::Request& request, httplib::Response& response) const {
  const std::string token = bearer_token(request);
  if (token.empty()) {
    response.set_header("WWW-Authenticate", "Bearer realm=\"exhibitor\"");
    answer_message(response, 401, "A bearer token is required");
    return false;
  }
  const Verdict verdict = signer_.verify(token, audience_);
  if (!verdict.problem.empty()) {
    refuse(response, 401, "invalid_token", verdict.problem);
    return false;
  }
  // A token without a scope may do all its client may do.
  if (request.method != "GET" && verdict.scope && !has_word(*verdict.scope, "write:all")) {
    refuse(response, 403, "insufficient_scope", "The token lacks the scope write:all");
    return false;
  }
  return true;
}

void Api::upsert(const std::string& resource, const std::string& body, httplib::Response& response) const {
  const auto records = read_records(resource, body, response);
  if (!records) return;
  if (records->empty()) return answer_message(response, 422, "At least one record is required");
  const auto upserted = store_.upsert(resource, id_field(resource), *records);
  answer_json(response, 202,
              {{"total", records->size()}, {"created_count", upserted.created}, {"updated_count", upserted.updated}});
}

void Api::remove(const std::string& resource, const std::string& id, httplib::Response& response) const {
  if (!store_.remove(resource, id))
    return answer_message(response, 404, "No record in " + resource + " has the id " + id);
  response.status = 204;
}

void Api::replace_subscriptions(const std::string& member_id, const std::string& body,
                                httplib::Response& response) const {
  const auto subscriptions = read_records("subscriptions", body, response);
  if (!subscriptions) return;
  if (!store_.has("members", member_id)) {
    return answer_message(response, 404, "No member has the id " + member_id);
  }
  response.status = 204;
}

}  // namespace sandbox
