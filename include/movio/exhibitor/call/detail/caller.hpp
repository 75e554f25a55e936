// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/events.hpp"
#include "../../core/new_shared.hpp"
#include "../../token/provider.hpp"
#include "../retry.hpp"
#include "async_driver.hpp"
#include "call.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Runs API calls: authorizes, sends, repeats where that is safe and useful, and explains.
///
/// Thread-safety: every call from any thread. The destructor cancels the asynchronous calls under way and waits until
/// all are completed; inside one of their completions it does not wait.
class Caller {
 public:
  using Completion = std::function<void(Result<HttpResponse>)>;

  /// `timeout` bounds a call that sets none of its own: the waits for a token, all attempts and the pauses between
  /// them.
  Caller(const std::shared_ptr<TokenProvider>& provider, std::chrono::milliseconds timeout, const RetryPolicy& retry,
         EventHook on_event)
      : ready_(configuration_of(provider, timeout, retry)) {
    if (provider) core_ = detail::new_shared<detail::CallerCore>(provider, timeout, retry, std::move(on_event));
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() {
    auto* active = core_ ? core_->active.own() : nullptr;
    if (active == nullptr) return;
    active->cancel_all();
    if (may_wait(*active)) active->wait(provider()->clock(), Clock::Steady::max());
  }

  [[nodiscard]] const Result<void>& ready() const noexcept { return ready_; }
  [[nodiscard]] const std::shared_ptr<TokenProvider>& provider() const noexcept {
    static const std::shared_ptr<TokenProvider> none;
    return core_ ? core_->provider : none;
  }

  /// Sends a request in the calling thread and waits for the outcome.
  Result<HttpResponse> send(HttpRequest request) const {
    if (auto usable = check(request); !usable) return std::move(usable.error());
    detail::Call call(core_, std::move(request));
    return drive(call);
  }

  /// Sends a request and returns at once. The completion is called exactly once: on the transport's thread, or by this
  /// call itself when the request is refused as `invalid_argument`.
  void send_async(HttpRequest request, Completion completion) const {
    if (const auto usable = check(request); !usable) return refuse(completion, usable.error());
    std::make_shared<detail::AsyncDriver>(core_, std::move(request), std::move(completion))->begin();
  }

  /// Ends every call under way as `cancelled`, blocking ones too.
  void cancel_all() const {
    if (core_) core_->active.get()->cancel_all();
  }

  Result<void> drain(std::chrono::milliseconds duration) const {
    if (!core_) return ready_.error();
    return drain(detail::deadline_after(provider()->clock().now(), duration));
  }

  /// Waits until every asynchronous call is completed. Errors: `timeout` when some are not by then, `invalid_argument`
  /// on the transport's own thread.
  Result<void> drain(Clock::Steady deadline) const {
    if (!core_) return ready_.error();
    if (!may_wait(*core_->active.get())) {
      return detail::invalid_argument("drain is not allowed in a callback (it would deadlock)");
    }
    if (core_->active.get()->wait(provider()->clock(), deadline)) return {};
    return detail::make_error(ErrorKind::timeout,
                              "not every call was completed by the deadline; cancel_all() ends them");
  }

 private:
  using Step = detail::CallMachine::Step;

  /// Not inside a completion, nor on the thread that runs them.
  [[nodiscard]] bool may_wait(detail::ActiveCalls& active) const {
    return provider()->transport()->may_block() && !active.completions().inside();
  }

  static Result<void> configuration_of(const std::shared_ptr<TokenProvider>& provider,
                                       std::chrono::milliseconds timeout, const RetryPolicy& retry) {
    if (!provider) return detail::invalid_argument("the client was given no token provider");
    if (timeout.count() <= 0) return detail::invalid_argument("ClientOptions::timeout must be positive");
    if (retry.max_attempts < 1 || retry.first_pause.count() < 0 || retry.longest_pause.count() < 0 || retry.budget < 0)
      return detail::invalid_argument("RetryPolicy needs one attempt or more, and nothing negative");
    return provider->ready();
  }

  static Result<void> check_request(const HttpRequest& request) {
    const auto is_token_character = [](char c) {  // RFC 9110 section 5.6.2
      constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
      return detail::is_alpha(c) || detail::is_digit(c) || marks.find(c) != std::string_view::npos;
    };
    const auto is_token = [&](const std::string& text) {
      return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
    };
    if (!is_token(request.method) || request.method == "CONNECT" || request.method == "TRACE") {
      return detail::invalid_argument("the method is not one that the API can be called with");
    }
    if (request.max_attempts && *request.max_attempts < 1) {
      return detail::invalid_argument("HttpRequest::max_attempts must be 1 or more");
    }
    if (const char* problem = detail::path_problem(request.path)) {
      return detail::invalid_argument(std::string("the path is not acceptable: ") + problem);
    }
    for (const auto& [name, value] : request.headers) {
      if (!is_token(name)) return detail::invalid_argument("a header's name is empty or holds a character it may not");
      if (breaks_out(value)) {
        return detail::invalid_argument("the value of header " + name + " holds a control character");
      }
      if (is_ours(name))
        return detail::invalid_argument("header " + name + " is set by the library, not by the caller");
    }
    if (breaks_out(request.body.content_type())) {
      return detail::invalid_argument("the body's content type holds a control character");
    }
    return {};
  }

  /// Whether a header's value would not stay one (RFC 9110 section 5.5).
  static bool breaks_out(std::string_view value) noexcept {
    return std::any_of(value.begin(), value.end(), [](char c) { return detail::is_control(c) && c != '\t'; });
  }

  static bool is_ours(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 7> ours{"Authorization",     "Host",       "Content-Length",     "Expect",
                                                   "Transfer-Encoding", "Connection", "Proxy-Authorization"};
    return std::any_of(ours.begin(), ours.end(),
                       [name](std::string_view other) { return detail::equal_ignoring_case(name, other); });
  }

  [[nodiscard]] Result<void> check(const HttpRequest& request) const {
    return ready_ ? check_request(request) : ready_;
  }

  void refuse(const Completion& completion, const Error& error) const noexcept {
    try {
      completion(error);
    } catch (...) {
      Event thrown;
      thrown.kind = EventKind::callback_failed;
      if (core_) detail::tell_hook(core_->on_event, thrown);
    }
  }

  /// The blocking driver: does what the call says until it says that the call is over.
  static Result<HttpResponse> drive(detail::Call& call) {
    Step step = Step::obtain_token;
    while (step != Step::finish) {
      switch (step) {
        case Step::obtain_token:
          step = call.token_obtained(call.provider().token(call.deadline(), call.cancel()));
          break;
        case Step::pause:
          detail::pause(call.clock(), call.pause_until(), call.cancel());
          step = call.resumed();
          break;
        case Step::send:
          call.begin_attempt();
          step = call.answered(call.transport().send(call.request()));
          break;
        case Step::reject_token:
          step = call.reject_token();
          break;
        case Step::confirm_rejection:
          step = call.confirm_rejection();
          break;
        case Step::finish:
          break;
      }
    }
    return call.conclude();
  }

  const Result<void> ready_;
  std::shared_ptr<detail::CallerCore> core_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor
