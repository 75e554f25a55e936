// SPDX-License-Identifier: MIT

// What a program that links movio::exhibitor starts from; nothing here touches the network.
#include <iostream>
#include <memory>
#include <movio/exhibitor.hpp>
#include <string>
#ifdef WITH_STORES
#include <movio/exhibitor/file_token_store.hpp>
#include <movio/exhibitor/redis_token_store.hpp>
#endif

#if defined(EXPECT_HOST_TARGETS) && !(defined(HOST_CURL) && defined(HOST_JSON))
#error "the host's own CURL::libcurl and nlohmann_json::nlohmann_json must win"
#endif

namespace ex = movio::exhibitor;

int main() {
  ex::ClientOptions options;
#ifdef WITH_STORES
  options.token.store = ex::sealed(std::make_shared<ex::FileTokenStore>("not/used"));
  options.token.store = ex::sealed(std::make_shared<ex::RedisTokenStore>(ex::RedisOptions{"redis://not.used"}));
#endif
  const ex::ExhibitorClient client{ex::Region::eu, ex::credentials("id", ex::Secret{std::string{"secret"}}), options};
  std::cout << "movio_exhibitor " << MOVIO_EXHIBITOR_VERSION_MAJOR << '.' << MOVIO_EXHIBITOR_VERSION_MINOR << '.'
            << MOVIO_EXHIBITOR_VERSION_PATCH << '\n';
  return client.ready() ? 0 : 1;
}
