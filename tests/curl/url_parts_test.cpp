// SPDX-License-Identifier: MIT
#include <movio/exhibitor/curl/detail/url_parts.hpp>
#include <string>

#include "catch.hpp"

namespace ex = movio::exhibitor;

namespace {

/// What libcurl would make of the URL; "" when it was not taken.
std::string taken(ex::detail::CurlUrl& url, const std::string& text) {
  if (!url.assign(text)) return "";
  char* whole = nullptr;
  if (curl_url_get(url.handle(), CURLUPART_URL, &whole, 0) != CURLUE_OK) return "";
  std::string copy = whole;
  curl_free(whole);
  return copy;
}

}  // namespace

TEST_CASE("curl url - one after the other, each is what was given", "[curl_url]") {
  ex::detail::CurlUrl url;
  for (const char* text : {"https://a.example/members", "https://a.example/members", "https://a.example/films/1?x=y&z",
                           "https://a.example/films", "https://a.example/%2F%c3?q=%2F%2f", "https://a.example/films",
                           "https://a.example:444/films", "https://a.example/b", "https://a.example.com/b",
                           "https://b.example/b", "http://127.0.0.1:81/", "https://[2001:db8::1]/x?y"}) {
    CHECK(taken(url, text) == text);
  }
}

TEST_CASE("curl url - a missing path is the root", "[curl_url]") {
  ex::detail::CurlUrl url;
  CHECK(taken(url, "https://a.example") == "https://a.example/");
  CHECK(taken(url, "https://a.example/x") == "https://a.example/x");
  CHECK(taken(url, "https://a.example?q=1") == "https://a.example/?q=1");
  CHECK(taken(url, "https://a.example") == "https://a.example/");
}

TEST_CASE("curl url - what is refused is refused again, and leaves the next one alone", "[curl_url]") {
  ex::detail::CurlUrl url;
  CHECK(taken(url, "https://a.example/x") == "https://a.example/x");
  for (const char* text : {"https://a.example/x y", "https://a.example/#f", "https://a.example@b.example/",
                           "https://a.example.evil@b/", "http://a.example/", "ftp://a.example/", "/x", ""}) {
    INFO(text);
    CHECK_FALSE(url.assign(text));
    CHECK_FALSE(url.assign(text));
    CHECK(taken(url, "https://a.example/y") == "https://a.example/y");
  }
}

TEST_CASE("curl url - tells whose server it is", "[curl_url]") {
  ex::detail::CurlUrl url;
  REQUIRE(url.assign("HTTPS://A.Example/x"));
  CHECK(url.origin() == "https://a.example:443");
  CHECK(url.host() == "a.example");
  CHECK_FALSE(url.loopback());
  REQUIRE(url.assign("http://[::1]:8080/x"));
  CHECK(url.origin() == "http://[::1]:8080");
  CHECK(url.host() == "::1");
  CHECK(url.loopback());
}
