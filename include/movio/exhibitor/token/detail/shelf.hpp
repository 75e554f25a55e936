#pragma once

#ifdef __linux__
#include <sched.h>
#endif

#include <array>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "../access_token.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// Where callers take the current token from. Its copies lie in several slots, each with a lock and a reference count
/// of its own, so that threads do not take turns at either; no thread keeps one that has been taken off the shelf.
/// Thread-safety: every call from any thread.
class TokenShelf {
 public:
  [[nodiscard]] std::optional<AccessToken> take() const {
    const Slot& slot = slots_[slot_at_hand()];
    const std::lock_guard<std::mutex> lock(slot.mutex);
    return slot.token;
  }

  void put(const AccessToken& token) {
    for (Slot& slot : slots_) slot.replace(token.counted_apart());
  }

  void clear() {
    for (Slot& slot : slots_) slot.replace(std::nullopt);
  }

  /// For a forked child: a token from a slot that no thread of the parent was at in the moment of the fork. Waits for
  /// no lock: who holds one is not there to give it back.
  [[nodiscard]] std::optional<AccessToken> salvage() const {
    for (const Slot& slot : slots_) {
      const std::unique_lock<std::mutex> lock(slot.mutex, std::try_to_lock);
      if (lock.owns_lock()) return slot.token;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t slot_count = 16;  ///< Where more threads than that run at once, a few share a slot.
  static constexpr std::size_t cache_line = 64;

  struct alignas(cache_line) Slot {
    void replace(std::optional<AccessToken> with) {
      const std::lock_guard<std::mutex> lock(mutex);
      token.swap(with);
    }

    mutable std::mutex mutex;
    std::optional<AccessToken> token;
  };

  /// Threads that run at the same time do so on different processors.
  static std::size_t slot_at_hand() noexcept {
#ifdef __linux__
    return static_cast<unsigned>(::sched_getcpu()) % slot_count;
#else
    return std::hash<std::thread::id>()(std::this_thread::get_id()) % slot_count;
#endif
  }

  std::array<Slot, slot_count> slots_;
};

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
