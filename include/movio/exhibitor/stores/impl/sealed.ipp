// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/new_shared.hpp"
#include "../../detail/os/fork_local.hpp"
#include "../../token/detail/secret_file.hpp"
#include "../detail/store_calls.hpp"
#include "../detail/store_visit.hpp"
#include "../sealed.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// What `sealed` gives: visits to one store. A forked child calls the store from a thread of its own.
class SealedStore : public SharedTokens {
 public:
  SealedStore(std::shared_ptr<TokenStore> store, Secret sealing_key)
      : store_(std::move(store)),
        sealing_key_(std::move(sealing_key)),
        calls_([kept = store_](const StoreCalls*) { return new_shared<StoreCalls>(kept); }) {}

  SealedStore(const SealedStore&) = delete;
  SealedStore& operator=(const SealedStore&) = delete;
  ~SealedStore() override {
    if (auto* calls = calls_.own()) calls->close();
  }

  std::shared_ptr<Visit> visit(std::shared_ptr<Fetch> fetch) override {
    return new_shared<StoreVisit>(calls_.share(), sealing_key_, std::move(fetch));
  }
  /// Nothing in a forked child that has not used the store.
  void flush() override {
    if (auto* calls = calls_.own()) calls->flush();
  }
  Result<Secret> peek(const TokenIdentity& identity) override {
    const auto seal = Seal::of(identity, sealing_key_);
    if (!seal) return seal.error();
    const auto sealed = store_->load(seal->name());
    if (!sealed) return sealed.error();
    return seal->open(*sealed).value_or(Secret());
  }
  Result<void> forget(const TokenIdentity& identity) override {
    const auto seal = Seal::of(identity, sealing_key_);
    if (!seal) return seal.error();
    return store_->save(seal->name(), {}, {});
  }
  [[nodiscard]] std::string_view kind() const noexcept override { return store_->kind(); }

 private:
  const std::shared_ptr<TokenStore> store_;
  const Secret sealing_key_;
  const ForkLocal<StoreCalls> calls_;
};

}  // namespace detail

inline Result<Secret> sealing_key_from_file(const std::string& path, FileAccess access) {
  const auto file = detail::SecretFile::read(path, access);
  if (!file) return file.error();
  if (file->content().reveal().size() == detail::Seal::sealing_key_size) return file->content();
  return detail::credentials_error(path +
                                   " is no sealing key, which has 32 bytes; make one with `head -c 32 "
                                   "/dev/urandom`");
}

inline std::shared_ptr<SharedTokens> sealed(std::shared_ptr<TokenStore> store, Secret sealing_key) {
  if (!store) return nullptr;
  return detail::new_shared<detail::SealedStore>(std::move(store), std::move(sealing_key));
}

}  // namespace v0_1
}  // namespace movio::exhibitor
