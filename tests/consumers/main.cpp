// SPDX-License-Identifier: MIT

// What a program that links movio::exhibitor starts from; nothing here touches the network.
#include <iostream>
#include <movio/exhibitor.hpp>
#include <string>

#if defined(EXPECT_HOST_TARGETS) && !(defined(HOST_CURL) && defined(HOST_JSON))
#error "the host's own CURL::libcurl and nlohmann_json::nlohmann_json must win"
#endif

namespace ex = movio::exhibitor;

int main() {
  const ex::ExhibitorClient client{ex::Region::eu, ex::credentials("id", ex::Secret{std::string{"secret"}})};
  std::cout << "movio_exhibitor " << MOVIO_EXHIBITOR_VERSION_MAJOR << '.' << MOVIO_EXHIBITOR_VERSION_MINOR << '.'
            << MOVIO_EXHIBITOR_VERSION_PATCH << '\n';
  return client.ready() ? 0 : 1;
}
