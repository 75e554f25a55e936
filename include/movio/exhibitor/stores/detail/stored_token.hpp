// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "../../detail/json/scanner.hpp"
#include "../../detail/json/value.hpp"
#include "../../token/detail/cache.hpp"
#include "../../token/detail/exchange.hpp"
#include "../../token/store.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// What a store keeps of a token: the issuer's answer, and the time of its request.
inline Secret stored_text(const AccessToken& token) {
  std::string text;
  text.reserve(2 * (token.reveal().size() + token.scope().size()) + 256);  // at once: growing would leave a copy behind
  text += R"({"access_token":)";
  append_json_string(text, token.reveal());
  text += R"(,"token_type":"Bearer","scope":)";
  append_json_string(text, token.scope());
  text += ",\"expires_in\":" + std::to_string(token.lifetime().count());
  text += ",\"issued_at_ms\":" + std::to_string(issue_time(token).time_since_epoch().count()) + '}';
  return Secret(std::move(text));
}

/// The time of an entry's request at `now`. An entry from the future, by the clock of another machine, begins now: no
/// token lives longer than the issuer gives it.
inline Moment stored_issue_moment(double milliseconds, const Moment& now) {
  const double latest = std::chrono::duration<double, std::milli>(now.wall.time_since_epoch()).count();
  const std::chrono::duration<double, std::milli> age(std::max(latest - milliseconds, 0.0));
  const auto past = std::chrono::duration_cast<std::chrono::milliseconds>(age);
  return {now.uptime - past, now.wall - past};
}

/// Reads an entry as if it came from the issuer. Errors say nothing to anybody: the entry is passed over.
inline Result<IssuedToken> read_stored_token(const TokenIdentity& identity, const Secret& entry, const Moment& now) {
  const auto problem = [](const char* what) { return make_error(ErrorKind::storage, what); };
  const auto answer = parse_json(entry.reveal(), "the stored token");
  if (!answer) return answer.error();
  if (answer->kind() != JsonValue::Kind::object) return problem("the stored token is not an object");
  const auto issued_at = answer->find("issued_at_ms");
  const auto number = issued_at ? issued_at->number() : std::nullopt;
  constexpr double longest = 1e15;  // in the year 33658
  if (!number || !(*number > 0 && *number < longest)) return problem("the stored token has no time");
  const Endpoints endpoints{identity.issuer_url, identity.audience};
  TokenOptions options;
  options.scope = identity.scope;
  auto issued =
      read_issued_token({endpoints, options, identity.credentials}, *answer, stored_issue_moment(*number, now));
  if (!issued) return issued;
  return issued->token.expired(now) ? Result<IssuedToken>(problem("the stored token has expired")) : issued;
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
