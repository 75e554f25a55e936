#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "detail/call.hpp"
#include "detail/json.hpp"
#include "events.hpp"
#include "retry.hpp"
#include "token_provider.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

inline ErrorKind kind_of_status(const HttpResponse& response) noexcept {
  switch (response.status) {
    case 401:
      return lacks_scope(response) ? ErrorKind::forbidden : ErrorKind::unauthorized;
    case 403:
      return ErrorKind::forbidden;
    case 404:
      return ErrorKind::not_found;
    case 407:
      return ErrorKind::proxy;
    case 408:
      return ErrorKind::server_error;
    case 429:
      return ErrorKind::rate_limited;
    default:
      break;
  }
  if (response.status >= 500) return ErrorKind::server_error;
  return response.status >= 400 ? ErrorKind::rejected : ErrorKind::protocol;
}

inline const char* advice_for(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::unauthorized:
      return "; check that the credentials, the region and the audience belong together";
    case ErrorKind::forbidden:
      return "; the token lacks a permission: check the client's scopes in Movio EQ";
    case ErrorKind::rejected:
      return "; correct the request (Error::details may name the records)";
    case ErrorKind::rate_limited:
    case ErrorKind::server_error:
      return "; try again later";
    case ErrorKind::protocol:
      return "; check api_url (redirects are not followed)";
    default:
      return "";
  }
}

/// What an error must not repeat of an answer's own words.
struct Confidential {
  std::array<std::string_view, 2> tokens{};  ///< Those that were sent.
  std::string_view path{};                   ///< Whose ids are personal.
};

inline std::string without_tokens(std::string text, const Confidential& confidential) {
  for (const auto token : confidential.tokens) strike_out(text, token);
  return text;
}

/// The reason in `WWW-Authenticate`, or the API's `message`; bounded, without control characters and what is
/// confidential. It is struck out before the text is cut: half a token would not be recognized.
inline std::string reason_in(const HttpResponse& response, const nlohmann::json& body,
                             const Confidential& confidential) {
  std::string reason = challenge_parameter(response, "error_description");
  if (reason.empty()) reason = challenge_parameter(response, "error");
  if (reason.empty()) reason = string_member(body, "message");
  reason = without_tokens(std::move(reason), confidential);
  strike_out_ids(reason, confidential.path);
  return clean_text(reason, 512);
}

inline bool begins_like_html(std::string_view body) {
  const auto start = body.find_first_not_of(" \t\r\n");
  const auto begins_with = [&](std::string_view tag) {
    return start != std::string_view::npos && equal_ignoring_case(body.substr(start, tag.size()), tag);
  };
  return begins_with("<!doctype html") || begins_with("<html");
}

/// What makes a 2xx answer impossible for this API; nullptr when nothing does.
inline const char* impossible_success(const HttpResponse& response, std::string_view method) {
  const std::string* type = response.headers.find("Content-Type");
  const auto is_type = [type](std::string_view wanted) {
    return type != nullptr && equal_ignoring_case(trim(std::string_view(*type).substr(0, type->find(';'))), wanted);
  };
  if (is_type("text/html") || begins_like_html(response.body)) return "an HTML page where JSON was due";
  const bool writes = method == "PUT" || method == "PATCH" || method == "POST";
  if (writes && response.status != 204 && is_type("application/json") && !nlohmann::json::accept(response.body)) {
    return "a body that is called JSON but is not";
  }
  return nullptr;
}

}  // namespace detail

/// Decides what an answer means: a 2xx is passed on, anything else becomes an `Error`. `route` is a template without
/// ids. Errors: `unauthorized forbidden not_found rejected rate_limited server_error protocol proxy`.
inline Result<HttpResponse> check_response(HttpResponse response, std::string_view method, std::string_view route,
                                           const detail::Confidential& confidential = {}) {
  constexpr std::size_t max_details = std::size_t{64} << 10U;
  const std::string operation = std::string(method) + ' ' + std::string(route);
  Error error;
  error.http_status = response.status;
  if (const auto* id = response.headers.find("X-Request-Id")) {
    error.request_id = detail::clean_text(detail::without_tokens(*id, confidential), 128);
  }
  if (response.status >= 200 && response.status < 300) {
    const char* problem = detail::impossible_success(response, method);
    if (problem == nullptr) return response;
    error.kind = ErrorKind::protocol;
    error.message = operation + ": the API answered with " + problem + "; check api_url and any proxy on the way";
    return error;
  }
  const auto parsed = detail::parse_json(response.body, "the answer");
  const nlohmann::json body = parsed && parsed->is_object() ? *parsed : nlohmann::json::object();
  const std::string reason = detail::reason_in(response, body, confidential);
  error.kind = detail::kind_of_status(response);
  error.message = operation + ": the API answered HTTP " + std::to_string(response.status);
  if (!reason.empty()) error.message += " (" + reason + ')';
  error.message += detail::advice_for(error.kind);
  if (const auto* value = response.headers.find("Retry-After")) {
    error.retry_after = detail::parse_retry_after(*value, std::chrono::system_clock::now());
  }
  if (const auto entities = body.find("entities"); entities != body.end()) {
    if (auto text = detail::dump_json(*entities)) {
      error.details = detail::clean_text(detail::without_tokens(*std::move(text), confidential), max_details);
    }
  }
  return error;
}

