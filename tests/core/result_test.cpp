// SPDX-License-Identifier: MIT
#include <chrono>
#include <memory>
#include <movio/exhibitor/core/result.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using Kind = ex::ErrorKind;

namespace {

static_assert(!std::is_convertible_v<ex::Result<int>, bool>, "a Result is not a bool or a number by accident");
static_assert(!std::is_default_constructible_v<ex::Result<int>>, "a Result says what it holds");
static_assert(std::is_base_of_v<std::runtime_error, ex::ExhibitorError>);

ex::Error full_error() {
  ex::Error error;
  error.kind = Kind::rejected;
  error.message = "PUT /members: refused";
  error.http_status = 400;
  error.request_id = "req-7";
  error.details = R"([{"email":"planted@example.com"}])";
  error.attempts = 2;
  return error;
}

}  // namespace

TEST_CASE("result - the table of kinds is complete, in order, and has the exit codes of the command line", "[result]") {
  struct Row {
    Kind kind;
    std::string_view name;
    int exit_code;
  };
  const Row rows[] = {{Kind::invalid_argument, "invalid_argument", 2},
                      {Kind::credentials, "credentials", 3},
                      {Kind::issuer_rejected, "issuer_rejected", 3},
                      {Kind::unauthorized, "unauthorized", 3},
                      {Kind::forbidden, "forbidden", 3},
                      {Kind::issuer_unavailable, "issuer_unavailable", 6},
                      {Kind::connection, "connection", 4},
                      {Kind::tls, "tls", 4},
                      {Kind::proxy, "proxy", 4},
                      {Kind::timeout, "timeout", 4},
                      {Kind::protocol, "protocol", 4},
                      {Kind::too_large, "too_large", 4},
                      {Kind::not_found, "not_found", 5},
                      {Kind::rejected, "rejected", 5},
                      {Kind::rate_limited, "rate_limited", 6},
                      {Kind::server_error, "server_error", 6},
                      {Kind::overloaded, "overloaded", 6},
                      {Kind::storage, "storage", 7},
                      {Kind::cancelled, "cancelled", 130}};
  REQUIRE(ex::detail::error_kinds.size() == std::size(rows));
  CHECK(static_cast<std::size_t>(Kind::cancelled) + 1 == std::size(rows));
  std::size_t place = 0;
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(static_cast<std::size_t>(row.kind) == place);
    CHECK(ex::detail::error_kinds.at(place).kind == row.kind);
    CHECK(ex::to_string(row.kind) == row.name);
    CHECK(ex::exit_code(row.kind) == row.exit_code);
    ++place;
  }
}

TEST_CASE("result - a value is a value", "[result]") {
  ex::Result<std::string> result = std::string("four");
  REQUIRE(result);
  CHECK(result.has_value());
  CHECK(*result == "four");
  CHECK(result->size() == 4);
  CHECK(result.value() == "four");
  *result += "teen";
  CHECK(std::as_const(result).value() == "fourteen");
}

TEST_CASE("result - a value that cannot be copied can be taken out", "[result]") {
  ex::Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  CHECK(**result == 7);
  const std::unique_ptr<int> taken = std::move(result).value();
  CHECK(*taken == 7);
  ex::Result<std::unique_ptr<int>> other = std::make_unique<int>(8);
  const std::unique_ptr<int> also = *std::move(other);
  CHECK(*also == 8);
}

TEST_CASE("result - a false or zero value is still a value", "[result]") {
  CHECK(ex::Result<bool>(false));
  CHECK(ex::Result<int>(0));
}

TEST_CASE("result - an error comes out whole", "[result]") {
  ex::Result<int> result = full_error();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == Kind::rejected);
  CHECK(result.error().attempts == 2);
  const ex::Error taken = std::move(result).error();
  CHECK(taken.request_id == "req-7");
  CHECK(taken.details == full_error().details);
}

TEST_CASE("result - value() throws the error when there is no value, in words without details", "[result]") {
  const ex::Result<int> result = full_error();
  try {
    static_cast<void>(result.value());
    FAIL("it did not throw");
  } catch (const ex::ExhibitorError& thrown) {
    CHECK(std::string_view(thrown.what()) == "rejected: PUT /members: refused");
    CHECK(thrown.error().http_status == 400);
    CHECK(thrown.error().details == full_error().details);
  }
  CHECK_THROWS_AS(ex::Result<int>(full_error()).value(), ex::ExhibitorError);
}

TEST_CASE("result - value() of a variable can be changed in place", "[result]") {
  ex::Result<std::string> result(std::string("a"));
  result.value() += 'b';
  CHECK(*result == "ab");
  ex::Result<std::string> failed(full_error());
  CHECK_THROWS_AS(failed.value(), ex::ExhibitorError);
}

TEST_CASE("result - value_or gives the value, or the fallback instead of an error", "[result]") {
  const ex::Result<std::string> result(std::string("a"));
  CHECK(result.value_or("fallback") == "a");
  CHECK(ex::Result<std::string>(full_error()).value_or("fallback") == "fallback");
  const ex::Result<std::string> failed(full_error());
  CHECK(failed.value_or("fallback") == "fallback");
  CHECK(*ex::Result<std::unique_ptr<int>>(std::make_unique<int>(7)).value_or(nullptr) == 7);
}

TEST_CASE("result - a result of nothing succeeds by default and carries an error otherwise", "[result]") {
  const ex::Result<void> good;
  CHECK(good);
  CHECK_NOTHROW(good.value());
  ex::Result<void> bad = full_error();
  CHECK_FALSE(bad);
  CHECK_FALSE(bad.has_value());
  CHECK(bad.error().kind == Kind::rejected);
  CHECK(std::as_const(bad).error().http_status == 400);
  CHECK_THROWS_AS(bad.value(), ex::ExhibitorError);
}

TEST_CASE("result - streaming an error prints kind, message, status and request id, never details", "[result]") {
  CHECK(support::printed(full_error()) == "rejected: PUT /members: refused (HTTP 400) [request req-7]");
}

TEST_CASE("result - what an error prints does not follow the stream's locale or flags", "[result]") {
  CHECK(support::printed_oddly(full_error()) == support::printed(full_error()));
}

TEST_CASE("result - what is not known of an error is not printed", "[result]") {
  CHECK(support::printed(ex::detail::make_error(Kind::timeout, "too slow")) == "timeout: too slow");
}

TEST_CASE("result - a copy of a result is independent of it", "[result]") {
  ex::Result<std::string> result = std::string("a");
  ex::Result<std::string> copy = result;
  *copy = "b";
  CHECK(*result == "a");
  result = full_error();
  CHECK_FALSE(result);
  CHECK(*copy == "b");
}
