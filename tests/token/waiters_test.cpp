#include <movio/exhibitor/token/detail/waiters.hpp>
#include <set>
#include <string>

#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using ex::detail::Flight;

namespace {

/// Ends the flight and tells its waiters of it.
void land(Flight& flight, const ex::Result<ex::AccessToken>& result = fixtures::token_named("a")) {
  for (const auto& [ticket, waiter] : flight.land()) waiter(result);
}

/// A waiter that writes down what it is told.
Flight::Waiter noting(std::string& told, const char* name) {
  return [&told, name](const ex::Result<ex::AccessToken>& result) {
    told += std::string(name) + (result ? ":token " : ":error ");
  };
}

}  // namespace

TEST_CASE("flight - the first to board begins the exchange, and only the first", "[flight]") {
  Flight flight;
  std::string told;
  CHECK(flight.join(noting(told, "a")).first);
  CHECK_FALSE(flight.join(noting(told, "b")).first);
  CHECK_FALSE(flight.join(noting(told, "c")).first);
}

TEST_CASE("flight - everyone aboard is told the outcome, once", "[flight]") {
  Flight flight;
  std::string told;
  flight.join(noting(told, "a"));
  flight.join(noting(told, "b"));
  SECTION("a token") {
    land(flight);
    CHECK(told == "a:token b:token ");
  }
  SECTION("a failure") {
    land(flight, ex::detail::make_error(ex::ErrorKind::tls, "x"));
    CHECK(told == "a:error b:error ");
  }
  const std::string before = told;
  land(flight);
  CHECK(told == before);
}

TEST_CASE("flight - whoever leaves early is not told, and the others are", "[flight]") {
  Flight flight;
  std::string told;
  flight.join(noting(told, "a"));
  const auto leaving = flight.join(noting(told, "b"));
  flight.join(noting(told, "c"));
  flight.leave(leaving.ticket);
  land(flight);
  CHECK(told == "a:token c:token ");
}

TEST_CASE("flight - goes on when the first has left, and when all have", "[flight]") {
  Flight flight;
  std::string told;
  const auto first = flight.join(noting(told, "a"));
  flight.leave(first.ticket);
  CHECK_FALSE(flight.join(noting(told, "b")).first);
  land(flight);
  CHECK(told == "b:token ");
}

TEST_CASE("flight - after the landing the next one to board begins another", "[flight]") {
  Flight flight;
  std::string told;
  flight.join(noting(told, "a"));
  land(flight);
  CHECK(flight.join(noting(told, "b")).first);
}

TEST_CASE("flight - leaving late does not put anybody off the next flight", "[flight]") {
  Flight flight;
  std::string told;
  const auto late = flight.join(noting(told, "a"));
  land(flight);
  flight.join(noting(told, "b"));
  flight.leave(late.ticket);
  CHECK_FALSE(flight.join(noting(told, "c")).first);
  land(flight);
  CHECK(told == "a:token b:token c:token ");
}

TEST_CASE("flight - may begin with nobody aboard, and take up who comes later", "[flight]") {
  Flight flight;
  std::string told;
  CHECK_FALSE(flight.flying());
  CHECK(flight.launch());
  CHECK(flight.flying());
  CHECK_FALSE(flight.launch());
  CHECK_FALSE(flight.join(noting(told, "a")).first);
  CHECK(flight.waiting() == 1);
  land(flight);
  CHECK(told == "a:token ");
  CHECK_FALSE(flight.flying());
  CHECK(flight.waiting() == 0);
}

TEST_CASE("flight - whoever leaves gets the waiter back, once, and not after the landing", "[flight]") {
  Flight flight;
  std::string told;
  const auto early = flight.join(noting(told, "a"));
  const auto late = flight.join(noting(told, "b"));
  flight.leave(early.ticket)(ex::detail::make_error(ex::ErrorKind::timeout, "x"));
  CHECK(told == "a:error ");
  CHECK_FALSE(flight.leave(early.ticket));
  land(flight);
  CHECK_FALSE(flight.leave(late.ticket));
  CHECK(told == "a:error b:token ");
}

TEST_CASE("flight - no ticket is given out twice", "[flight]") {
  Flight flight;
  std::string told;
  std::set<Flight::Ticket> tickets;
  for (int i = 0; i < 10; ++i) {
    CHECK(tickets.insert(flight.join(noting(told, "a")).ticket).second);
    if (i % 2 == 0) flight.leave(*tickets.rbegin());
    if (i % 3 == 0) land(flight);
  }
}

TEST_CASE("flight - a waiter may board the next flight while it is told of this one", "[flight]") {
  Flight flight;
  std::string told;
  bool first = false;
  flight.join([&](const ex::Result<ex::AccessToken>&) { first = flight.join(noting(told, "b")).first; });
  land(flight);
  CHECK(first);
  land(flight);
  CHECK(told == "b:token ");
}
