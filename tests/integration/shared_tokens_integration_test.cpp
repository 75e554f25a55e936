// SPDX-License-Identifier: MIT

// Stores of tokens under the real transport: whose thread calls them.
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <movio/exhibitor/file_token_store.hpp>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "catch.hpp"
#include "integration.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using integration::provider_over;
using namespace std::chrono_literals;

namespace {

/// A store of files that knows the threads which called it.
class TracedStore : public ex::FileTokenStore {
 public:
  using FileTokenStore::FileTokenStore;

  ex::Result<std::string> load(const std::string& name) override {
    note();
    return FileTokenStore::load(name);
  }
  ex::Result<void> save(const std::string& name, const std::string& entry, std::chrono::milliseconds life) override {
    note();
    return FileTokenStore::save(name, entry, life);
  }
  ex::Result<bool> acquire(const std::string& name, const std::string& owner, std::chrono::milliseconds life) override {
    note();
    return FileTokenStore::acquire(name, owner, life);
  }
  ex::Result<void> release(const std::string& name, const std::string& owner) override {
    note();
    return FileTokenStore::release(name, owner);
  }

  [[nodiscard]] std::set<std::thread::id> threads() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return threads_;
  }

 private:
  void note() {
    const std::lock_guard<std::mutex> lock(mutex_);
    threads_.insert(std::this_thread::get_id());
  }

  mutable std::mutex mutex_;
  std::set<std::thread::id> threads_;
};

}  // namespace

TEST_CASE("shared tokens - no store is called on the engine's thread or on a caller's", "[shared_tokens]") {
  const sandbox::Sandbox sandbox;
  const support::TemporaryDirectory directory;
  const auto store = std::make_shared<TracedStore>(directory.path("tokens"));
  auto provider = provider_over(sandbox, store);
  std::promise<std::thread::id> engine;
  provider->token_async([&](const ex::Result<ex::AccessToken>& token) {
    CHECK(token);
    engine.set_value(std::this_thread::get_id());
  });
  const auto engine_thread = engine.get_future().get();
  provider->invalidate(*provider->token());
  CHECK(provider->token());
  provider.reset();
  const auto threads = store->threads();
  CHECK(threads.size() == 1);
  CHECK(threads.count(engine_thread) == 0);
  CHECK(threads.count(std::this_thread::get_id()) == 0);
  CHECK(sandbox.counters().token_requests == 2);
}
