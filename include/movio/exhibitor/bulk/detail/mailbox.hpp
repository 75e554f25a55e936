// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "../../core/clock.hpp"
#include "../../core/http.hpp"
#include "../../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Passes answers from the engine's thread to the uploading thread. Thread-safety: every call from any thread.
class Mailbox {
 public:
  struct Letter {
    std::uint64_t number;  // of the request
    Result<HttpResponse> answer;
  };

  void put(Letter letter) {
    const std::lock_guard<std::mutex> lock(mutex_);
    letters_.push_back(std::move(letter));
    changed_.notify_one();
  }
  void wake() {
    const std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
    changed_.notify_one();
  }

  std::vector<Letter> take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(letters_, {});
  }

  /// Waits for a letter, `wake`, or the given time.
  void wait(Clock& clock, Clock::Steady until) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (letters_.empty() && !woken_ && clock.now() < until) clock.wait_until(lock, changed_, until);
    woken_ = false;
  }

 private:
  std::mutex mutex_;  // guards the members below
  std::condition_variable changed_;
  std::vector<Letter> letters_;
  bool woken_ = false;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
