// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "../transport.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
MOVIO_EXHIBITOR_INLINE Result<HttpResponse> Transport::send(const TransportRequest& request) {
  if (!may_block()) {
    return detail::invalid_argument(
        "blocking calls are not allowed in a callback (it would deadlock); use the async form");
  }
  struct Slot {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Result<HttpResponse>> result;
  };
  const auto slot = std::make_shared<Slot>();
  start(request, [slot](Result<HttpResponse> result) {
    const std::lock_guard<std::mutex> lock(slot->mutex);
    slot->result.emplace(std::move(result));
    slot->done.notify_one();
  });
  std::unique_lock<std::mutex> lock(slot->mutex);
  slot->done.wait(lock, [&slot] { return slot->result.has_value(); });
  return *std::move(slot->result);
}

}  // namespace v0_1
}  // namespace movio::exhibitor
