// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "../../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// How many forks lie between this process and the first one of its line.
inline std::atomic<unsigned> fork_epoch{0};

inline void watch_forks() noexcept {
  static const int registered =
      ::pthread_atfork(nullptr, nullptr, [] { fork_epoch.fetch_add(1, std::memory_order_relaxed); });
  static_cast<void>(registered);
}

/// Holds something that a forked child must leave alone: its locks may be held by threads that the child does not have,
/// and cleaning it up would end connections of the parent's. A child makes its own on first use; what it has from the
/// parent is abandoned, which means never locked and never destroyed. (POSIX fork(): only the calling thread goes on.)
/// Use `ForkLocal`, which has its type.
/// Thread-safety: all but the destructor from any thread, without a lock.
class ForkHolder {
 public:
  using Make = std::function<std::shared_ptr<void>(const void* parents)>;

  explicit ForkHolder(Make make) : make_(std::move(make)) {
    watch_forks();
    held_.store(new Held{make_(nullptr), epoch()}, std::memory_order_release);
  }
  ForkHolder(const ForkHolder&) = delete;
  ForkHolder& operator=(const ForkHolder&) = delete;
  ~ForkHolder() {
    const Held* held = held_.load(std::memory_order_acquire);
    if (held->epoch == epoch()) delete held;
  }

  [[nodiscard]] const std::shared_ptr<void>& get() const {
    const Held* held = held_.load(std::memory_order_acquire);
    return held->epoch == epoch() ? held->value : replace(held);
  }

  [[nodiscard]] void* own() const noexcept {
    const Held* held = held_.load(std::memory_order_acquire);
    return held->epoch == epoch() ? held->value.get() : nullptr;
  }

 private:
  struct Held {
    std::shared_ptr<void> value;
    unsigned epoch;
  };

  static unsigned epoch() noexcept { return fork_epoch.load(std::memory_order_relaxed); }

  const std::shared_ptr<void>& replace(const Held* parents) const {
    auto fresh = std::make_unique<Held>(Held{make_(parents->value.get()), epoch()});
    if (held_.compare_exchange_strong(parents, fresh.get(), std::memory_order_acq_rel)) return fresh.release()->value;
    return parents->value;  // another thread was first
  }

  const Make make_;
  mutable std::atomic<const Held*> held_{nullptr};
};

/// A `ForkHolder` of a `T`.
template <class T>
class ForkLocal {
 public:
  /// `make(const T* parents)` makes this process's own, as a `shared_ptr`. `parents` is what a child takes over from,
  /// with its locks as they may be; nullptr in the process that made the holder.
  template <class Make>
  explicit ForkLocal(Make make)
      : holder_([make = std::move(make)](const void* parents) { return make(static_cast<const T*>(parents)); }) {}

  /// Valid for as long as the holder.
  [[nodiscard]] T* get() const { return static_cast<T*>(holder_.get().get()); }

  /// For what may outlive the holder.
  [[nodiscard]] std::shared_ptr<T> share() const { return std::static_pointer_cast<T>(holder_.get()); }

  /// What this process has made; nullptr while it has only its parent's.
  [[nodiscard]] T* own() const noexcept { return static_cast<T*>(holder_.own()); }

 private:
  const ForkHolder holder_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
