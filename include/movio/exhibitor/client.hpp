// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "call/reasons.hpp"
#include "call/retry.hpp"
#include "curl/transport.hpp"
#include "detail/json/dump.hpp"
#include "records/services.hpp"
#include "token/provider.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Options of a client over an existing provider, whose tokens, transport and clock it uses.
struct SharedClientOptions {
  /// For a whole call: the wait for a token and all attempts.
  std::chrono::milliseconds timeout = std::chrono::seconds(120);
  RetryPolicy retry{};   ///< When a call is sent again.
  EventHook on_event{};  ///< Receives the events of calls; `TokenOptions::on_event` has those of tokens.
};

/// All options of a client that makes its own provider.
struct ClientOptions {
  /// For a whole call: the wait for a token and all attempts.
  std::chrono::milliseconds timeout = std::chrono::seconds(120);
  RetryPolicy retry{};   ///< When a call is sent again.
  EventHook on_event{};  ///< Receives the events of calls and, unless `token.on_event` is set, of tokens.
  TokenOptions token{};  ///< For the provider that the client makes.
  CurlOptions curl{};    ///< For the transport that the client makes.
  std::shared_ptr<Transport> transport{};  ///< Used instead of a `CurlTransport`.
};

using Query = std::vector<std::pair<std::string, std::string>>;

/// Client for the Movio Exhibitor API: obtains and renews tokens, and sends them with every request. A handle: copies
/// are cheap and share the token, the connections and the options.
///
/// Thread-safety: every call from any thread, also on one object. Destroying the last copy cancels the active
/// asynchronous calls and waits until they have completed, except inside one of their completions.
///
/// Errors of every call: those of `TokenProvider::token`; `unauthorized forbidden not_found rejected rate_limited
/// server_error` for a response of the API; `connection tls proxy timeout protocol too_large overloaded cancelled
/// invalid_argument`. Paths are origin-relative ("/members"); pass ids through `path_segment`.
class ExhibitorClient {
 public:
  ExhibitorClient(Region region, CredentialSource source, const ClientOptions& options = {});

  ExhibitorClient(Endpoints endpoints, CredentialSource source, const ClientOptions& options = {});

  /// Several clients may share one provider, and so one token.
  explicit ExhibitorClient(const std::shared_ptr<TokenProvider>& provider, const SharedClientOptions& options = {});

  /// Whether the configuration can be used; every call reports the same error. Errors: `invalid_argument`.
  [[nodiscard]] const Result<void>& ready() const noexcept;

  /// Where its tokens are from; empty for a client that was given none.
  [[nodiscard]] const std::shared_ptr<TokenProvider>& provider() const noexcept;

  // The resources; records/services.hpp describes them.
  [[nodiscard]] CinemaService cinemas() const { return CinemaService(caller_); }
  [[nodiscard]] FilmService films() const { return FilmService(caller_); }
  [[nodiscard]] ItemService items() const { return ItemService(caller_); }
  [[nodiscard]] TicketService tickets() const { return TicketService(caller_); }
  [[nodiscard]] MemberService members() const { return MemberService(caller_); }
  [[nodiscard]] TransactionService transactions() const { return TransactionService(caller_); }

  /// What members can subscribe to: where the `category_id` of a `Subscription` comes from. Changes nothing, and so is
  /// a harmless way to see whether the API takes this client's tokens.
  /// @operation GET /subscriptions/categories
  Result<std::vector<SubscriptionCategory>> subscription_categories(const CallOptions& options = {}) const;

  /// GET, for example `get("/films", {{"page", "2"}})`.
  Result<HttpResponse> get(std::string path, Query query = {}) const;
  /// DELETE.
  Result<HttpResponse> remove(std::string path, Query query = {}) const;
  /// POST with a JSON body, a `nlohmann::json`; include nlohmann/json.hpp to pass one. A POST is not repeated once
  /// the API may have received all of it. Errors: also `invalid_argument` for text that is not UTF-8 and for more than
  /// 64 levels.
  template <class Json = nlohmann::json>
  Result<HttpResponse> post(const std::string& path, const Json& body) const {
    return send_json("POST", path, detail::dump_json(body));
  }
  /// PUT with a JSON body, as `post` takes it.
  template <class Json = nlohmann::json>
  Result<HttpResponse> put(const std::string& path, const Json& body) const {
    return send_json("PUT", path, detail::dump_json(body));
  }
  /// PATCH with a JSON body, as `post` takes it. A PATCH is not repeated once the API may have received all of it.
  template <class Json = nlohmann::json>
  Result<HttpResponse> patch(const std::string& path, const Json& body) const {
    return send_json("PATCH", path, detail::dump_json(body));
  }

  /// Sends a request with any method, raw body, query parameters and headers, and with its own timeout and
  /// cancellation.
  Result<HttpResponse> send(HttpRequest request) const;

  /// Starts a call. The completion is called exactly once: on the transport's thread, or by this function when the
  /// request is refused as `invalid_argument`. It may start calls, cancel, and destroy the client. It must not block,
  /// because all asynchronous calls share that thread. Its exceptions are reported to `on_event`.
  void send_async(HttpRequest request, Transport::Completion completion) const;

  /// Starts a call; the future has its outcome.
  [[nodiscard]] std::future<Result<HttpResponse>> send_async(HttpRequest request) const;

  /// Cancels every active call, blocking or not, of this client and its copies. `HttpRequest::cancel` cancels one.
  void cancel_all() const;

  /// Waits until every asynchronous call has completed. Errors: `timeout` if some have not by `deadline`;
  /// `invalid_argument` in a completion.
  Result<void> drain(Clock::Steady deadline) const;
  /// Waits for `duration` at most.
  Result<void> drain(std::chrono::milliseconds duration) const;

 private:
  Result<HttpResponse> send_json(const char* method, const std::string& path, Result<std::string> text) const;

  std::shared_ptr<const Caller> caller_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/client.ipp"
#endif
