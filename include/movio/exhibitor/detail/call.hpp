#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../clock.hpp"
#include "../result.hpp"
#include "../token.hpp"
#include "../transport.hpp"
#include "challenge.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// One API call as a state machine: it is told what happened and answers with what to do next. It does no I/O and reads
/// no clock, so that the blocking and the asynchronous driver share its rules, and tests need neither sockets nor
/// sleep.
class CallMachine {
 public:
  enum class Step {
    obtain_token,       ///< then `token_obtained`
    pause,              ///< until `pause_until()` or a cancellation, then `obtain_token`
    send,               ///< with `token()` and `time_left()`, then `answered`
    reject_token,       ///< ask the provider whether another token is worth a try, then `rejection_noted`
    confirm_rejection,  ///< tell the provider that a fresh token was refused too, and the call is over
    finish,             ///< the call is over
  };

  explicit CallMachine(Clock::Steady deadline) noexcept : deadline_(deadline) {}

  [[nodiscard]] Clock::Steady deadline() const noexcept { return deadline_; }
  [[nodiscard]] int attempts() const noexcept { return attempts_; }
  [[nodiscard]] const AccessToken& token() const noexcept { return *token_; }

  /// The token that the first answer was for.
  [[nodiscard]] const AccessToken& first_token() const noexcept { return first_token_ ? *first_token_ : *token_; }

  /// The time left for an attempt that begins at `now`.
  [[nodiscard]] std::chrono::milliseconds time_left(Clock::Steady now) const noexcept {
    return std::chrono::ceil<std::chrono::milliseconds>(deadline_ - now);
  }

  /// When a `pause` ends; before the deadline.
  [[nodiscard]] Clock::Steady pause_until() const noexcept { return pause_until_; }

  Step token_obtained(Result<AccessToken> token, Clock::Steady now) {
    if (!token) return without_token(std::move(token.error()), now);
    if (now >= deadline_)
      return finish(make_error(ErrorKind::timeout, attempts_ == 0
                                                       ? "the time for the call ran out before it was sent"
                                                       : "the time for the call ran out before it was sent again, "
                                                         "after the API had answered 401"));
    token_ = *std::move(token);
    ++attempts_;
    return Step::send;
  }

  Step answered(Result<HttpResponse> answer) {
    const bool refused = answer && answer->status == 401 && !lacks_scope(*answer);
    if (!refused) return finish(std::move(answer));
    if (!result_) {
      result_ = std::move(answer);
      first_token_ = token_;
      return Step::reject_token;
    }
    return Step::confirm_rejection;  // the first 401 stays the result: it has the meaningful reason
  }

  Step rejection_noted(bool replay) noexcept { return replay ? Step::obtain_token : Step::finish; }

  /// The outcome, once.
  [[nodiscard]] Result<HttpResponse> take_result() { return *std::move(result_); }

 private:
  /// An issuer that is down or throttles is waited for, unless it asks for more time than there is.
  Step without_token(Error error, Clock::Steady now) {
    if (error.kind == ErrorKind::issuer_unavailable && error.retry_after) {
      pause_until_ = deadline_after(now, std::max(*error.retry_after, std::chrono::seconds(1)));
      if (pause_until_ < deadline_) return Step::pause;
    }
    return finish(std::move(error));
  }

  Step finish(Result<HttpResponse> result) {
    result_ = std::move(result);
    return Step::finish;
  }

  Clock::Steady deadline_;
  Clock::Steady pause_until_;
  int attempts_ = 0;
  std::optional<AccessToken> token_;
  std::optional<AccessToken> first_token_;  ///< Only once it has been refused.
  std::optional<Result<HttpResponse>> result_;
};

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
