// SPDX-License-Identifier: MIT
#include <movio/exhibitor/token/detail/ledger.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using ex::detail::Ledger;
using fixtures::later;
using namespace std::chrono_literals;

namespace {

ex::LedgerEntry named(const std::string& fingerprint) {
  ex::LedgerEntry entry;
  entry.fingerprint = fingerprint;
  return entry;
}

std::string names(Ledger& ledger, const ex::Moment& now) {
  std::string all;
  for (const auto& entry : ledger.live(now)) all += entry.fingerprint + ' ';
  return all;
}

}  // namespace

TEST_CASE("ledger - lists what is alive, oldest first, and until when", "[ledger]") {
  Ledger ledger;
  ledger.add(named("a"), 3h, later(0ms));
  ledger.add(named("b"), 1h, later(1h));
  CHECK(names(ledger, later(1h)) == "a b ");
  const auto entries = ledger.live(later(1h));
  CHECK(entries[0].issued_at == later(0ms).wall);
  CHECK(entries[0].expires_at == later(3h).wall);
  CHECK(entries[1].issued_at == later(1h).wall);
  CHECK(entries[1].expires_at == later(2h).wall);
  CHECK(names(ledger, later(2h - 1ms)) == "a b ");
  CHECK(names(ledger, later(2h)) == "a ");
  CHECK(names(ledger, later(3h)).empty());
}

TEST_CASE("ledger - setting the wall clock takes nothing out", "[ledger]") {
  Ledger ledger;
  ledger.add(named("a"), 3h, later(0ms));
  CHECK(names(ledger, {later(1h).uptime, later(1000h).wall}) == "a ");
  CHECK(names(ledger, {later(3h).uptime, later(-1000h).wall}).empty());
}

TEST_CASE("ledger - is bounded, and then forgets the oldest", "[ledger]") {
  Ledger ledger;
  for (int i = 0; i < 5000; ++i) ledger.add(named(std::to_string(i)), 24h, later(0ms));
  const auto entries = ledger.live(later(0ms));
  REQUIRE(entries.size() == 4096);
  CHECK(entries.front().fingerprint == "904");
  CHECK(entries.back().fingerprint == "4999");
}
