// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../core/new_shared.hpp"
#include "../../curl/transport.hpp"
#include "../../detail/os/fork_local.hpp"
#include "../../detail/os/system_clock.hpp"
#include "../detail/credential_check.hpp"
#include "../detail/provider_core.hpp"
#include "../provider.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

inline Result<void> configuration_of(const Endpoints& endpoints, const CredentialSource& source,
                                     const TokenOptions& options) {
  if (auto usable = check(endpoints); !usable) return usable;
  if (!source) return invalid_argument("the credential source is empty");
  if (options.timeout.count() <= 0) return invalid_argument("TokenOptions::timeout must be positive");
  constexpr std::chrono::hours ten_years(24 * 3652);
  if (options.assumed_lifetime.count() <= 0 || options.assumed_lifetime > ten_years)
    return invalid_argument("TokenOptions::assumed_lifetime must be positive, and at most ten years");
  if (!(options.renew_after > 0 && options.renew_after < 1))
    return invalid_argument("TokenOptions::renew_after must be above 0 and below 1");
  return {};
}

inline std::shared_ptr<const TokenSetup> setup_of(Endpoints endpoints, CredentialSource source, TokenOptions options,
                                                  const std::shared_ptr<Transport>& transport) {
  auto clock = options.clock ? options.clock : new_shared<SystemClock>();
  const std::weak_ptr<SharedTokens> store = std::exchange(options.store, nullptr);
  return new_shared<const TokenSetup>(
      TokenSetup{std::move(endpoints), std::move(source), std::move(options), std::move(clock), transport, store});
}

}  // namespace detail

struct TokenProvider::State {
  State(Endpoints endpoints, CredentialSource source, TokenOptions options, std::shared_ptr<Transport> carrier)
      : transport(carrier ? std::move(carrier) : detail::new_shared<CurlTransport>()),
        store(options.store),
        ready(detail::configuration_of(endpoints, source, options)),
        setup(detail::setup_of(std::move(endpoints), std::move(source), std::move(options), transport)),
        core([setup_of_core = setup](const detail::ProviderCore* parents) {
          return detail::new_shared<detail::ProviderCore>(setup_of_core, parents);
        }) {}

  [[nodiscard]] Clock::Steady usual_deadline() const {
    constexpr std::chrono::milliseconds grace(500);  // an exchange that times out is to say so itself
    return detail::deadline_after(detail::deadline_after(setup->clock->now(), setup->options.timeout), grace);
  }

  /// The clock is asked for the deadline only when there is something to wait for.
  template <class Deadline>
  Result<AccessToken> token_within(Deadline deadline, const CancelToken& cancel) {
    if (!ready) return ready.error();
    if (auto token = core.get()->at_hand()) return *std::move(token);
    const auto held = core.share();  // a waiter may outlive the provider by the moment it takes to be told so
    return held->wait_for_token(deadline(), cancel);
  }

  const std::shared_ptr<Transport> transport;
  const std::shared_ptr<SharedTokens> store;  ///< Held here alone: its thread ends with the last provider.
  const Result<void> ready;
  const std::shared_ptr<const detail::TokenSetup> setup;
  const detail::ForkLocal<detail::ProviderCore> core;
};

MOVIO_EXHIBITOR_INLINE TokenProvider::TokenProvider(Endpoints endpoints, CredentialSource source, TokenOptions options,
                                                    std::shared_ptr<Transport> transport)
    : state_(
          std::make_unique<State>(std::move(endpoints), std::move(source), std::move(options), std::move(transport))) {}

MOVIO_EXHIBITOR_INLINE TokenProvider::~TokenProvider() {
  auto* const core = state_->core.own();
  if (core == nullptr) return;
  core->close();
  if (state_->store) state_->store->flush();
}

MOVIO_EXHIBITOR_INLINE const Result<void>& TokenProvider::ready() const noexcept { return state_->ready; }

MOVIO_EXHIBITOR_INLINE const Endpoints& TokenProvider::endpoints() const noexcept { return state_->setup->endpoints; }

