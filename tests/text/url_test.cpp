// SPDX-License-Identifier: MIT
#include <movio/exhibitor/core/transport.hpp>
#include <movio/exhibitor/detail/text/encoding.hpp>
#include <movio/exhibitor/detail/text/url.hpp>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
namespace detail = movio::exhibitor::detail;
using namespace std::string_view_literals;

TEST_CASE("url - an address is taken apart", "[url]") {
  const std::string text = "HTTPS://Api.Example.COM:8443/base/Path?a=b";
  const auto url = detail::parse_url(text);
  REQUIRE(url);
  CHECK(url->https);
  CHECK(url->host == "api.example.com");
  CHECK(url->port == 8443);
  CHECK(url->target == "/base/Path?a=b");
  CHECK(url->origin() == "https://api.example.com:8443");
}

TEST_CASE("url - the scheme's own port is filled in, so that origins compare", "[url]") {
  CHECK(detail::parse_url("https://a.example")->origin() == detail::parse_url("https://A.example:443/x")->origin());
  CHECK(detail::parse_url("http://a.example")->port == 80);
  CHECK(detail::parse_url("https://a.example")->origin() != detail::parse_url("http://a.example:443")->origin());
}

TEST_CASE("url - an IPv6 address keeps its brackets, with and without a port", "[url]") {
  CHECK(detail::parse_url("http://[::1]")->host == "[::1]");
  CHECK(detail::parse_url("http://[::1]")->port == 80);
  CHECK(detail::parse_url("http://[2001:DB8::1]:8080/x")->host == "[2001:db8::1]");
  CHECK(detail::parse_url("http://[2001:DB8::1]:8080/x")->port == 8080);
}

TEST_CASE("url - a query may follow the host at once", "[url]") {
  CHECK(detail::parse_url("https://a.example?q=/x")->host == "a.example");
  CHECK(detail::parse_url("https://a.example?q=/x")->target == "?q=/x");
}

TEST_CASE("url - what two parsers could read in two ways is refused", "[url]") {
  for (const auto bad : {""sv,
                         "a.example"sv,
                         "//a.example"sv,
                         "https:/a.example"sv,
                         "https:a.example"sv,
                         "https://"sv,
                         "https:///x"sv,
                         "https://:443"sv,
                         "ftp://a.example"sv,
                         "file:///etc/passwd"sv,
                         " https://a.example"sv,
                         "https://a.example "sv,
                         "https://user@a.example"sv,
                         "https://user:pass@a.example"sv,
                         "https://a.example:443@evil.example"sv,
                         "https://a.example\\@evil.example"sv,
                         "https://a.example\\evil"sv,
                         "https://a.example#@evil.example"sv,
                         "https://a.example/#x"sv,
                         "https://a example"sv,
                         "https://a.example%2eevil.example"sv,
                         "https://a\xc3\xa9.example"sv,
                         "https://a.example/\xc3\xa9"sv,
                         "https://a.example/\r\nHost: evil"sv,
                         "https://a.example\r\n"sv,
                         "https://a.example\0.evil.example"sv,
                         "https://a.example/\0"sv,
                         "https://a.example/a b"sv,
                         "https://[::1"sv,
                         "https://::1"sv,
                         "https://[]"sv,
                         "https://[::1]x"sv,
                         "https://[fe80::1%25eth0]"sv}) {
    INFO(detail::percent_encode(bad));
    CHECK_FALSE(detail::parse_url(bad));
  }
}

TEST_CASE("url - a port is a number from 1 to 65535 and nothing else", "[url]") {
  CHECK(detail::parse_url("https://a.example:65535")->port == 65535);
  CHECK(detail::parse_url("https://a.example:00443")->port == 443);
  for (const char* port : {"", "0", "65536", "99999", "100000", "4294967739", "-1", "+443", "44a", "0x50", " 443"}) {
    INFO(port);
    CHECK_FALSE(detail::parse_url("https://a.example:" + std::string(port)));
  }
}

TEST_CASE("url - a host name has an end", "[url]") {
  CHECK(detail::parse_url("https://" + std::string(255, 'a')));
  CHECK_FALSE(detail::parse_url("https://" + std::string(256, 'a')));
}

