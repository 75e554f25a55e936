// SPDX-License-Identifier: MIT

// What newer language versions add: std::expected and std::format, as far as the standard library has them.
#include <iostream>
#include <movio/exhibitor.hpp>
#include <movio/exhibitor/format.hpp>
#include <string>
#include <utility>

namespace ex = movio::exhibitor;

namespace {

int failures = 0;

[[maybe_unused]] void expect(bool holds, const char* what) {
  if (holds) return;
  ++failures;
  std::cout << "not so: " << what << '\n';
}

[[maybe_unused]] ex::Error refused() {
  ex::Error error;
  error.kind = ex::ErrorKind::rejected;
  error.message = "PUT /films: refused";
  return error;
}

void convert() {
#if defined(__cpp_lib_expected)
  const ex::Result<std::string> good = std::string("value");
  expect(good.to_expected() == "value", "a value is one of std::expected");
  ex::Result<std::string> moved = std::string(100, 'x');
  expect(std::move(moved).to_expected()->size() == 100, "a value is moved into std::expected");
  const ex::Result<std::string> bad = refused();
  expect(bad.to_expected().error().kind == ex::ErrorKind::rejected, "an error is one of std::expected");
  expect(ex::Result<void>().to_expected().has_value(), "success is one of std::expected");
  expect(!ex::Result<void>(refused()).to_expected(), "failure is one of std::expected");
#else
  std::cout << "without std::expected\n";
#endif
}

void format() {
#if defined(__cpp_lib_format)
  expect(std::format("{}", refused()) == "rejected: PUT /films: refused", "an error is formatted as by <<");
  expect(std::format("{:>10}", ex::ErrorKind::rejected) == "  rejected", "a kind takes a width");
  expect(std::format("{}", ex::EventKind::quota_low) == "quota_low", "an event's kind is formatted");
  ex::Event event;
  event.kind = ex::EventKind::token_rejected;
  event.fingerprint = "0123abcd";
  expect(std::format("{}", event) == "token_rejected fingerprint=0123abcd", "an event is formatted as by <<");
#else
  std::cout << "without std::format\n";
#endif
}

}  // namespace

int main() {
  convert();
  format();
  return failures == 0 ? 0 : 1;
}
