// SPDX-License-Identifier: MIT
#include <movio/exhibitor/call/detail/challenge.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using ex::detail::challenge_parameter;
using ex::detail::lacks_scope;

TEST_CASE("challenge - a parameter is found, quoted or not, in any case and spacing", "[challenge]") {
  for (const char* text :
       {R"(Bearer error="invalid_token")", "Bearer error=invalid_token", R"(bearer ERROR="invalid_token")",
        R"(Bearer realm="a b", error="invalid_token", scope="x")", R"(Bearer realm=a,error=invalid_token,scope=x)",
        R"(Bearer error = "invalid_token")", "Bearer\terror=\"invalid_token\"\t, scope=x",
        R"(Basic realm="x", Bearer error="invalid_token")", R"(Negotiate abc==, Bearer error="invalid_token")",
        R"(Bearer error="invalid_token)", R"(error="invalid_token")", R"(Bearer error="invalid\_token")"}) {
    INFO(text);
    CHECK(challenge_parameter(text, "error") == "invalid_token");
  }
}

TEST_CASE("challenge - a quoted text may hold commas, equals signs and quotes", "[challenge]") {
  CHECK(challenge_parameter(R"(Bearer error_description="a=b, \"c\" \\ d", error=x)", "error_description") ==
        R"(a=b, "c" \ d)");
  CHECK(challenge_parameter(R"(Bearer realm="error=\"insufficient_scope\"", error="invalid_token")", "error") ==
        "invalid_token");
  CHECK(challenge_parameter(R"(Bearer realm="a, error=insufficient_scope", error="invalid_token")", "error") ==
        "invalid_token");
}

TEST_CASE("challenge - no other parameter passes for the one wanted", "[challenge]") {
  for (const char* text : {"", "Bearer", "error", "Bearer error", "=", "==", ",,,", R"(Bearer xerror="a")",
                           R"(Bearer error_description="a")", R"(Bearer error-x="a")", R"(Bearer realm="error")",
                           R"(Bearer realm="error=a)", "\"", "Bearer error=", R"(Bearer error="")"}) {
    INFO(text);
    CHECK(challenge_parameter(text, "error").empty());
  }
}

TEST_CASE("challenge - a lacking scope is recognized, and nothing else is taken for it", "[challenge]") {
  const auto with = [](const char* value) { return ex::HttpResponse{401, {{"www-authenticate", value}}, ""}; };
  CHECK(lacks_scope(with(R"(Bearer error="insufficient_scope", scope="write:films")")));
  CHECK(lacks_scope(with("Bearer error=insufficient_scope")));
  CHECK_FALSE(lacks_scope(with(R"(Bearer error="invalid_token", error_description="insufficient_scope")")));
  CHECK_FALSE(lacks_scope(with("Bearer")));
  CHECK_FALSE(lacks_scope({401, {}, R"({"error":"insufficient_scope"})"}));
}

TEST_CASE("challenge - several fields are one list, in whichever the reason stands", "[challenge]") {
  CHECK(lacks_scope(
      {401,
       {{"WWW-Authenticate", "Basic realm=\"x\""}, {"WWW-Authenticate", "Bearer error=\"insufficient_scope\""}},
       ""}));
}