/// Runs API calls: each is authorized, sent, replayed once with a new token when the API refuses the old one, and
/// explained. Thread-safety: every call from any thread.
class Caller {
 public:
  /// `timeout` bounds a call that sets none of its own: the wait for a token and all attempts together.
  Caller(std::shared_ptr<TokenProvider> provider, std::chrono::milliseconds timeout, EventHook on_event)
      : provider_(std::move(provider)), timeout_(timeout), on_event_(std::move(on_event)) {
    if (!provider_) {
      ready_ = detail::invalid_argument("the client was given no token provider");
      return;
    }
    base_ = provider_->endpoints().api_url;
    if (!base_.empty() && base_.back() == '/') base_.pop_back();
    if (timeout_.count() <= 0) ready_ = detail::invalid_argument("ClientOptions::timeout must be positive");
    if (!provider_->ready()) ready_ = provider_->ready();
  }

  [[nodiscard]] const Result<void>& ready() const noexcept { return ready_; }
  [[nodiscard]] const std::shared_ptr<TokenProvider>& provider() const noexcept { return provider_; }

  /// Sends a request in the calling thread and waits for the outcome.
  Result<HttpResponse> send(HttpRequest request) const {
    if (!ready_) return ready_.error();
    if (auto usable = check_request(request); !usable) return std::move(usable.error());
    const std::string route = detail::route_template(request.target);
    address(request);

    Clock& clock = provider_->clock();
    const auto timeout = std::max(request.timeout.value_or(timeout_), std::chrono::milliseconds(0));
    detail::CallMachine call(detail::deadline_after(clock.now(), timeout));
    run(call, request, route);
    return explain(call, request, route);
  }

 private:
  using Step = detail::CallMachine::Step;

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
    if (const char* problem = detail::path_problem(request.target)) {
      return detail::invalid_argument(std::string("the path is not acceptable: ") + problem);
    }
    for (const auto& [name, value] : request.headers) {
      if (!is_token(name)) return detail::invalid_argument("a header's name is empty or holds a character it may not");
      if (std::any_of(value.begin(), value.end(), [](char c) { return detail::is_control(c) && c != '\t'; })) {
        return detail::invalid_argument("the value of header " + name + " holds a control character");
      }
      if (is_ours(name))
        return detail::invalid_argument("header " + name + " is set by the library, not by the caller");
    }
    return {};
  }

  static bool is_ours(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 6> ours{"Authorization",     "Host",       "Content-Length",
                                                   "Transfer-Encoding", "Connection", "Proxy-Authorization"};
    return std::any_of(ours.begin(), ours.end(),
                       [name](std::string_view other) { return detail::equal_ignoring_case(name, other); });
  }

  /// Makes the target absolute, the query included.
  void address(HttpRequest& request) const {
    char separator = request.target.find('?') == std::string::npos ? '?' : '&';
    request.target.insert(0, base_);
    for (const auto& [name, value] : request.query) {
      request.target += separator + detail::percent_encode(name) + '=' + detail::percent_encode(value);
      separator = '&';
    }
    request.query.clear();
    if (request.headers.find("Accept") == nullptr) request.headers.add("Accept", "application/json");
  }

  /// The blocking driver: does what the machine says until it says that the call is over.
  void run(detail::CallMachine& call, HttpRequest& request, const std::string& route) const {
    Step step = Step::obtain_token;
    while (step != Step::finish) {
      switch (step) {
        case Step::obtain_token:
          step = call.token_obtained(provider_->token(call.deadline(), request.cancel), provider_->clock().now());
          break;
        case Step::pause:
          detail::pause(provider_->clock(), call.pause_until(), request.cancel);
          step = Step::obtain_token;
          break;
        case Step::send:
          step = call.answered(attempt(call, request, route));
          break;
        case Step::reject_token:
          step = call.rejection_noted(provider_->reject(call.token()));
          break;
        case Step::confirm_rejection:
          provider_->confirm_rejection(call.token());
          step = Step::finish;
          break;
        case Step::finish:
          break;
      }
    }
  }

  Result<HttpResponse> attempt(const detail::CallMachine& call, HttpRequest& request, const std::string& route) const {
    const Clock& clock = provider_->clock();
    const auto begun = clock.now();
    request.authorization = call.token().authorization_line();
    request.timeout = call.time_left(begun);
    auto answer = provider_->transport()->send(request);

    Event event;
    event.method = request.method;
    event.route = route;
    event.attempt = call.attempts();
    event.duration = std::chrono::duration_cast<std::chrono::microseconds>(clock.now() - begun);
    if (answer) {
      event.http_status = answer->status;
    } else {
      event.error = &answer.error();
    }
    detail::emit(on_event_, event);
    return answer;
  }

  Result<HttpResponse> explain(detail::CallMachine& call, const HttpRequest& request, const std::string& route) const {
    auto result = call.take_result();
    const std::string_view path = std::string_view(request.target).substr(base_.size());
    if (result) {
      const detail::Confidential confidential{{call.first_token().reveal(), call.token().reveal()}, path};
      result = check_response(*std::move(result), request.method, route, confidential);
      if (result) return result;
    } else {
      detail::strike_out_ids(result.error().message, path);
      if (call.attempts() > 0) detail::strike_out(result.error().message, call.token().reveal());
    }
    result.error().attempts = call.attempts();
    return result;
  }

  std::shared_ptr<TokenProvider> provider_;
  std::chrono::milliseconds timeout_;
  EventHook on_event_;
  std::string base_;
  Result<void> ready_;
};

}  // namespace v0
}  // namespace movio::exhibitor
