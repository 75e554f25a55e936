// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <mutex>

#include "../clock.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

MOVIO_EXHIBITOR_INLINE void pause(Clock& clock, Clock::Steady until, const CancelToken& cancel) {
  std::mutex mutex;
  std::condition_variable changed;
  const CancelRegistration registration(cancel, [&] {
    const std::lock_guard<std::mutex> lock(mutex);
    changed.notify_all();
  });
  std::unique_lock<std::mutex> lock(mutex);
  while (!cancel.cancelled() && clock.now() < until) clock.wait_until(lock, changed, until);
}

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
