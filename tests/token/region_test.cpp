// SPDX-License-Identifier: MIT
#include <movio/exhibitor/token/region.hpp>
#include <string>

#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;

TEST_CASE("region - each region has the vendor's pair of addresses", "[region]") {
  CHECK(ex::endpoints(ex::Region::eu).issuer_url == "https://auth-eu.eq.movio.co/oauth/token");
  CHECK(ex::endpoints(ex::Region::eu).api_url == "https://exhibitor-api.eu.eks.movio.co");
  CHECK(ex::endpoints(ex::Region::us).issuer_url == "https://auth-us.eq.movio.co/oauth/token");
  CHECK(ex::endpoints(ex::Region::us).api_url == "https://exhibitor-api.us.eks.movio.co");
}

TEST_CASE("region - the vendor's own addresses are accepted, without an option for http", "[region]") {
  for (const auto region : {ex::Region::eu, ex::Region::us}) {
    CHECK(ex::check(ex::endpoints(region)));
    CHECK_FALSE(ex::endpoints(region).allow_loopback_http);
  }
}

TEST_CASE("region - a region is read in any case", "[region]") {
  CHECK(ex::parse_region("eu").value() == ex::Region::eu);
  CHECK(ex::parse_region("EU").value() == ex::Region::eu);
  CHECK(ex::parse_region("Us").value() == ex::Region::us);
}

TEST_CASE("region - anything else is no region: there is no default", "[region]") {
  for (const char* bad : {"", "e", "eur", " eu", "eu ", "europe", "0", "uk"}) {
    INFO(bad);
    const auto region = ex::parse_region(bad);
    REQUIRE_FALSE(region);
    CHECK(region.error().kind == ex::ErrorKind::invalid_argument);
  }
}

TEST_CASE("region - the issuer of one region with the API of the other is refused by name", "[region]") {
  const auto eu = ex::endpoints(ex::Region::eu);
  const auto us = ex::endpoints(ex::Region::us);
  for (const auto& mixed : {ex::Endpoints{eu.issuer_url, us.api_url}, ex::Endpoints{us.issuer_url, eu.api_url}}) {
    const auto checked = ex::check(mixed);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().kind == ex::ErrorKind::invalid_argument);
    CHECK(support::contains(checked.error().message, "auth-"));
    CHECK(support::contains(checked.error().message, "exhibitor-api."));
  }
}

TEST_CASE("region - a mix-up is seen through capitals, a port and a trailing dot", "[region]") {
  const auto us = ex::endpoints(ex::Region::us);
  for (const char* issuer : {"https://AUTH-EU.eq.movio.co/oauth/token", "https://auth-eu.eq.movio.co:443/oauth/token",
                             "https://auth-eu.eq.movio.co./oauth/token"}) {
    INFO(issuer);
    CHECK_FALSE(ex::check({issuer, us.api_url}));
  }
}

TEST_CASE("region - one's own addresses are accepted, with a base path", "[region]") {
  CHECK(ex::check({"https://issuer.example/oauth/token", "https://api.example"}));
  CHECK(ex::check({"https://issuer.example/token?tenant=1", "https://api.example:8443/base/v1"}));
  CHECK(ex::check({"https://issuer.example", "https://api.example/"}));
  CHECK(ex::check({ex::endpoints(ex::Region::eu).issuer_url, "https://gateway.example/movio"}));
}

TEST_CASE("region - plain http is for loopback only, and only when asked for", "[region]") {
  const std::string local = "http://127.0.0.1:8080";
  const std::string away = "http://api.example";
  CHECK_FALSE(ex::check({local + "/token", local}));
  CHECK_FALSE(ex::check({local + "/token", local, false}));
  CHECK(ex::check({local + "/token", local, true}));
  CHECK(ex::check({"http://localhost/token", "http://[::1]:1", true}));
  CHECK_FALSE(ex::check({away + "/token", local, true}));
  CHECK_FALSE(ex::check({local + "/token", away, true}));
  CHECK_FALSE(ex::check({local + "/token", "http://127.0.0.1.evil.example", true}));
}

TEST_CASE("region - an address that cannot be used is refused, and the error says which of the two", "[region]") {
  const std::string good = "https://good.example";
  for (const char* bad : {"", "good.example", "//good.example", "ftp://good.example", "https://user:pass@good.example",
                          "https://good.example/\r\n", "https://good.example/#x", "https://good.example\\x"}) {
    INFO(bad);
    const auto issuer = ex::check({bad, good});
    const auto api = ex::check({good, bad});
    REQUIRE_FALSE(issuer);
    REQUIRE_FALSE(api);
    CHECK(support::contains(issuer.error().message, "issuer_url"));
    CHECK(support::contains(api.error().message, "api_url"));
  }
}

TEST_CASE("region - an API address with a query or a dangerous base path is refused", "[region]") {
  const std::string good = "https://good.example";
  for (const char* tail : {"?x=1", "/base?x=1", "/..", "/base/../other", "/%2e%2e", "//other.example", "/%zz"}) {
    INFO(tail);
    CHECK_FALSE(ex::check({good, good + tail}));
  }
}

TEST_CASE("region - user information in an address is not repeated in the error", "[region]") {
  const auto checked = ex::check({"https://user:planted-password@good.example", "https://good.example"});
  REQUIRE_FALSE(checked);
  CHECK_FALSE(support::contains(support::all_text(checked.error()), "planted-password"));
}
