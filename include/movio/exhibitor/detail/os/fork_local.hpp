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
/// Thread-safety: all but the destructor from any thread, without a lock.
template <class T>
class ForkLocal {
 public:
  /// Makes this process's own. `parents` is what a child takes over from, with its locks as they may be; nullptr in the
  /// process that made the holder.
  using Make = std::function<std::shared_ptr<T>(const T* parents)>;

  explicit ForkLocal(Make make) : make_(std::move(make)) {
    watch_forks();
    held_.store(new Held{make_(nullptr), epoch()}, std::memory_order_release);
  }
  ForkLocal(const ForkLocal&) = delete;
  ForkLocal& operator=(const ForkLocal&) = delete;
  ~ForkLocal() {
    const Held* held = held_.load(std::memory_order_acquire);
    if (held->epoch == epoch()) delete held;
  }

  [[nodiscard]] const std::shared_ptr<T>& get() const {
    const Held* held = held_.load(std::memory_order_acquire);
    return held->epoch == epoch() ? held->value : replace(held);
  }

  /// What this process has made; nullptr while it has only its parent's.
  [[nodiscard]] T* own() const noexcept {
    const Held* held = held_.load(std::memory_order_acquire);
    return held->epoch == epoch() ? held->value.get() : nullptr;
  }

 private:
  struct Held {
    std::shared_ptr<T> value;
    unsigned epoch;
  };

  static unsigned epoch() noexcept { return fork_epoch.load(std::memory_order_relaxed); }

  const std::shared_ptr<T>& replace(const Held* parents) const {
    auto fresh = std::make_unique<Held>(Held{make_(parents->value.get()), epoch()});
    if (held_.compare_exchange_strong(parents, fresh.get(), std::memory_order_acq_rel)) return fresh.release()->value;
    return parents->value;  // another thread was first
  }

  const Make make_;
  mutable std::atomic<const Held*> held_{nullptr};
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
