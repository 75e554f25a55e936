// SPDX-License-Identifier: MIT
#include <movio/exhibitor/token/detail/quota_headers.hpp>
#include <string>
#include <vector>

#include "catch.hpp"

namespace ex = movio::exhibitor;
using ex::detail::read_quota;
using ex::detail::time_to_refill;
using namespace std::chrono_literals;

namespace {

const std::chrono::system_clock::time_point now{1'700'000'000s};

std::vector<ex::QuotaBucket> client_quota(const std::string& value) {
  return read_quota(ex::Headers{{"Auth0-Client-Quota-Limit", value}}, now);
}

std::vector<ex::QuotaBucket> rate_limit(const std::string& limit, const std::string& remaining,
                                        const std::string& reset) {
  return read_quota(
      ex::Headers{{"X-RateLimit-Limit", limit}, {"x-ratelimit-remaining", remaining}, {"X-RateLimit-Reset", reset}},
      now);
}

ex::QuotaBucket bucket(std::int64_t limit, std::int64_t remaining, std::chrono::seconds resets_in = 0s) {
  return {"b", limit, remaining, resets_in};
}

}  // namespace

TEST_CASE("quota headers - reads every bucket of the client's quota", "[quota_headers]") {
  for (const char* value : {"b=per_hour;q=10;r=7;t=3540,b=per_day;q=50;r=47;t=43200",
                            " b=per_hour ; q=10 ; r=7 ; t=3540 , b=per_day;t=43200;r=47;q=50;x=1 "}) {
    const auto buckets = client_quota(value);
    REQUIRE(buckets.size() == 2);
    CHECK(buckets[0].name == "per_hour");
    CHECK(buckets[0].limit == 10);
    CHECK(buckets[0].remaining == 7);
    CHECK(buckets[0].resets_in == 3540s);
    CHECK(buckets[1].name == "per_day");
    CHECK(buckets[1].remaining == 47);
    CHECK(buckets[1].resets_in == 12h);
  }
}

TEST_CASE("quota headers - leaves out what cannot be read", "[quota_headers]") {
  for (const char* value : {"", ",", ";;;", "b=;q=1;r=1;t=1", "b=x;q=1;r=1", "b=x;q=-1;r=1;t=1", "b=x;q=1.5;r=1;t=1",
                            "b=x;q=9999999999999999999999;r=1;t=1", "q=1;r=1;t=1", "per_hour"}) {
    INFO(value);
    CHECK(client_quota(value).empty());
  }
  CHECK(client_quota("nonsense,b=x;q=1;r=1;t=1").size() == 1);
  CHECK(read_quota({}, now).empty());
}

TEST_CASE("quota headers - no header of the issuer's is believed to be endless or clean", "[quota_headers]") {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "b=x;q=1;r=1;t=1,";
  CHECK(client_quota(many).size() == 8);
  CHECK(client_quota("b=" + std::string(1000, 'x') + ";q=1;r=1;t=1").at(0).name.size() <= 40);
  CHECK(client_quota("b=a\x1b[31m;q=1;r=1;t=1").at(0).name.find('\x1b') == std::string::npos);
}

TEST_CASE("quota headers - reads the rate limit, with a reset in seconds or as a Unix time", "[quota_headers]") {
  for (const char* reset : {"90", "1700000090"}) {
    const auto buckets = rate_limit("100", "12", reset);
    REQUIRE(buckets.size() == 1);
    CHECK(buckets[0].name == "requests");
    CHECK(buckets[0].limit == 100);
    CHECK(buckets[0].remaining == 12);
    CHECK(buckets[0].resets_in == 90s);
  }
  CHECK(rate_limit("100", "12", "1600000000").at(0).resets_in == 0s);
  CHECK(rate_limit("100", "12", "soon").at(0).resets_in == 0s);
  CHECK(rate_limit("many", "12", "90").empty());
  CHECK(rate_limit("100", "", "90").empty());
}

TEST_CASE("quota headers - little is left when it is a tenth or less", "[quota_headers]") {
  CHECK(bucket(10, 1).low());
  CHECK_FALSE(bucket(10, 2).low());
  CHECK(bucket(5, 0).low());
  CHECK_FALSE(bucket(5, 1).low());
  CHECK(bucket(100, 10).low());
}

TEST_CASE("quota headers - used up buckets tell how long until all are filled again", "[quota_headers]") {
  CHECK_FALSE(time_to_refill({}));
  CHECK_FALSE(time_to_refill({bucket(10, 1, 60s)}));
  CHECK(time_to_refill({bucket(10, 0, 60s), bucket(50, 0, 3600s), bucket(70, 3, 9999s)}) == 3600s);
}
