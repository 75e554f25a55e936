// SPDX-License-Identifier: MIT

// Together with second.cpp: two translation units of different language versions share the library's objects.
#include <iostream>
#include <movio/exhibitor.hpp>
#include <movio/exhibitor/testing.hpp>
#include <string>

namespace ex = movio::exhibitor;

ex::Secret secret_of_second();
ex::Result<int> answer_of_second(bool good);
bool ready_in_second(const ex::ExhibitorClient& client);

int main() {
  const ex::ExhibitorClient client{ex::Region::eu, ex::credentials("id", ex::Secret{std::string{"secret"}})};
  const bool same = secret_of_second().reveal() == "from the second unit" && answer_of_second(true).value() == 42 &&
                    answer_of_second(false).error().kind == ex::ErrorKind::rejected &&
                    ready_in_second(client) == static_cast<bool>(client.ready());
  std::cout << (same ? "the two units agree\n" : "the two units differ\n");
  return same ? 0 : 1;
}
