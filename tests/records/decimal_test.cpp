// SPDX-License-Identifier: MIT
#include <cstdint>
#include <limits>
#include <movio/exhibitor/records/decimal.hpp>
#include <string>
#include <type_traits>

#include "catch.hpp"

using movio::exhibitor::Decimal;
using movio::exhibitor::ErrorKind;

TEST_CASE("decimal - is nought until it is given a value", "[decimal]") { CHECK(Decimal().text() == "0"); }

TEST_CASE("decimal - takes integers of every type, and nothing that is not a number", "[decimal]") {
  CHECK(Decimal(12).text() == "12");
  CHECK(Decimal(-12L).text() == "-12");
  CHECK(Decimal(std::uint8_t{200}).text() == "200");
  CHECK(Decimal(std::numeric_limits<std::uint64_t>::max()).text() == "18446744073709551615");
  CHECK(Decimal(std::numeric_limits<std::int64_t>::min()).text() == "-9223372036854775808");
  CHECK_FALSE(std::is_constructible_v<Decimal, bool>);
  CHECK_FALSE(std::is_constructible_v<Decimal, double>);
  CHECK_FALSE(std::is_constructible_v<Decimal, float>);
  CHECK_FALSE(std::is_constructible_v<Decimal, const char*>);
}

TEST_CASE("decimal - an unscaled number gets its point where the scale puts it", "[decimal]") {
  struct Row {
    std::int64_t unscaled;
    unsigned scale;
    const char* text;
  };
  for (const Row& row :
       {Row{1230, 2, "12.30"}, Row{-1230, 2, "-12.30"}, Row{1230, 0, "1230"}, Row{-5, 0, "-5"}, Row{0, 0, "0"},
        Row{0, 2, "0.00"}, Row{5, 1, "0.5"}, Row{5, 2, "0.05"}, Row{5, 3, "0.005"}, Row{-5, 3, "-0.005"},
        Row{99, 2, "0.99"}, Row{100, 2, "1.00"}, Row{-100, 3, "-0.100"}, Row{1, 20, "0.00000000000000000001"},
        Row{std::numeric_limits<std::int64_t>::max(), 2, "92233720368547758.07"},
        Row{std::numeric_limits<std::int64_t>::min(), 0, "-9223372036854775808"},
        Row{std::numeric_limits<std::int64_t>::min(), 18, "-9.223372036854775808"},
        Row{std::numeric_limits<std::int64_t>::min(), 19, "-0.9223372036854775808"},
        Row{std::numeric_limits<std::int64_t>::min(), 20, "-0.09223372036854775808"}}) {
    const Decimal amount = Decimal::scaled(row.unscaled, row.scale);
    CHECK(amount.text() == row.text);
    CHECK(Decimal::parse(amount.text()).value() == amount);
  }
}

TEST_CASE("decimal - keeps a number of JSON as it was written", "[decimal]") {
  for (const char* good : {"12.30", "12.3", "0", "-0", "-0.00", "1e3", "1E-2", "1.5e+10", "18446744073709551616",
                           "0.1000000000000000055511151231257827", "1e400"}) {
    INFO(good);
    CHECK(Decimal::parse(good).value().text() == good);
  }
}

TEST_CASE("decimal - refuses what JSON does not call a number", "[decimal]") {
  for (const std::string bad : {"",     " ",    "12,30", "+1",  "1.",  ".5",    "-",     "--1", "01",  "1e",
                                "1e+",  " 1",   "1 ",    "\t1", "1\n", "1 2",   "1.2.3", "0x1", "NaN", "inf",
                                "null", "true", "\"1\"", "[1]", "{}",  "1'000", "1_000", "1f",  "$1",  "1\xc2\xa0"}) {
    INFO(bad);
    const auto amount = Decimal::parse(bad);
    REQUIRE_FALSE(amount);
    CHECK(amount.error().kind == ErrorKind::invalid_argument);
  }
  CHECK_FALSE(Decimal::parse(std::string("1\0", 2)));
}

TEST_CASE("decimal - is equal when it is written alike", "[decimal]") {
  CHECK(Decimal::parse("12.30").value() == Decimal::scaled(1230, 2));
  CHECK(Decimal::parse("12.3").value() != Decimal::scaled(1230, 2));
  CHECK(Decimal(12) == Decimal::scaled(12, 0));
  CHECK_FALSE(Decimal(12) == Decimal(13));
  CHECK_FALSE(Decimal(12) != Decimal(12));
}