TEST_CASE("url - the machine itself is recognised as loopback", "[url]") {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.255.254", "127.1.2.3", "[::1]"}) {
    INFO(host);
    CHECK(detail::is_loopback(host));
  }
}

TEST_CASE("url - what only looks like loopback is not", "[url]") {
  for (const char* host : {"",
                           "localhost.evil.example",
                           "evil-localhost",
                           "127.0.0.1.evil.example",
                           "127.evil.example",
                           "127.0.0",
                           "127.0.0.",
                           "127..0.1",
                           "127.0.0.1.",
                           "127.0.0.1.1",
                           "127.0.0.0001",
                           "127.0.0.08",
                           "127.0.0.256",
                           "127.0.0.999",
                           "127.0.999.1",
                           "1127.0.0.1",
                           "128.0.0.1",
                           "0.0.0.0",
                           "[::]",
                           "[::2]",
                           "::1",
                           "[::ffff:127.0.0.1]",
                           "10.0.0.1",
                           "169.254.169.254"}) {
    INFO(host);
    CHECK_FALSE(detail::is_loopback(host));
  }
}

TEST_CASE("url - ordinary paths may be appended to the API's address", "[url]") {
  for (const char* good :
       {"/", "/members", "/members/", "/members/member1", "/members/a%2Fb", "/films/captain_america-civil_war",
        "/members?limit=10&next=a%20b", "/x?up=../..", "/members/...", "/members/.hidden", "/a/b..", "/a/%2e%2ehidden",
        "/members/%252e%252e", "/a;v=1/b@c:d,e", "/members/%C3%A9", "/a//b"}) {
    INFO(good);
    CHECK(detail::path_problem(good) == nullptr);
  }
}

TEST_CASE("url - a path that names another place is refused", "[url]") {
  for (const char* bad : {"", "members", "https://evil.example/", "http://evil.example", "//evil.example/x", "///x",
                          "@evil.example", ".evil.example", ":8443/x", "?x", "#x"}) {
    INFO(bad);
    CHECK(detail::path_problem(bad) != nullptr);
  }
}

TEST_CASE("url - dot segments are refused, raw and percent-encoded in any case", "[url]") {
  for (const char* bad :
       {"/..", "/.", "/../x", "/./x", "/members/..", "/members/../films", "/members/.", "/members/%2e%2e",
        "/members/%2E%2e/x", "/members/.%2E", "/members/%2e", "/members/%2e%2e%2f", "/members/%2E%2E%2Fx",
        "/members/..%2fx", "/members/..%5c", "/members/..%5Cx", "/members/%5c..%5C", "/a%2f..%2fb", "/..?x=1"}) {
    INFO(bad);
    REQUIRE(detail::path_problem(bad) != nullptr);
    CHECK(support::contains(detail::path_problem(bad), "segment"));
  }
}

TEST_CASE("url - characters that could end or bend a request line are refused, each by its name", "[url]") {
  struct Row {
    std::string_view path;
    std::string_view said;
  };
  for (const Row& row :
       {Row{"/a\\b", "backslash"},        Row{"/\\evil.example", "backslash"}, Row{"/a\rb", "control"},
        Row{"/a\nHost: evil", "control"}, Row{"/a\0b"sv, "control"},           Row{"/a\tb", "control"},
        Row{"/a\x7f", "control"},         Row{"/\xc3\xa9", "beyond ASCII"},    Row{"/\xff", "beyond ASCII"},
        Row{"/a b", "percent-encoded"},   Row{"/a#b", "percent-encoded"},      Row{"/a\"b", "percent-encoded"},
        Row{"/<a>", "percent-encoded"},   Row{"/a{b}", "percent-encoded"},     Row{"/[a]", "percent-encoded"},
        Row{"/a|b", "percent-encoded"},   Row{"/a%", "two hexadecimal"},       Row{"/a%2", "two hexadecimal"},
        Row{"/a%zz", "two hexadecimal"},  Row{"/a?b=%", "two hexadecimal"}}) {
    INFO(detail::percent_encode(row.path));
    const char* problem = detail::path_problem(row.path);
    REQUIRE(problem != nullptr);
    CHECK(support::contains(problem, row.said));
  }
}

