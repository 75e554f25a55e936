#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "call/detail/caller.hpp"
#include "curl/transport.hpp"
#include "records/services.hpp"
#include "token/credentials.hpp"
#include "token/provider.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

template <class T>
inline constexpr bool is_text =
    std::is_convertible_v<const T&, std::string> || std::is_convertible_v<const T&, std::string_view>;

}  // namespace detail

/// Reaches everything. A client that is given a provider uses that one's tokens, transport and clock, and of these
/// options `timeout`, `retry` and `on_event`.
struct ClientOptions {
  /// A whole call: the wait for a token and all attempts together.
  std::chrono::milliseconds timeout = std::chrono::seconds(120);
  RetryPolicy retry{};                     ///< When a call is sent again.
  EventHook on_event{};                    ///< Sees calls and, unless `token.on_event` is set, tokens.
  TokenOptions token{};                    ///< For the provider that the client makes.
  CurlOptions curl{};                      ///< For the transport that the client makes.
  std::shared_ptr<Transport> transport{};  ///< Used instead of a `CurlTransport`.
};

using Query = std::vector<std::pair<std::string, std::string>>;

/// The Movio Exhibitor API: sends requests with a token that it obtains and renews by itself. A handle: copies are
/// cheap and share the token, the connections and the options.
///
/// Thread-safety: every call from any thread, also on one object. When the last copy goes away, the asynchronous calls
/// under way are cancelled, and it waits until all are completed; inside one of their completions it does not wait.
///
/// Errors of every call: those of `TokenProvider::token`, those of `check_response`, and `connection tls proxy timeout
/// protocol too_large cancelled invalid_argument`. Paths are origin-relative ("/members"); put ids through
/// `path_segment`.
class ExhibitorClient {
 public:
  ExhibitorClient(Region region, CredentialSource source, const ClientOptions& options = {})
      : ExhibitorClient(exhibitor::endpoints(region), std::move(source), options) {}

  ExhibitorClient(Endpoints endpoints, CredentialSource source, const ClientOptions& options = {})
      : ExhibitorClient(make_provider(std::move(endpoints), std::move(source), options), options) {}

  /// Several clients may share one provider, and so one token.
  explicit ExhibitorClient(const std::shared_ptr<TokenProvider>& provider, const ClientOptions& options = {})
      : caller_(std::make_shared<const Caller>(provider, options.timeout, options.retry, options.on_event)) {}

  /// Whether the configuration can be used; every call reports the same error. Errors: `invalid_argument`.
  [[nodiscard]] const Result<void>& ready() const noexcept { return caller_->ready(); }

  [[nodiscard]] const std::shared_ptr<TokenProvider>& provider() const noexcept { return caller_->provider(); }

  // The resources; what holds for all of them stands in resources.hpp.
  [[nodiscard]] CinemaService cinemas() const { return CinemaService(caller_); }
  [[nodiscard]] FilmService films() const { return FilmService(caller_); }
  [[nodiscard]] ItemService items() const { return ItemService(caller_); }
  [[nodiscard]] TicketService tickets() const { return TicketService(caller_); }
  [[nodiscard]] MemberService members() const { return MemberService(caller_); }
  [[nodiscard]] TransactionService transactions() const { return TransactionService(caller_); }

  Result<HttpResponse> get(std::string path, Query query = {}) const {
    return send(request_for("GET", std::move(path), std::move(query)));
  }
  Result<HttpResponse> remove(std::string path, Query query = {}) const {
    return send(request_for("DELETE", std::move(path), std::move(query)));
  }
  Result<HttpResponse> post(std::string path, const nlohmann::json& body) const {
    return send_json("POST", std::move(path), body);
  }
  Result<HttpResponse> put(std::string path, const nlohmann::json& body) const {
    return send_json("PUT", std::move(path), body);
  }
  Result<HttpResponse> patch(std::string path, const nlohmann::json& body) const {
    return send_json("PATCH", std::move(path), body);
  }

  // JSON that is text already would be sent as one JSON string: it goes through send(), as a Body.
  template <class Text, class = std::enable_if_t<detail::is_text<Text>>>
  Result<HttpResponse> post(std::string path, const Text& body) const = delete;
  template <class Text, class = std::enable_if_t<detail::is_text<Text>>>
  Result<HttpResponse> put(std::string path, const Text& body) const = delete;
  template <class Text, class = std::enable_if_t<detail::is_text<Text>>>
  Result<HttpResponse> patch(std::string path, const Text& body) const = delete;

  /// Any method, raw bodies, query parameters, further headers, a timeout and a cancellation of the call's own.
  Result<HttpResponse> send(HttpRequest request) const {
    const auto caller = caller_;  // an event's hook may end this client
    return caller->send(std::move(request));
  }

  /// The same without waiting. The completion is called exactly once: on the transport's thread, or by this call itself
  /// when the request is refused as `invalid_argument`. It may start calls, cancel, and drop the client; it must not
  /// block, for it would hold up all other asynchronous calls. What it throws is told to `on_event`.
  void send_async(HttpRequest request, Caller::Completion completion) const {
    const auto caller = caller_;
    caller->send_async(std::move(request), std::move(completion));
  }

  /// The same as a future.
  [[nodiscard]] std::future<Result<HttpResponse>> send_async(HttpRequest request) const {
    const auto promise = std::make_shared<std::promise<Result<HttpResponse>>>();
    send_async(std::move(request), [promise](Result<HttpResponse> answer) { promise->set_value(std::move(answer)); });
    return promise->get_future();
  }

  /// Ends every call under way as `cancelled`, blocking ones too, also those begun through copies of this client.
  /// (`HttpRequest::cancel` ends one.)
  void cancel_all() const {
    const auto caller = caller_;
    caller->cancel_all();
  }

  /// Waits until every asynchronous call is completed. Errors: `timeout` when some are not by then, `invalid_argument`
  /// on the thread that completes them.
  Result<void> drain(Clock::Steady deadline) const { return caller_->drain(deadline); }
  /// The same for at most `duration`, for example `drain(std::chrono::seconds(30))`.
  Result<void> drain(std::chrono::milliseconds duration) const { return caller_->drain(duration); }

 private:
  static std::shared_ptr<TokenProvider> make_provider(Endpoints endpoints, CredentialSource source,
                                                      const ClientOptions& options) {
    TokenOptions token = options.token;
    if (!token.on_event) token.on_event = options.on_event;
    auto transport = options.transport ? options.transport : std::make_shared<CurlTransport>(options.curl);
    return std::make_shared<TokenProvider>(std::move(endpoints), std::move(source), std::move(token),
                                           std::move(transport));
  }

  static HttpRequest request_for(const char* method, std::string path, Query query) {
    HttpRequest request;
    request.method = method;
    request.target = std::move(path);
    request.query = std::move(query);
    return request;
  }

  Result<HttpResponse> send_json(const char* method, std::string path, const nlohmann::json& body) const {
    auto text = detail::dump_json(body);
    if (!text) return std::move(text.error());
    HttpRequest request = request_for(method, std::move(path), {});
    request.body = Body(*std::move(text));
    return send(std::move(request));
  }

  std::shared_ptr<const Caller> caller_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor
