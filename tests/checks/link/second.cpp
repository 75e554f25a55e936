// SPDX-License-Identifier: MIT

// Built as C++20; see first.cpp.
#include <movio/exhibitor.hpp>
#include <string>

namespace ex = movio::exhibitor;

ex::Secret secret_of_second();
ex::Result<int> answer_of_second(bool good);
bool ready_in_second(const ex::ExhibitorClient& client);

ex::Secret secret_of_second() { return ex::Secret{std::string{"from the second unit"}}; }

ex::Result<int> answer_of_second(bool good) {
  if (good) return 42;
  ex::Error error;
  error.kind = ex::ErrorKind::rejected;
  return error;
}

bool ready_in_second(const ex::ExhibitorClient& client) { return static_cast<bool>(client.ready()); }
