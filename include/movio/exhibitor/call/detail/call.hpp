// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/events.hpp"
#include "../../core/new_shared.hpp"
#include "../../detail/os/fork_local.hpp"
#include "../../detail/os/random.hpp"
#include "../../token/provider.hpp"
#include "active_calls.hpp"
#include "machine.hpp"
#include "response_error.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Names for the calls of one client in one process.
class CallIds {
 public:
  CallIds() {
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::uint64_t bits = random_bits(); prefix_.size() < 16; bits /= digits.size()) {
      prefix_ += digits[bits % digits.size()];
    }
    prefix_ += '-';
  }

  /// A name that no other call has, in this process or another.
  [[nodiscard]] std::string next() { return prefix_ + std::to_string(++last_); }

 private:
  std::string prefix_;
  std::atomic<std::uint64_t> last_{0};
};

/// What the calls of one client share.
struct CallerCore {
  CallerCore(std::shared_ptr<TokenProvider> tokens, std::chrono::milliseconds longest, const RetryPolicy& policy,
             EventHook hook)
      : provider(std::move(tokens)),
        timeout(longest),
        retry(policy),
        on_event(std::move(hook)),
        budget(policy.budget),
        ids([](const CallIds* /*the parent's: left alone*/) { return new_shared<CallIds>(); }),
        active([](const ActiveCalls* /*the parent's: left alone*/) { return new_shared<ActiveCalls>(); }) {
    base = provider->endpoints().api_url;
    if (!base.empty() && base.back() == '/') base.pop_back();
  }

  const std::shared_ptr<TokenProvider> provider;
  const std::chrono::milliseconds timeout;
  const RetryPolicy retry;
  const EventHook on_event;
  std::string base;  ///< The API's URL without a slash at its end.
  RetryBudget budget;
  ForkLocal<CallIds> ids;
  ForkLocal<ActiveCalls> active;
};

/// One call from its acceptance to its outcome: what both drivers share. Executes the steps of the machine that need no
/// waiting.
class Call {
 public:
  using Step = CallMachine::Step;

  /// The request must have been checked.
  Call(std::shared_ptr<CallerCore> core, HttpRequest&& request)
      : core_(std::move(core)),
        route_(core_->on_event ? route_template(request.path) : std::string()),
        context_(std::move(request.context)),
        begun_(clock().now()),
        machine_(
            deadline_after(begun_, std::max(request.timeout.value_or(core_->timeout), std::chrono::milliseconds(0))),
            {core_->retry, core_->budget, &chance, is_repeatable(request),
             request.max_attempts.value_or(core_->retry.max_attempts)}) {
    address(request);
    request_.method = std::move(request.method);
    request_.headers = std::move(request.headers);
    request_.body = std::move(request.body);
    request_.max_response_bytes = request.max_response_bytes;
    request_.idempotent = request.idempotent;
    identify();
    link_cancellation(request.cancel);
  }

  [[nodiscard]] Clock& clock() const noexcept { return core_->provider->clock(); }
  [[nodiscard]] TokenProvider& provider() const noexcept { return *core_->provider; }
  [[nodiscard]] Transport& transport() const noexcept { return *core_->provider->transport(); }
  [[nodiscard]] CallerCore& core() const noexcept { return *core_; }
  [[nodiscard]] const TransportRequest& request() const noexcept { return request_; }
  [[nodiscard]] const CancelToken& cancel() const noexcept { return request_.cancel; }
  [[nodiscard]] Clock::Steady deadline() const noexcept { return machine_.deadline(); }
  [[nodiscard]] Clock::Steady pause_until() const noexcept { return machine_.pause_until(); }

  Step token_obtained(Result<AccessToken>&& token) {
    const auto failure = token || !core_->on_event ? std::nullopt : std::optional<Error>(token.error());
    attempt_begun_ = clock().now();
    const Step step = machine_.token_obtained(std::move(token), attempt_begun_);
    if (step == Step::pause) tell_of_retry(0, failure ? &*failure : nullptr);
    return step;
  }

  /// Makes the request ready for the attempt that the token was for.
  void begin_attempt() {
    request_.authorization = machine_.token().authorization_line();
    request_.timeout = machine_.time_left(attempt_begun_);
    if (core_->on_event) emit_event(event_of(EventKind::attempt_started));
  }

  Step answered(Result<HttpResponse>&& answer) {
    const int status = answer ? answer->status : 0;
    if (!answer) strike_out_confidential(answer.error());
    std::optional<Error> failure;
    if (core_->on_event) {
      if (!answer) failure = answer.error();
      tell_of_attempt(answer);
    }
    const Step step = machine_.answered(std::move(answer), clock().now(), clock().moment().wall);
    if (step == Step::pause) tell_of_retry(status, failure ? &*failure : nullptr);
    return step;
  }

