// SPDX-License-Identifier: MIT

// fork() with a store of tokens. Not under AddressSanitizer, as fork_integration_test.cpp.
#include <memory>
#include <movio/exhibitor/file_token_store.hpp>
#include <movio/exhibitor/redis_token_store.hpp>
#include <string>

#include "catch.hpp"
#include "forking.hpp"
#include "integration.hpp"
#include "redis.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using forking::in_child;
using integration::provider_over;
using integration::Redis;

TEST_CASE("shared tokens - a forked child uses the store over what is its own", "[shared_tokens]") {
  const sandbox::Sandbox sandbox;
  const support::TemporaryDirectory directory;
  const Redis redis;
  ex::RedisOptions options;
  options.url = redis.url();
  for (const std::shared_ptr<ex::TokenStore>& store :
       {std::static_pointer_cast<ex::TokenStore>(std::make_shared<ex::FileTokenStore>(directory.path("tokens"))),
        std::static_pointer_cast<ex::TokenStore>(std::make_shared<ex::RedisTokenStore>(options))}) {
    CAPTURE(std::string(store->kind()));
    const auto before = sandbox.counters().token_requests;
    auto provider = provider_over(sandbox, store);
    const auto token = provider->token();
    REQUIRE(token);
    CHECK(in_child([&] {
      const auto inherited = provider->token();
      provider->invalidate(*inherited);
      const auto fetched = provider->token();  // by the child's own threads and connections
      const bool minted = fetched && provider->status().minted == 1;
      provider.reset();  // saves it
      return minted;
    }));
    provider->invalidate(*token);
    CHECK(provider->token());
    CHECK(provider->status().loaded == 1);  // what the child has saved
    CHECK(sandbox.counters().token_requests == before + 2);
  }
}
