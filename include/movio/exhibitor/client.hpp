#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "caller.hpp"
#include "credentials.hpp"
#include "curl_transport.hpp"
#include "token_provider.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

template <class T>
inline constexpr bool is_text =
    std::is_convertible_v<const T&, std::string> || std::is_convertible_v<const T&, std::string_view>;

}  // namespace detail

/// Reaches everything. A client that is given a provider uses that one's tokens, transport and clock, and of these
/// options `timeout` and `on_event`.
struct ClientOptions {
  /// A whole call: the wait for a token and all attempts together.
  std::chrono::milliseconds timeout = std::chrono::seconds(120);
  EventHook on_event{};                    ///< Sees calls and, unless `token.on_event` is set, tokens.
  TokenOptions token{};                    ///< For the provider that the client makes.
  CurlOptions curl{};                      ///< For the transport that the client makes.
  std::shared_ptr<Transport> transport{};  ///< Used instead of a `CurlTransport`.
};

using Query = std::vector<std::pair<std::string, std::string>>;

/// The Movio Exhibitor API: sends requests with a token that it obtains and renews by itself. A handle: copies are
/// cheap and share the token, the connections and the options.
///
/// Thread-safety: every call from any thread, also on one object.
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
  explicit ExhibitorClient(std::shared_ptr<TokenProvider> provider, const ClientOptions& options = {})
      : caller_(std::make_shared<const Caller>(std::move(provider), options.timeout, options.on_event)) {}

  /// Whether the configuration can be used; every call reports the same error. Errors: `invalid_argument`.
  [[nodiscard]] const Result<void>& ready() const noexcept { return caller_->ready(); }

  [[nodiscard]] const std::shared_ptr<TokenProvider>& provider() const noexcept { return caller_->provider(); }

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

}  // namespace v0
}  // namespace movio::exhibitor