TEST_CASE("url - an id of any bytes becomes one segment and comes back", "[url]") {
  for (const auto id :
       {"member1"sv, "a/b c%\xc3\xa9"sv, "a?b#c"sv, "..%2f"sv, "../.."sv, "a\\b"sv, "\r\n\0"sv, "+&=;"sv}) {
    INFO(detail::percent_encode(id));
    const std::string segment = ex::path_segment(id);
    CHECK_FALSE(support::contains(segment, "/"));
    CHECK(detail::percent_decode(segment) == id);
  }
}

TEST_CASE("url - an id that is a dot segment is caught where the path is checked", "[url]") {
  CHECK(detail::path_problem("/members/" + ex::path_segment("..")) != nullptr);
  CHECK(detail::path_problem("/members/" + ex::path_segment("../films")) != nullptr);
  CHECK(detail::path_problem("/members/" + ex::path_segment("a/b c%\xc3\xa9")) == nullptr);
}

TEST_CASE("url - a route names the operation", "[url]") {
  CHECK(detail::route_template("/members") == "/members");
  CHECK(detail::route_template("/members/member1") == "/members/{id}");
  CHECK(detail::route_template("/members/member1/subscriptions") == "/members/{id}/subscriptions");
  CHECK(detail::route_template("/").size() == 1);
  CHECK(detail::route_template("").empty());
  for (const char* name : {"cinemas", "films", "items", "tickets", "transactions", "loyalty"}) {
    CHECK(detail::route_template(std::string("/") + name + "/x1") == std::string("/") + name + "/{id}");
  }
}

TEST_CASE("url - a route is right below a base path, too", "[url]") {
  CHECK(detail::route_template("/exhibitor/members/alice") == "/exhibitor/members/{id}");
  CHECK(detail::route_template("/v1/members/alice/subscriptions") == "/v1/members/{id}/subscriptions");
  CHECK(detail::route_template("/exhibitor/v12/films") == "/exhibitor/v12/films");
  CHECK(detail::route_template("/exhibitor/eu/members/alice") == "/exhibitor/{id}/members/{id}");
  CHECK(detail::route_template("/members/members") == "/members/{id}");
  CHECK(detail::route_template("/members/tickets/subscriptions") == "/members/{id}/subscriptions");
  CHECK(detail::route_template("/members//tickets") == "/members//{id}");
  CHECK(detail::route_template("/members//v12/subscriptions") == "/members//{id}/subscriptions");
}

TEST_CASE("url - what may be personal in a path: ids and the values of a query", "[url]") {
  const auto personal_in = [](std::string_view path) {
    std::string all;
    detail::visit_personal(path, [&all](std::string_view text) { all += std::string(text) + '|'; });
    return all;
  };
  CHECK(personal_in("/v1/members/") == "");
  CHECK(personal_in("/members/a%20b/subscriptions") == "a%20b|a b|");
  CHECK(personal_in("/members?email=joe%40x&page=2&joe") == "joe%40x|joe@x|2|joe|");
  CHECK(personal_in("/members?a=1;name=joe;jane") == "1|joe|jane|");
  CHECK(personal_in("/members?name=joe+s%2Bt&a+%") == "joe+s%2Bt|joe+s+t|joe s+t|a+%|a %|");
}

TEST_CASE("url - a route leaks no id, no query and no odd segment", "[url]") {
  for (const char* path : {"/members/alice", "/members/alice/subscriptions", "/members?email=alice",
                           "/members/alice?x=alice#alice", "/members#alice", "/members//alice9", "/alice@example.com",
                           "/alice9", "/alice%20b", "/a/b/c/d/e/f/g/alice", "/members/alice/", "/v1/members/alice",
                           "/a/b/alice", "/Members/alice", "/alicealicealicealicealicealicealice"}) {
    INFO(path);
    CHECK_FALSE(support::contains(detail::route_template(path), "alice"));
  }
}
