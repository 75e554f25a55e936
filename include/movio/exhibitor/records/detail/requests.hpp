// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/http.hpp"
#include "../../detail/text/encoding.hpp"
#include "../../detail/text/url.hpp"
#include "../subscription.hpp"
#include "limits.hpp"
#include "rules.hpp"
#include "schemas.hpp"
#include "writer.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Why an id cannot be used as a path segment, if so.
inline std::optional<std::string> id_problem(std::string_view id) {
  if (id.empty()) return "the id must not be empty";
  if (!is_utf8(id)) return "the id is not UTF-8";
  if (std::any_of(id.begin(), id.end(), is_control)) return "the id holds a control character";
  if (has_dot_segment(id)) return "the id must not contain \".\" or \"..\" as a path segment";
  return std::nullopt;
}

/// `records` is a JSON array.
inline HttpRequest upsert_request(std::string_view path, Body records) {
  HttpRequest request;
  request.method = "PUT";
  request.path = path;
  request.body = std::move(records);
  return request;
}

inline HttpRequest remove_request(std::string_view path, std::string_view id) {
  HttpRequest request;
  request.method = "DELETE";
  request.path = std::string(path) + '/' + path_segment(id);
  return request;
}

/// `subscriptions` is a JSON array.
inline HttpRequest subscriptions_request(std::string_view member_id, Body subscriptions) {
  HttpRequest request;
  request.method = "PATCH";
  request.path = "/members/" + path_segment(member_id) + "/subscriptions";
  request.body = std::move(subscriptions);
  request.idempotent = true;  // it says what all of them shall be
  return request;
}

/// Errors: `invalid_argument`.
inline Result<HttpRequest> subscriptions_request(const MemberSubscriptions& wanted) {
  if (const auto problem = id_problem(wanted.member_id)) return invalid_argument("member_id: " + *problem);
  if (const auto problem = rule_broken(wanted)) return invalid_argument(problem->text());
  std::string body = "[";
  RecordWriter writer(body);
  for (std::size_t i = 0; i < wanted.subscriptions.size(); ++i) {
    if (i > 0) body += ',';
    if (auto problem = writer.write(wanted.subscriptions[i])) {
      problem->prefix("subscriptions[" + std::to_string(i) + ']');
      return invalid_argument(problem->text());
    }
  }
  return subscriptions_request(wanted.member_id, Body(body += ']'));
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
