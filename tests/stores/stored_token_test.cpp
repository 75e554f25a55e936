// SPDX-License-Identifier: MIT

// Entries that were sealed rightly and hold what they should not.
#include <chrono>
#include <cstdint>
#include <movio/exhibitor/stores/detail/seal.hpp>
#include <movio/exhibitor/stores/detail/stored_token.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "fixtures.hpp"
#include "store_fixture.hpp"

namespace ex = movio::exhibitor;
using fixtures::said;
using nlohmann::json;
using stores::StoreRig;
using namespace std::chrono_literals;

namespace {

std::int64_t milliseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

ex::TokenIdentity identity_of(const StoreRig& rig) {
  return {fixtures::issuer_url, fixtures::api_url, "", rig.source().value()};
}

/// A good entry of an hour ago, with `members` in place of what it holds.
std::string entry_with(const StoreRig& rig, const json& members) {
  json entry{{"access_token", "stored-token"},
             {"token_type", "Bearer"},
             {"scope", ""},
             {"expires_in", 86400},
             {"issued_at_ms", milliseconds(rig.clock->moment().wall) - 3600000}};
  entry.update(members);
  return entry.dump();
}

/// What a process says that finds this in the store.
std::string said_over(StoreRig& rig, const std::string& entry) {
  const auto seal = ex::detail::Seal::of(identity_of(rig), {}).value();
  CHECK(rig.store->save(seal.name(), *seal.seal(ex::Secret(entry)), 24h));
  auto outcome = said(rig.process()->token());
  rig.settle();
  return outcome;
}

}  // namespace

TEST_CASE("stored token - an entry is read as an answer of the issuer", "[stored_token]") {
  StoreRig rig;
  CHECK(said_over(rig, entry_with(rig, json::object())) == "stored-token");
  CHECK(said_over(rig, entry_with(rig, {{"unknown", {1, 2}}})) == "stored-token");
  const auto right = fixtures::jwt(json{{"aud", fixtures::api_url}});
  CHECK(said_over(rig, entry_with(rig, {{"access_token", right}})) == right);
}

TEST_CASE("stored token - what is no token, or none any more, is passed over", "[stored_token]") {
  StoreRig rig;
  const auto now = milliseconds(rig.clock->moment().wall);
  const std::vector<std::string> wrong{
      "",
      "null",
      "[]",
      "{}",
      "{\"access_token\":",
      "stored-token",
      entry_with(rig, {{"access_token", ""}}),
      entry_with(rig, {{"access_token", "two words"}}),
      entry_with(rig, {{"access_token", std::string(20000, 'x')}}),
      entry_with(rig, {{"access_token", 7}}),
      entry_with(rig, {{"access_token", fixtures::jwt(json{{"aud", "https://other.example"}})}}),
      entry_with(rig, {{"token_type", "mac"}}),
      entry_with(rig, {{"expires_in", 0}}),
      entry_with(rig, {{"expires_in", -86400}}),
      entry_with(rig, {{"expires_in", "soon"}}),
      entry_with(rig, {{"expires_in", 3600}}),
      entry_with(rig, {{"issued_at_ms", nullptr}}),
      entry_with(rig, {{"issued_at_ms", "yesterday"}}),
      entry_with(rig, {{"issued_at_ms", 0}}),
      entry_with(rig, {{"issued_at_ms", -1}}),
      entry_with(rig, {{"issued_at_ms", 1e300}}),
      entry_with(rig, {{"issued_at_ms", now - 24 * 3600000}}),
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    CAPTURE(wrong[i].substr(0, 200));
    CHECK(said_over(rig, wrong[i]) == "fake-token-" + std::to_string(i + 1));
  }
}

TEST_CASE("stored token - a life beyond reason is cut, and one from the future begins now", "[stored_token]") {
  StoreRig rig;
  const auto now = rig.clock->moment();
  const auto identity = identity_of(rig);
  const auto expiry = [&](const json& members) {
    return ex::detail::read_stored_token(identity, ex::Secret(entry_with(rig, members)), now)->token.expires_at() -
           now.wall;
  };
  CHECK(expiry(json::object()) == 23h);
  CHECK(expiry({{"expires_in", 4e9}}) == 23h);
  CHECK(expiry({{"issued_at_ms", milliseconds(now.wall) + 5000}}) == 24h);
  CHECK(expiry({{"issued_at_ms", 9e14}}) == 24h);
}

TEST_CASE("stored token - what is kept of a token is read back", "[stored_token]") {
  StoreRig rig;
  const auto now = rig.clock->moment();
  const auto identity = identity_of(rig);
  const ex::AccessToken token(ex::Secret("odd\"to\\ken~"), "read write", 3600s, now);
  const auto read = ex::detail::read_stored_token(identity, ex::detail::stored_text(token), now);
  REQUIRE(read);
  CHECK(read->token.reveal() == token.reveal());
  CHECK(read->token.scope() == "read write");
  CHECK(read->token.lifetime() == 3600s);
  CHECK(read->token.fingerprint() == token.fingerprint());
  CHECK(ex::detail::issue_time(read->token) == ex::detail::issue_time(token));
}
