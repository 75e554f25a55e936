// SPDX-License-Identifier: MIT

// expect-error: deleted (function|operator)
#include <iostream>
#include <movio/exhibitor/core/secret.hpp>
#include <string>

int main() { std::cout << movio::exhibitor::Secret{std::string{"x"}}; }
