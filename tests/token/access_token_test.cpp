// SPDX-License-Identifier: MIT
#include <chrono>
#include <memory>
#include <movio/exhibitor/token/access_token.hpp>
#include <string>
#include <type_traits>

#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using namespace std::chrono_literals;

namespace {

static_assert(!support::Streams<ex::AccessToken>::value, "a token cannot be streamed");

const ex::Moment asked_for{1000h, std::chrono::system_clock::time_point(480000h)};

/// Both clocks, so much after the token was asked for.
ex::Moment after(std::chrono::nanoseconds uptime, std::chrono::nanoseconds wall) {
  return {asked_for.uptime + uptime,
          asked_for.wall + std::chrono::duration_cast<std::chrono::system_clock::duration>(wall)};
}
ex::Moment after(std::chrono::nanoseconds both) { return after(both, both); }

ex::AccessToken token_of(std::chrono::seconds lifetime, const std::string& text = "planted-token") {
  return {ex::Secret(text), "read:films", lifetime, asked_for};
}

}  // namespace

TEST_CASE("token - is used until a minute before it expires", "[token]") {
  const auto token = token_of(24h);
  CHECK_FALSE(token.expired(asked_for));
  CHECK_FALSE(token.expired(after(24h - 60s - 1ns * 1000)));
  CHECK(token.expired(after(24h - 60s)));
  CHECK(token.expired(after(24h)));
  CHECK(token.expired(after(1000h)));
}

TEST_CASE("token - is used until a tenth of its life is left when that is less than a minute", "[token]") {
  CHECK_FALSE(token_of(100s).expired(after(89s)));
  CHECK(token_of(100s).expired(after(90s)));
  CHECK_FALSE(token_of(600s).expired(after(539s)));
  CHECK(token_of(600s).expired(after(540s)));
  CHECK_FALSE(token_of(601s).expired(after(540s)));
  CHECK(token_of(601s).expired(after(541s)));
}

TEST_CASE("token - of a life shorter than the margin is still good when it is fresh", "[token]") {
  CHECK_FALSE(token_of(1s).expired(asked_for));
  CHECK_FALSE(token_of(1s).expired(after(899ms)));
  CHECK(token_of(1s).expired(after(900ms)));
}

TEST_CASE("token - of no life is never good", "[token]") {
  CHECK(token_of(0s).expired(asked_for));
  CHECK(token_of(-1h).expired(asked_for));
}

TEST_CASE("token - a wall clock stepped back does not make it live longer", "[token]") {
  CHECK(token_of(1h).expired(after(1h, -100h)));
  CHECK_FALSE(token_of(1h).expired(after(1min, -100h)));
}

TEST_CASE("token - a wall clock stepped forward expires it, whatever the uptime says", "[token]") {
  CHECK(token_of(1h).expired(after(0s, 1h)));
  CHECK(token_of(1h).expired(after(1min, 59min)));
  CHECK_FALSE(token_of(1h).expired(after(0s, 59min - 1s)));
}

TEST_CASE("token - suspended time counts, even when the wall clock did not notice", "[token]") {
  CHECK(token_of(1h).expired(after(59min, 0s)));
}

TEST_CASE("token - ten years are no overflow", "[token]") {
  const auto token = token_of(std::chrono::hours(24) * 3653);
  CHECK_FALSE(token.expired(after(1h)));
  CHECK(token.expired(after(std::chrono::hours(24) * 3653)));
}

TEST_CASE("token - is the same text in all its views", "[token]") {
  const auto token = token_of(1h);
  CHECK(token.reveal() == "planted-token");
  CHECK(token.authorization() == "Bearer planted-token");
  CHECK(token.authorization_line()->reveal() == "Authorization: Bearer planted-token");
}

TEST_CASE("token - says what it is good for and until when", "[token]") {
  const auto token = token_of(1h);
  CHECK(token.scope() == "read:films");
  CHECK(token.lifetime() == 1h);
  CHECK(token.expires_at() == asked_for.wall + 1h);
}

TEST_CASE("token - its fingerprint reveals nothing of it", "[token]") {
  CHECK(token_of(1h, "abc").fingerprint() == "ba7816bf");
  CHECK(token_of(1h, "abd").fingerprint() != "ba7816bf");
  CHECK(token_of(1h).fingerprint().size() == 8);
}

TEST_CASE("token - copies are one token, an equal text from another exchange is another", "[token]") {
  const auto token = token_of(1h);
  const auto copy = token;  // NOLINT(performance-unnecessary-copy-initialization): that is the test
  CHECK(copy.same_as(token));
  CHECK(copy.reveal().data() == token.reveal().data());
  CHECK(copy.authorization_line() == token.authorization_line());
  CHECK(token.counted_apart().authorization_line() == token.authorization_line());
  CHECK_FALSE(token_of(1h).same_as(token));
}

TEST_CASE("token - its header line outlives it, for a request that is under way", "[token]") {
  std::shared_ptr<const ex::Secret> line;
  {
    const auto token = token_of(1h);
    line = token.authorization_line();
  }
  CHECK(line->reveal() == "Authorization: Bearer planted-token");
}

TEST_CASE("token - leaves nothing in the memory it gives back", "[token]") {
  const std::string text(300, 'T');
  const support::FreedMemoryWatch watch(std::string(100, 'T'));
  {
    ex::Secret secret(text);
    const ex::AccessToken token(secret, "", 1h, asked_for);
    CHECK(token.reveal().size() == 300);
  }
  CHECK_FALSE(watch.saw_marker());
}
