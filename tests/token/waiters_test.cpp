// SPDX-License-Identifier: MIT
#include <movio/exhibitor/token/detail/waiters.hpp>
#include <set>
#include <string>

#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using ex::detail::Waiters;

namespace {

/// Ends the fetch and notifies its waiters.
void complete(Waiters& waiters, const ex::Result<ex::AccessToken>& result = fixtures::token_named("a")) {
  for (const auto& [ticket, waiter] : waiters.complete()) waiter(result);
}

/// A waiter that writes down what it is told.
Waiters::Waiter noting(std::string& told, const char* name) {
  return [&told, name](const ex::Result<ex::AccessToken>& result) {
    told += std::string(name) + (result ? ":token " : ":error ");
  };
}

}  // namespace

TEST_CASE("waiters - only the first to join starts the fetch", "[waiters]") {
  Waiters waiters;
  std::string told;
  CHECK(waiters.join(noting(told, "a")).first);
  CHECK_FALSE(waiters.join(noting(told, "b")).first);
  CHECK_FALSE(waiters.join(noting(told, "c")).first);
}

TEST_CASE("waiters - each is notified once", "[waiters]") {
  Waiters waiters;
  std::string told;
  waiters.join(noting(told, "a"));
  waiters.join(noting(told, "b"));
  SECTION("a token") {
    complete(waiters);
    CHECK(told == "a:token b:token ");
  }
  SECTION("a failure") {
    complete(waiters, ex::detail::make_error(ex::ErrorKind::tls, "x"));
    CHECK(told == "a:error b:error ");
  }
  const std::string before = told;
  complete(waiters);
  CHECK(told == before);
}

TEST_CASE("waiters - one that left is not notified, the others are", "[waiters]") {
  Waiters waiters;
  std::string told;
  waiters.join(noting(told, "a"));
  const auto leaving = waiters.join(noting(told, "b"));
  waiters.join(noting(told, "c"));
  waiters.leave(leaving.ticket);
  complete(waiters);
  CHECK(told == "a:token c:token ");
}

TEST_CASE("waiters - the fetch goes on when all waiters have left", "[waiters]") {
  Waiters waiters;
  std::string told;
  const auto first = waiters.join(noting(told, "a"));
  waiters.leave(first.ticket);
  CHECK_FALSE(waiters.join(noting(told, "b")).first);
  complete(waiters);
  CHECK(told == "b:token ");
}

TEST_CASE("waiters - after completion the next to join starts another fetch", "[waiters]") {
  Waiters waiters;
  std::string told;
  waiters.join(noting(told, "a"));
  complete(waiters);
  CHECK(waiters.join(noting(told, "b")).first);
}

TEST_CASE("waiters - leaving late does not affect the next fetch", "[waiters]") {
  Waiters waiters;
  std::string told;
  const auto late = waiters.join(noting(told, "a"));
  complete(waiters);
  waiters.join(noting(told, "b"));
  waiters.leave(late.ticket);
  CHECK_FALSE(waiters.join(noting(told, "c")).first);
  complete(waiters);
  CHECK(told == "a:token b:token c:token ");
}

TEST_CASE("waiters - a fetch may start without waiters, and be joined later", "[waiters]") {
  Waiters waiters;
  std::string told;
  CHECK_FALSE(waiters.fetching());
  CHECK(waiters.begin_fetch());
  CHECK(waiters.fetching());
  CHECK_FALSE(waiters.begin_fetch());
  CHECK_FALSE(waiters.join(noting(told, "a")).first);
  CHECK(waiters.waiting() == 1);
  complete(waiters);
  CHECK(told == "a:token ");
  CHECK_FALSE(waiters.fetching());
  CHECK(waiters.waiting() == 0);
}

TEST_CASE("waiters - leaving returns the waiter once, and not after completion", "[waiters]") {
  Waiters waiters;
  std::string told;
  const auto early = waiters.join(noting(told, "a"));
  const auto late = waiters.join(noting(told, "b"));
  waiters.leave(early.ticket)(ex::detail::make_error(ex::ErrorKind::timeout, "x"));
  CHECK(told == "a:error ");
  CHECK_FALSE(waiters.leave(early.ticket));
  complete(waiters);
  CHECK_FALSE(waiters.leave(late.ticket));
  CHECK(told == "a:error b:token ");
}

TEST_CASE("waiters - no ticket is reused", "[waiters]") {
  Waiters waiters;
  std::string told;
  std::set<Waiters::Ticket> tickets;
  for (int i = 0; i < 10; ++i) {
    CHECK(tickets.insert(waiters.join(noting(told, "a")).ticket).second);
    if (i % 2 == 0) waiters.leave(*tickets.rbegin());
    if (i % 3 == 0) complete(waiters);
  }
}

TEST_CASE("waiters - a waiter may join the next fetch while it is notified of this one", "[waiters]") {
  Waiters waiters;
  std::string told;
  bool first = false;
  waiters.join([&](const ex::Result<ex::AccessToken>&) { first = waiters.join(noting(told, "b")).first; });
  complete(waiters);
  CHECK(first);
  complete(waiters);
  CHECK(told == "b:token ");
}
