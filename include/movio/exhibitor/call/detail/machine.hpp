// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/clock.hpp"
#include "../../core/http.hpp"
#include "../../core/result.hpp"
#include "../../detail/text/retry_after.hpp"
#include "../../token/access_token.hpp"
#include "../retry.hpp"
#include "api_words.hpp"
#include "challenge.hpp"
#include "repetition.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// One API call as a state machine: it takes what happened and returns the next step. It does no I/O and reads no
/// clock, so that the blocking and the asynchronous driver share its rules, and tests need neither sockets nor sleep.
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

  /// What a call may do after transient failures.
  struct Repetition {
    const RetryPolicy& policy;
    RetryBudget& budget;
    double (*chance)();  ///< From 0 to 1.
    bool allowed;        ///< Repeating is safe even if the server may have acted on the request.
    int max_attempts;
  };

  /// The references in `repetition` must outlive the machine.
  CallMachine(Clock::Steady deadline, const Repetition& repetition) noexcept
      : deadline_(deadline), repetition_(repetition) {}

  [[nodiscard]] Clock::Steady deadline() const noexcept { return deadline_; }
  [[nodiscard]] int attempts() const noexcept { return attempts_; }
  [[nodiscard]] const AccessToken& token() const noexcept { return *token_; }
  /// Whether the API may have processed one of the attempts.
  [[nodiscard]] bool may_have_acted() const noexcept { return may_have_acted_; }

  /// The tokens of the attempts that may be the outcome: first refusal, kept failure, last answer.
  [[nodiscard]] SentTokens tokens() const noexcept {
    const auto text = [](const auto& token) { return token ? token->reveal() : std::string_view(); };
    return {text(refused_token_), text(failed_token_), text(token_)};
  }

  /// The time left for an attempt that begins at `now`.
  [[nodiscard]] std::chrono::milliseconds time_left(Clock::Steady now) const noexcept {
    return std::chrono::ceil<std::chrono::milliseconds>(deadline_ - now);
  }

  /// When a `pause` ends; before the deadline.
  [[nodiscard]] Clock::Steady pause_until() const noexcept { return pause_until_; }

  Step token_obtained(Result<AccessToken>&& token, Clock::Steady now) {
    if (!token) return without_token(std::move(token.error()), now);
    if (now >= deadline_) return finish(out_of_time());
    token_ = *std::move(token);
    ++attempts_;
    return Step::send;
  }

  /// A Retry-After with a date counts from `wall`.
  Step answered(Result<HttpResponse>&& answer, Clock::Steady now, std::chrono::system_clock::time_point wall) {
    may_have_acted_ = may_have_acted_ || leaves_open(answer);
    if (answer && answer->status == 401 && !lacks_scope(*answer)) return refused(std::move(answer));
    if (answer && answer->status < 500)
      token_->note_accepted();  // a 5xx may be a gateway's, which does not look at the token
    if (passes(answer)) return failed(std::move(answer), now, wall);
    if (answer && is_success_status(answer->status)) repetition_.budget.succeeded();
    return finish(std::move(answer));
  }

  Step rejection_noted(bool replay) { return replay ? Step::obtain_token : finish(*std::move(refusal_)); }

  /// The call was cancelled during a pause.
  Step cancelled() { return finish(make_error(ErrorKind::cancelled, "the request was cancelled")); }

  /// The outcome, once.
  [[nodiscard]] Result<HttpResponse> take_result() { return *std::move(result_); }

 private:
  /// Whether the failure is transient.
  static bool passes(const Result<HttpResponse>& answer) noexcept {
    if (answer) return is_passing_status(answer->status);
    return answer.error().kind == ErrorKind::connection || answer.error().kind == ErrorKind::timeout;
  }

  /// Whether the API may have processed the request; also true for an invalid 2xx.
  static bool leaves_open(const Result<HttpResponse>& answer) noexcept {
    if (!answer) return !answer.error().nothing_sent;
    return answer->status == 408 || answer->status >= 500 || is_success_status(answer->status);
  }

  /// Waits for an issuer that is down or throttles, unless it asks for more time than is left.
  Step without_token(Error error, Clock::Steady now) {
    if (error.kind == ErrorKind::issuer_unavailable && error.retry_after) {
      const auto pause = std::max<std::chrono::milliseconds>(*error.retry_after, std::chrono::seconds(1));
      if (pauses(pause, now)) return Step::pause;
    }
    return finish(failure_ ? *std::move(failure_) : std::move(error));
  }

  Step refused(Result<HttpResponse>&& answer) {
    if (refusal_) {
      finish(*std::move(refusal_));  // the first refusal has the meaningful reason
      return Step::confirm_rejection;
    }
    refusal_ = std::move(answer);
    refused_token_ = token_;
    return Step::reject_token;
  }

  Step failed(Result<HttpResponse>&& answer, Clock::Steady now, std::chrono::system_clock::time_point wall) {
    const bool allowed = repetition_.allowed || (!answer && answer.error().nothing_sent);
    const auto asked_for = retry_after(answer, wall);
    const bool throttled = answer && answer->status == 429 && !asked_for;
    keep_first(std::move(answer));
    if (!allowed || ++failures_ >= repetition_.max_attempts) return finish(*std::move(failure_));
    RetryPolicy policy = repetition_.policy;
    if (throttled) policy.first_pause = std::max(policy.first_pause, throttled_first_pause);
    const auto pause =
        pause_after(policy, failures_, repetition_.chance()) + asked_for.value_or(std::chrono::seconds(0));
    return pauses(pause, now) && repetition_.budget.take() ? Step::pause : finish(*std::move(failure_));
  }

  /// Keeps the first failure as the meaningful one, but prefers an answer to none.
  void keep_first(Result<HttpResponse>&& answer) {
    if (failure_ && (!answer || *failure_)) return;
    failure_ = std::move(answer);
    failed_token_ = token_;
  }

  static std::optional<std::chrono::seconds> retry_after(const Result<HttpResponse>& answer,
                                                         std::chrono::system_clock::time_point wall) {
    const std::string* value = answer ? answer->headers.find("Retry-After") : nullptr;
    return value != nullptr ? parse_retry_after(*value, wall) : std::nullopt;
  }

  bool pauses(std::chrono::milliseconds pause, Clock::Steady now) noexcept {
    pause_until_ = deadline_after(now, pause);
    return pause_until_ < deadline_;
  }

  [[nodiscard]] Result<HttpResponse> out_of_time() {
    if (failure_) return *std::move(failure_);
    return make_error(ErrorKind::timeout, attempts_ == 0
                                              ? "the time for the call ran out before it was sent"
                                              : "the time for the call ran out before it was sent again, after the API "
                                                "had answered 401");
  }

  Step finish(Result<HttpResponse>&& result) {
    result_ = std::move(result);
    return Step::finish;
  }

  const Clock::Steady deadline_;
  const Repetition repetition_;
  Clock::Steady pause_until_;
  int attempts_ = 0;
  bool may_have_acted_ = false;
  int failures_ = 0;  ///< Attempts with transient failures.
  std::optional<AccessToken> token_;
  std::optional<Result<HttpResponse>> refusal_;  ///< The first 401 ...
  std::optional<AccessToken> refused_token_;     ///< ... and its token.
  std::optional<Result<HttpResponse>> failure_;  ///< The first transient failure ...
  std::optional<AccessToken> failed_token_;      ///< ... and its token.
  std::optional<Result<HttpResponse>> result_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
