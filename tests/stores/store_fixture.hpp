// SPDX-License-Identifier: MIT
#pragma once

// What the tests of token stores share: providers that each stand for a process, over one store.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <movio/exhibitor/stores/sealed.hpp>
#include <movio/exhibitor/testing.hpp>
#include <movio/exhibitor/token/provider.hpp>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "fixtures.hpp"

namespace stores {

namespace ex = movio::exhibitor;

inline constexpr const char* long_secret = "planted s3cret+& of more than thirty-two bytes";

/// A store that may do wrong before it hands the call on to a store in memory, and that counts its leases.
class WatchedStore : public ex::TokenStore {
 public:
  using Trouble = std::function<void(std::string_view call)>;

  explicit WatchedStore(
      std::shared_ptr<ex::TokenStore> inner, Trouble trouble = [](std::string_view) {})
      : inner_(std::move(inner)), trouble_(std::move(trouble)) {}

  ex::Result<std::string> load(const std::string& name) override {
    trouble_("load");
    return inner_->load(name);
  }
  ex::Result<void> save(const std::string& name, const std::string& entry, std::chrono::milliseconds life) override {
    trouble_("save");
    return inner_->save(name, entry, life);
  }
  ex::Result<bool> acquire(const std::string& name, const std::string& owner, std::chrono::milliseconds life) override {
    trouble_("acquire");
    auto given = inner_->acquire(name, owner, life);
    if (given && *given) ++leases_;
    return given;
  }
  ex::Result<void> release(const std::string& name, const std::string& owner) override {
    trouble_("release");
    auto released = inner_->release(name, owner);
    --leases_;
    return released;
  }
  [[nodiscard]] std::string_view kind() const noexcept override { return inner_->kind(); }

  /// How many leases are held.
  [[nodiscard]] int leases() const { return leases_; }

  /// Waits until nobody has a lease: who fetched a token has saved it by then.
  void settle() const {
    fixtures::await([this] { return leases_ == 0; });
  }

 private:
  const std::shared_ptr<ex::TokenStore> inner_;
  const Trouble trouble_;
  std::atomic<int> leases_{0};
};

/// Holds threads up until it is opened.
class Barrier {
 public:
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++waiting_;
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] int waiting() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return waiting_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

/// A rig whose providers each have their own view of one store, as processes have.
struct StoreRig : fixtures::Rig {
  std::shared_ptr<ex::FakeTokenStore> store = std::make_shared<ex::FakeTokenStore>(clock);
  std::shared_ptr<WatchedStore> seen = std::make_shared<WatchedStore>(store);  ///< What the providers are given.
  ex::Secret sealing_key;

  StoreRig() { source = ex::credentials("client-1", ex::Secret(long_secret)); }

  [[nodiscard]] std::shared_ptr<ex::TokenProvider> process() {
    options.store = ex::sealed(seen, sealing_key);
    return provider();
  }

  /// The one entry of the store; empty when there is none.
  [[nodiscard]] std::string entry() const {
    const auto all = store->entries();
    return all.empty() ? std::string() : all.begin()->second;
  }

  /// Waits until what was fetched has been saved.
  void settle() const { seen->settle(); }

  /// Gives the providers a store that does wrong.
  void trouble(WatchedStore::Trouble trouble) { seen = std::make_shared<WatchedStore>(store, std::move(trouble)); }
};

}  // namespace stores
