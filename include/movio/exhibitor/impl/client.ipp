// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../call/detail/caller.hpp"
#include "../client.hpp"
#include "../core/new_shared.hpp"
#include "../curl/transport.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

inline std::shared_ptr<TokenProvider> make_provider(Endpoints endpoints, CredentialSource source,
                                                    const ClientOptions& options) {
  TokenOptions token = options.token;
  if (!token.on_event) token.on_event = options.on_event;
  auto transport = options.transport ? options.transport : new_shared<CurlTransport>(options.curl);
  return new_shared<TokenProvider>(std::move(endpoints), std::move(source), std::move(token), std::move(transport));
}

inline HttpRequest request_for(const char* method, std::string path, Query query) {
  HttpRequest request;
  request.method = method;
  request.path = std::move(path);
  request.query = std::move(query);
  return request;
}

}  // namespace detail

MOVIO_EXHIBITOR_INLINE ExhibitorClient::ExhibitorClient(Region region, CredentialSource source,
                                                        const ClientOptions& options)
    : ExhibitorClient(exhibitor::endpoints(region), std::move(source), options) {}

MOVIO_EXHIBITOR_INLINE ExhibitorClient::ExhibitorClient(Endpoints endpoints, CredentialSource source,
                                                        const ClientOptions& options)
    : ExhibitorClient(detail::make_provider(std::move(endpoints), std::move(source), options),
                      SharedClientOptions{options.timeout, options.retry, options.on_event}) {}

MOVIO_EXHIBITOR_INLINE ExhibitorClient::ExhibitorClient(const std::shared_ptr<TokenProvider>& provider,
                                                        const SharedClientOptions& options)
    : caller_(detail::new_shared<const Caller>(provider, options.timeout, options.retry, options.on_event)) {}

MOVIO_EXHIBITOR_INLINE const Result<void>& ExhibitorClient::ready() const noexcept { return caller_->ready(); }

MOVIO_EXHIBITOR_INLINE const std::shared_ptr<TokenProvider>& ExhibitorClient::provider() const noexcept {
  return caller_->provider();
}

MOVIO_EXHIBITOR_INLINE Result<HttpResponse> ExhibitorClient::get(std::string path, Query query) const {
  return send(detail::request_for("GET", std::move(path), std::move(query)));
}

MOVIO_EXHIBITOR_INLINE Result<HttpResponse> ExhibitorClient::remove(std::string path, Query query) const {
  return send(detail::request_for("DELETE", std::move(path), std::move(query)));
}

MOVIO_EXHIBITOR_INLINE Result<HttpResponse> ExhibitorClient::send_json(const char* method, const std::string& path,
                                                                       Result<std::string> text) const {
  if (!text) return std::move(text.error());
  HttpRequest request = detail::request_for(method, path, {});
  request.body = Body(*std::move(text));
  return send(std::move(request));
}

// Each holds the caller by itself: an event's hook may end the client.

MOVIO_EXHIBITOR_INLINE Result<std::vector<SubscriptionCategory>> ExhibitorClient::subscription_categories(
    const CallOptions& options) const {
  const auto caller = caller_;
  return detail::subscription_categories(*caller, options);
}

MOVIO_EXHIBITOR_INLINE Result<HttpResponse> ExhibitorClient::send(HttpRequest request) const {
  const auto caller = caller_;
  return caller->send(std::move(request));
}

MOVIO_EXHIBITOR_INLINE void ExhibitorClient::send_async(HttpRequest request, Transport::Completion completion) const {
  const auto caller = caller_;
  caller->send_async(std::move(request), std::move(completion));
}

MOVIO_EXHIBITOR_INLINE std::future<Result<HttpResponse>> ExhibitorClient::send_async(HttpRequest request) const {
  const auto promise = std::make_shared<std::promise<Result<HttpResponse>>>();
  send_async(std::move(request), [promise](Result<HttpResponse> answer) { promise->set_value(std::move(answer)); });
  return promise->get_future();
}

MOVIO_EXHIBITOR_INLINE void ExhibitorClient::cancel_all() const {
  const auto caller = caller_;
  caller->cancel_all();
}

MOVIO_EXHIBITOR_INLINE Result<void> ExhibitorClient::drain(Clock::Steady deadline) const {
  return caller_->drain(deadline);
}

MOVIO_EXHIBITOR_INLINE Result<void> ExhibitorClient::drain(std::chrono::milliseconds duration) const {
  return caller_->drain(duration);
}

}  // namespace v0_1
}  // namespace movio::exhibitor
