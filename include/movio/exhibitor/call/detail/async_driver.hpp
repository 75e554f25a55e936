// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "call.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The driver of asynchronous calls. One step follows the other, each begun by the one before on whatever thread that
/// ended; the completion is called on the transport's thread.
class AsyncDriver : public std::enable_shared_from_this<AsyncDriver> {
 public:
  using Completion = std::function<void(Result<HttpResponse>)>;

  AsyncDriver(const std::shared_ptr<CallerCore>& core, HttpRequest&& request, Completion completion)
      : count_(core->active.share()), call_(core, std::move(request)), completion_(std::move(completion)) {}
  AsyncDriver(const AsyncDriver&) = delete;
  AsyncDriver& operator=(const AsyncDriver&) = delete;
  ~AsyncDriver() { tell(); }  // unless done: a transport that is destroyed drops its tasks

  void begin() {
    beginning_ = true;
    advance(Step::obtain_token);
    beginning_ = false;
  }

 private:
  using Step = CallMachine::Step;

  void advance(Step step) {
    while (true) {
      switch (step) {
        case Step::obtain_token:
          return obtain_token();
        case Step::pause:
          return pause();
        case Step::send:
          return send();
        case Step::reject_token:
          step = call_.reject_token();
          break;
        case Step::confirm_rejection:
          step = call_.confirm_rejection();
          break;
        case Step::finish:
          return finish();
      }
    }
  }

  void obtain_token() {
    const auto then = [self = shared_from_this()](Result<AccessToken> token) {
      self->advance(self->call_.token_obtained(std::move(token)));
    };
    call_.provider().token_async(then, call_.deadline(), call_.cancel());
  }

  void send() {
    call_.begin_attempt();
    call_.transport().start(call_.request(), [self = shared_from_this()](Result<HttpResponse>&& answer) {
      self->advance(self->call_.answered(std::move(answer)));
    });
  }

  /// Ends at its time or at a cancellation, whichever is first.
  void pause() {
    kept_ = shared_from_this();
    pausing_ = true;
    const auto resume = [weak = weak_from_this()] {
      if (const auto self = weak.lock(); self && self->end_pause()) self->advance(self->call_.resumed());
    };
    pause_cancelled_.emplace(call_.cancel(), resume);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(call_.pause_until() - call_.clock().now());
    if (!call_.transport().after(left, resume) && end_pause()) advance(call_.stopped());
  }

  /// True for the first caller: time and cancellation may both end a pause.
  bool end_pause() {
    if (!pausing_.exchange(false)) return false;
    kept_.reset();
    return true;
  }

  /// Never completes inside `begin`, so that the starter may hold a lock that the completion takes.
  void finish() {
    outcome_ = call_.conclude();
    Transport& transport = call_.transport();
    const bool hop = transport.may_block() || beginning_;
    if (!hop || !transport.after(std::chrono::milliseconds(0), [self = shared_from_this()] { self->tell(); })) tell();
  }

  void tell() noexcept {
    // Before the completion, so that what that one holds is destroyed while this thread still counts as inside.
    const CallbackGate::Pass inside(count_.active->completions());
    const auto completion = std::exchange(completion_, nullptr);
    if (!completion) return;
    try {
      completion(outcome_ ? *std::move(outcome_) : make_error(ErrorKind::cancelled, "the request was cancelled"));
    } catch (...) {
      call_.tell_of_throw();
    }
  }

  /// Counts the call as active until all its members are destroyed: declared first.
  struct Count {
    explicit Count(std::shared_ptr<ActiveCalls> calls) : active(std::move(calls)) { active->begun(); }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    ~Count() { active->ended(); }
    std::shared_ptr<ActiveCalls> active;
  };

  const Count count_;
  Call call_;
  Completion completion_;
  std::optional<Result<HttpResponse>> outcome_;
  std::atomic<bool> beginning_{false};
  std::atomic<bool> pausing_{false};
  std::shared_ptr<AsyncDriver> kept_;  ///< Keeps the call alive while only a timer and a cancellation know of it.
  std::optional<CancelRegistration> pause_cancelled_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