MOVIO_EXHIBITOR_INLINE const std::shared_ptr<Transport>& TokenProvider::transport() const noexcept {
  return state_->transport;
}

MOVIO_EXHIBITOR_INLINE Clock& TokenProvider::clock() const noexcept { return *state_->setup->clock; }

MOVIO_EXHIBITOR_INLINE Result<AccessToken> TokenProvider::token() {
  return state_->token_within([this] { return state_->usual_deadline(); }, {});
}

MOVIO_EXHIBITOR_INLINE Result<AccessToken> TokenProvider::token(Clock::Steady deadline, const CancelToken& cancel) {
  return state_->token_within([deadline] { return deadline; }, cancel);
}

MOVIO_EXHIBITOR_INLINE Result<AccessToken> TokenProvider::token(std::chrono::milliseconds timeout,
                                                                const CancelToken& cancel) {
  return state_->token_within([&] { return detail::deadline_after(clock().now(), timeout); }, cancel);
}

MOVIO_EXHIBITOR_INLINE std::optional<Result<AccessToken>> TokenProvider::known_outcome() {
  if (!state_->ready) return Result<AccessToken>(state_->ready.error());
  return state_->core.get()->at_hand();
}

MOVIO_EXHIBITOR_INLINE void TokenProvider::wait_async(const Completion& completion, Clock::Steady deadline,
                                                      const CancelToken& cancel) {
  const auto core = state_->core.share();  // the completion may end the provider
  core->token_async(completion, deadline, cancel);
}

MOVIO_EXHIBITOR_INLINE void TokenProvider::token_async(const Completion& completion) {
  token_async(completion, state_->usual_deadline());
}

MOVIO_EXHIBITOR_INLINE std::future<Result<AccessToken>> TokenProvider::token_async() {
  const auto promise = std::make_shared<std::promise<Result<AccessToken>>>();
  token_async([promise](Result<AccessToken> token) { promise->set_value(std::move(token)); });
  return promise->get_future();
}

MOVIO_EXHIBITOR_INLINE Result<Secret> TokenProvider::authorization() {
  const auto current = token();
  if (!current) return current.error();
  return Secret(std::string(current->authorization()));
}

MOVIO_EXHIBITOR_INLINE Result<std::string> TokenProvider::client_id() {
  if (!state_->ready) return state_->ready.error();
  if (!state_->transport->may_block()) {
    return detail::invalid_argument("client_id is not allowed in a callback (it would deadlock)");
  }
  auto asked = std::make_shared<std::promise<Result<std::string>>>();
  auto told = asked->get_future();
  auto ask = [asked, setup = state_->setup] {
    auto credentials = detail::ask(setup->source);
    asked->set_value(credentials ? Result<std::string>(std::move(credentials->client_id)) : credentials.error());
  };
  asked.reset();
  try {
    if (state_->transport->after(std::chrono::milliseconds(0), std::move(ask))) return told.get();
  } catch (const std::future_error&) {  // the task was dropped
  }
  return detail::make_error(ErrorKind::overloaded, "the transport is being destroyed, so the client id cannot be read");
}

MOVIO_EXHIBITOR_INLINE void TokenProvider::invalidate(const AccessToken& token) {
  state_->core.get()->invalidate(token);
}

MOVIO_EXHIBITOR_INLINE bool TokenProvider::reject(const AccessToken& token) {
  const auto core = state_->core.share();  // the event's hook may end the provider
  return core->reject(token);
}

MOVIO_EXHIBITOR_INLINE void TokenProvider::confirm_rejection(const AccessToken& token) {
  const auto core = state_->core.share();  // the event's hook may end the provider
  core->confirm_rejection(token);
}

MOVIO_EXHIBITOR_INLINE TokenStatus TokenProvider::status() const { return state_->core.get()->status(); }

MOVIO_EXHIBITOR_INLINE std::vector<LedgerEntry> TokenProvider::ledger() const { return state_->core.get()->ledger(); }

}  // namespace v0_1
}  // namespace movio::exhibitor
