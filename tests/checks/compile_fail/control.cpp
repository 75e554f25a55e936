// SPDX-License-Identifier: MIT

// Compiles: so that what fails beside it fails for the reason it names.
#include <iostream>
#include <movio/exhibitor/core/result.hpp>
#include <movio/exhibitor/core/secret.hpp>
#include <movio/exhibitor/records/decimal.hpp>
#include <string>

movio::exhibitor::Result<int> answer();

int main() {
  std::cout << movio::exhibitor::Secret{std::string{"x"}}.reveal();
  std::cout << movio::exhibitor::Decimal(12).text();
  return answer() ? 0 : 1;
}