  Step reject_token() { return machine_.rejection_noted(provider().reject(machine_.token())); }

  Step confirm_rejection() {
    provider().confirm_rejection(machine_.token());
    return Step::finish;
  }

  /// The step after a pause.
  Step resumed() { return cancel().cancelled() ? machine_.cancelled() : Step::obtain_token; }

  /// The transport accepts no more timers, so the call ends as cancelled.
  Step stopped() { return machine_.cancelled(); }

  /// Reports that a completion threw an exception.
  void tell_of_throw() const { emit_event(event_of(EventKind::callback_failed)); }

  /// The call's outcome, explained; once, after `Step::finish`.
  Result<HttpResponse> conclude() {
    auto result = explained(machine_.take_result());
    if (core_->on_event) {
      Event event = event_of(EventKind::call_finished);
      event.duration = since(begun_);
      event.http_status = result ? result->status : result.error().http_status;
      if (!result) event.error = &result.error();
      emit_event(event);
    }
    return result;
  }

 private:
  static constexpr const char* id_name = "X-Request-Id";

  void address(const HttpRequest& request) {
    std::string& url = request_.url;
    url = core_->base + request.path;
    char separator = request.path.find('?') == std::string::npos ? '?' : '&';
    for (const auto& [name, value] : request.query) {
      url += separator + percent_encode(name) + '=' + percent_encode(value);
      separator = '&';
    }
  }

  void identify() {
    if (request_.headers.find("Accept") == nullptr) request_.headers.add("Accept", "application/json");
    if (request_.headers.find(id_name) == nullptr) request_.headers.add(id_name, core_->ids.get()->next());
  }
  [[nodiscard]] const std::string& id() const noexcept { return *request_.headers.find(id_name); }

  void link_cancellation(const CancelToken& own) {
    const CancelToken all = core_->active.get()->cancel_token();
    if (own) either_.emplace(own, all);
    request_.cancel = either_ ? either_->token() : all;
  }

  Result<HttpResponse> explained(Result<HttpResponse> result) const {
    if (result && is_success(*result, request_.method)) {
      result->attempts = machine_.attempts();
      return result;
    }
    if (result) {
      result = error_of(*result, request_.method, route_template(path()), confidential(), clock().moment().wall);
    }
    result.error().attempts = machine_.attempts();
    result.error().may_have_acted = machine_.may_have_acted();
    result.error().nothing_sent = result.error().nothing_sent && !machine_.may_have_acted();
    if (result.error().request_id.empty()) result.error().request_id = clean_text(id(), 128);
    return result;
  }

  [[nodiscard]] std::string_view path() const { return std::string_view(request_.url).substr(core_->base.size()); }

  [[nodiscard]] Confidential confidential() const { return {machine_.tokens(), path(), !request_.body}; }

  /// Removes ids and tokens from a transport's error, before any event has it.
  void strike_out_confidential(Error& error) const {
    error.message = without_tokens(std::move(error.message), machine_.tokens());
    strike_out_personal(error.message, path());
    error.message = clean_message(std::move(error.message));  // an id may have been a part of a character
    error.details = without_tokens(std::move(error.details), machine_.tokens());
  }

  [[nodiscard]] std::chrono::microseconds since(Clock::Steady begun) const {
    return std::chrono::duration_cast<std::chrono::microseconds>(clock().now() - begun);
  }

  [[nodiscard]] Event event_of(EventKind kind) const {
    Event event;
    event.kind = kind;
    event.call_id = id();
    event.method = request_.method;
    event.route = route_;
    event.attempt = machine_.attempts();
    event.context = context_.get();
    return event;
  }

  void emit_event(const Event& event) const { tell_hook(core_->on_event, event); }

  void tell_of_attempt(const Result<HttpResponse>& answer) const {
    Event event = event_of(EventKind::attempt_finished);
    event.duration = since(attempt_begun_);
    if (answer) {
      event.http_status = answer->status;
      event.metrics = &answer->metrics;
    } else {
      event.error = &answer.error();
    }
    emit_event(event);
  }

  void tell_of_retry(int status, const Error* failure) const {
    if (!core_->on_event) return;
    Event event = event_of(EventKind::retry_planned);
    event.http_status = status;
    event.error = failure;
    event.pause = std::chrono::ceil<std::chrono::milliseconds>(machine_.pause_until() - clock().now());
    emit_event(event);
  }

  const std::shared_ptr<CallerCore> core_;
  const std::string route_;  ///< Empty when there is no hook to tell it to.
  const std::shared_ptr<void> context_;
  const Clock::Steady begun_;
  Clock::Steady attempt_begun_;
  std::optional<EitherCancelled> either_;
  CallMachine machine_;
  TransportRequest request_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
