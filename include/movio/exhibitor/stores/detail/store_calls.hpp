// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "../../core/clock.hpp"
#include "../../core/new_shared.hpp"
#include "../../core/result.hpp"
#include "../../core/transport.hpp"
#include "../../token/store.hpp"
#include "store_thread.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Calls a store from a thread of its own, each for a bounded time, and leaves it alone for a while after a failure.
/// Thread-safety: every call from any thread.
class StoreCalls : public std::enable_shared_from_this<StoreCalls> {
 public:
  using Uptime = std::chrono::nanoseconds;

  explicit StoreCalls(std::shared_ptr<TokenStore> store) : store_(std::move(store)) {}

  /// Waits for the end of the calls that were begun.
  void flush() { thread_.flush(); }

  /// Makes no more calls, and waits for the end of those that were begun.
  void close() { thread_.stop(); }

  [[nodiscard]] std::string_view kind() const noexcept { return store_->kind(); }

  /// Whether the store is left alone at `now`.
  [[nodiscard]] bool blocked(Uptime now) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return now < not_before_;
  }

  /// Notes a failure; returns for how long the store is left alone: 1 s, then 2 s, up to a minute.
  std::chrono::seconds failed(Uptime now) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto pause = step_;
    step_ = std::min(step_ * 2, longest_step);
    not_before_ = now + pause;
    return pause;
  }

  void succeeded() {
    const std::lock_guard<std::mutex> lock(mutex_);
    step_ = first_step;
  }

  /// Runs `work(TokenStore&)`, which returns a `Result<T>`, and gives that to `done` on the transport's thread, within
  /// `patience`. Does not wait for a store that still owes the answer to an earlier call.
  template <class T, class Work>
  void call(Work work, std::chrono::milliseconds patience, const std::weak_ptr<Transport>& transport,
            std::function<void(Result<T>)> done) {
    const auto answer = new_shared<Answer<T>>(transport, std::move(done));
    const auto number = begin_call();
    const auto task = [self = shared_from_this(), answer, number, work = std::move(work)] {
      auto result = guarded<T>([&] { return work(*self->store_); });
      self->note(self->returned_, number);
      answer->give(std::move(result));
    };
    if (number == 0 || !thread_.post(task)) {
      answer->give(number == 0 ? late_error() : storage_error("there is no thread for it"));
      return;
    }
    const auto carrier = transport.lock();
    if (!carrier) return;
    carrier->after(patience, [weak = weak_from_this(), answer, number] {
      const auto self = weak.lock();
      if (answer->give(late_error()) && self) self->note(self->given_up_, number);
    });
  }

  /// Runs `work(TokenStore&)` after all calls before it, and drops its outcome.
  template <class Work>
  void send(Work work) {
    thread_.post([self = shared_from_this(), work = std::move(work)] {
      static_cast<void>(guarded<void>([&] { return work(*self->store_); }));
    });
  }

 private:
  static constexpr std::chrono::seconds first_step{1};
  static constexpr std::chrono::seconds longest_step{60};

  /// The first of an outcome and the end of the patience is what `done` gets.
  template <class T>
  class Answer {
   public:
    Answer(std::weak_ptr<Transport> transport, std::function<void(Result<T>)> done)
        : transport_(std::move(transport)), done_(std::move(done)) {}

    /// False if it was given before.
    bool give(Result<T> result) {
      std::function<void(Result<T>)> done;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        done.swap(done_);
      }
      if (!done) return false;
      const auto transport = transport_.lock();
      const auto hand_over = [done, result] { done(result); };
      // Without a transport nobody is left to be told; one that takes no tasks must not make a fetch hang.
      if (transport && !transport->after(std::chrono::milliseconds(0), hand_over)) hand_over();
      return true;
    }

   private:
    const std::weak_ptr<Transport> transport_;
    std::mutex mutex_;
    std::function<void(Result<T>)> done_;
  };

  static Error storage_error(const std::string& problem) {
    return make_error(ErrorKind::storage, "the token store failed: " + problem);
  }
  static Error late_error() { return storage_error("it has not answered in time"); }

  template <class T, class Work>
  static Result<T> guarded(Work work) {
    try {
      return work();
    } catch (...) {  // its text may hold anything
      return storage_error("it threw an exception");
    }
  }

  /// The number of a call, from 1; 0 while the store owes the answer to one that was given up.
  std::uint64_t begin_call() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return returned_ < given_up_ ? 0 : ++begun_;
  }
  void note(std::uint64_t& last, std::uint64_t number) {
    const std::lock_guard<std::mutex> lock(mutex_);
    last = std::max(last, number);
  }

  const std::shared_ptr<TokenStore> store_;
  mutable std::mutex mutex_;  ///< Guards all that follows but the thread.
  Uptime not_before_{Uptime::min()};
  std::chrono::seconds step_{first_step};
  std::uint64_t begun_ = 0;     ///< The number of the last call that was begun, ...
  std::uint64_t returned_ = 0;  ///< ... that has returned, as they do in their order, ...
  std::uint64_t given_up_ = 0;  ///< ... and whose answer was not waited for.
  StoreThread thread_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
