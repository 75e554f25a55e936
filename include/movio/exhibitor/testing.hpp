// SPDX-License-Identifier: MIT
#pragma once

// For the tests of programs that use the library, and of the library itself; not part of <movio/exhibitor.hpp>.

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/transport.hpp"
#include "token/store.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A clock that moves only by its functions. Thread-safety: every call from any thread.
class FakeClock : public Clock {
 public:
  [[nodiscard]] MOVIO_EXHIBITOR_INLINE Steady now() const noexcept override;
  [[nodiscard]] MOVIO_EXHIBITOR_INLINE Moment moment() const noexcept override;

  /// Looks at the time every millisecond, so that it sees `advance`.
  MOVIO_EXHIBITOR_INLINE void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                                         Steady until) override;

  /// Lets time pass.
  void advance(std::chrono::milliseconds duration);

  /// Lets time pass while the machine is suspended: the clock for deadlines stands still.
  void suspend(std::chrono::milliseconds duration);

  /// Sets the time of day forward or back.
  void step_wall(std::chrono::milliseconds by);

 private:
  mutable std::mutex mutex_;
  Steady now_{std::chrono::hours(1)};
  Moment moment_{std::chrono::hours(1), std::chrono::system_clock::time_point(std::chrono::hours(24 * 365 * 55))};
};

/// A store in memory, for providers of one process as if they were several. Times to live pass on its clock.
/// Thread-safety: every call from any thread.
class FakeTokenStore : public TokenStore {
 public:
  explicit FakeTokenStore(std::shared_ptr<Clock> clock);

  MOVIO_EXHIBITOR_INLINE Result<std::string> load(const std::string& name) override;
  MOVIO_EXHIBITOR_INLINE Result<void> save(const std::string& name, const std::string& entry,
                                           std::chrono::milliseconds time_to_live) override;
  MOVIO_EXHIBITOR_INLINE Result<bool> acquire(const std::string& name, const std::string& owner,
                                              std::chrono::milliseconds time_to_live) override;
  MOVIO_EXHIBITOR_INLINE Result<void> release(const std::string& name, const std::string& owner) override;
  [[nodiscard]] MOVIO_EXHIBITOR_INLINE std::string_view kind() const noexcept override;

  /// From now on every call fails with this error of kind `storage`; with an empty text it works again.
  void fail(std::string message);

  /// What is there, sealed, by name.
  [[nodiscard]] std::map<std::string, std::string> entries() const;
  /// How many calls it has had.
  [[nodiscard]] std::size_t calls() const;

 private:
  struct Entry {
    std::string content;
    std::chrono::nanoseconds ends{};
  };

  /// Counts a call; an error if it is to fail.
  Result<void> begin_call();
  static const Entry* find(const std::map<std::string, Entry>& in, const std::string& name,
                           std::chrono::nanoseconds now);

  const std::shared_ptr<Clock> clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, Entry> leases_;  ///< The owner is the content.
  std::string failure_;
  std::size_t calls_ = 0;
};

/// An answer with a JSON body.
HttpResponse json_response(int status, std::string body = "{}", Headers headers = {});

/// A transport without a network. It issues tokens by itself ("fake-token-1", "fake-token-2", ...), answers calls from
/// a queue, and records what it was asked. When the queue is empty it answers 200, with the receipt `{"total": N}` to a
/// PUT of an array and with `{}` to anything else.
///
/// Completions run in the thread that calls `start`, or, after `hold()`, in the one that calls `release()` or cancels.
/// Pauses and timeouts end in its own thread, at their time on its clock.
/// Thread-safety: every call from any thread; the destructor answers held requests with `cancelled`.
class FakeTransport : public Transport {
 public:
  using Answer = Result<HttpResponse>;

  /// On the machine's own clock.
  FakeTransport();
  /// `clock` may be the `FakeClock` of the test, which then ends pauses and timeouts by `advance`.
  explicit FakeTransport(std::shared_ptr<Clock> clock);
  FakeTransport(const FakeTransport&) = delete;
  FakeTransport& operator=(const FakeTransport&) = delete;
  MOVIO_EXHIBITOR_INLINE ~FakeTransport() override;

  /// Queues an answer for a call.
  void answer(Answer answer);

  /// Queues an answer for a token request, instead of a token.
  void answer_token(Answer answer);

  /// Sets the lifetime of issued tokens.
  void set_token_lifetime(std::chrono::seconds lifetime);

  /// The calls that came, in their order.
  [[nodiscard]] std::vector<TransportRequest> requests() const;
  /// The requests for a token that came, in their order.
  [[nodiscard]] std::vector<TransportRequest> token_requests() const;

  /// Holds all requests until `release()` answers them. A held request that is cancelled, or reaches its
  /// `TransportRequest::timeout`, ends with the same error as on a network.
  void hold();
  void release();

  MOVIO_EXHIBITOR_INLINE void start(TransportRequest request, Completion completion) override;

  /// A task without delay runs at once.
  MOVIO_EXHIBITOR_INLINE bool after(std::chrono::milliseconds delay, Task task) override;

  /// Runs at once, in this thread, what `after` has taken and is not due yet.
  void run_delayed_tasks();

  [[nodiscard]] MOVIO_EXHIBITOR_INLINE bool may_block() const noexcept override;

 private:
  struct State;

  const std::unique_ptr<State> state_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/testing.ipp"
#endif
