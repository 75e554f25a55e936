// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../core/cancel.hpp"
#include "../../core/transport.hpp"
#include "../../detail/text/sha256.hpp"
#include "callback_gate.hpp"
#include "credential_check.hpp"
#include "exchange.hpp"
#include "failure_backoff.hpp"
#include "previous_credentials.hpp"
#include "quota_headers.hpp"
#include "stored_token.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The constant parts of a provider, shared with forked children.
struct TokenSetup {
  Endpoints endpoints;
  CredentialSource source;
  TokenOptions options;
  std::shared_ptr<Clock> clock;
  std::weak_ptr<Transport> transport;
  std::weak_ptr<SharedTokens> store;
};

/// The outcome of a fetch.
struct FetchOutcome {
  Result<AccessToken> token;
  bool remembered = false;        ///< The error is an earlier one: nothing has changed, so the issuer was not asked.
  CredentialsMark credentials{};  ///< The credentials of the token; without a token, the last ones of the source.
  std::uint64_t requests = 0;     ///< Requests to the issuer: more than one if it refused the first credentials.
  std::vector<QuotaBucket> quota{};
  Clock::Steady::duration duration{};
  LedgerEntry entry{};   ///< Of the token.
  bool loaded = false;   ///< The token came from the store.
  bool put_off = false;  ///< There is no token, and none is needed yet.
};

inline CredentialsMark mark_of(const ClientCredentials& credentials) {
  const std::string length = std::to_string(credentials.client_id.size()) + ':';  // or "a" + "bc" would be "ab" + "c"
  const auto digest = Sha256::of(joined({length, credentials.client_id, credentials.client_secret.reveal()}).reveal());
  return {digest.begin(), digest.end()};
}

/// What a fetch asks its provider, and tells it in the end.
struct FetchHooks {
  /// Returns the earlier error if it still holds for the credentials of the source, so that the issuer is not asked.
  std::function<std::optional<Error>(const CredentialsMark&)> known;
  /// Whether a token of the store is to be used.
  std::function<SharedTokens::Verdict(const AccessToken&)> judge;
  std::function<void(FetchOutcome)> completion;
  bool may_put_off = false;  ///< A valid token is at hand, and will be for a while.
};

/// One fetch of a token: asks the source, the store, then the issuer. If the issuer refuses the credentials, it tries
/// once each, if they differ, the current ones of the source and the previous ones. Runs on the transport's thread, and
/// completes exactly once unless the gate is closed.
class TokenFetch : public std::enable_shared_from_this<TokenFetch> {
 public:
  TokenFetch(std::shared_ptr<const TokenSetup> setup, std::shared_ptr<CallbackGate> gate,
             std::shared_ptr<PreviousCredentials> previous, CancelToken cancel, FetchHooks hooks)
      : setup_(std::move(setup)),
        gate_(std::move(gate)),
        previous_(std::move(previous)),
        cancel_(std::move(cancel)),
        hooks_(std::move(hooks)) {}

  void begin() {
    guarded([this] {
      begun_ = setup_->clock->now();
      auto credentials = ask(setup_->source);
      if (credentials) note_given(mark_of(*credentials));
      if (auto error = hooks_.known(given_)) return complete(*std::move(error), true);
      if (!credentials) return complete(std::move(credentials.error()));
      credentials_ = *std::move(credentials);
      sent_ = given_;
      if (const auto store = setup_->store.lock()) return look_into(*store);
      request(std::move(credentials_), given_);
    });
  }

 private:
  void look_into(SharedTokens& store) {
    const auto& endpoints = setup_->endpoints;
    const auto& options = setup_->options;
    SharedTokens::Occasion occasion;
    occasion.identity = {endpoints.issuer_url, endpoints.api_url, options.scope, credentials_};
    occasion.timeout = options.timeout;
    occasion.may_put_off = hooks_.may_put_off;
    occasion.judge = [weak = weak_from_this()](const Secret& entry) {
      const auto self = weak.lock();
      return self ? self->judge(entry) : SharedTokens::Verdict::pass_over;
    };
    occasion.transport = setup_->transport;
    occasion.clock = setup_->clock;
    occasion.on_event = options.on_event;
    try {
      const auto visit = store.visit(std::move(occasion));
      visit->look([self = shared_from_this(), weak = std::weak_ptr<SharedTokens::Visit>(visit)](auto outcome) {
        self->guarded([&] { self->looked(weak.lock(), outcome); });
      });
    } catch (...) {  // without the store, then
      looked(nullptr, SharedTokens::Outcome::ask_issuer);
    }
  }

  SharedTokens::Verdict judge(const Secret& entry) {
    auto stored = read_stored_token({setup_->endpoints, setup_->options, credentials_}, entry, setup_->clock->moment());
    if (!stored) return SharedTokens::Verdict::pass_over;
    const auto verdict = hooks_.judge(stored->token);
    if (verdict == SharedTokens::Verdict::use) found_ = *std::move(stored);
    return verdict;
  }

  void looked(std::shared_ptr<SharedTokens::Visit> visit, SharedTokens::Outcome outcome) {
    if (std::exchange(looked_, true)) return;
    visit_ = std::move(visit);
    if (outcome == SharedTokens::Outcome::ask_issuer) return request(std::move(credentials_), given_);
    if (outcome == SharedTokens::Outcome::put_off || !found_) return put_off();
    entry_ = std::move(found_->entry);
    previous_->accepted(std::move(credentials_), sent_);
    complete(std::move(found_->token));
  }

  void put_off() {
    put_off_ = true;
    complete(make_error(ErrorKind::cancelled, "the renewal was put off"));
  }

  /// Notes the mark of the credentials of the source.
  void note_given(const CredentialsMark& mark) {
    given_ = mark;
    const auto changed_at = previous_->given(mark, setup_->clock->moment());
    const auto transport = changed_at ? setup_->transport.lock() : nullptr;
    if (!transport) return;
    transport->after(PreviousCredentials::grace, [weak = std::weak_ptr<PreviousCredentials>(previous_), changed_at] {
      if (const auto previous = weak.lock()) previous->wipe(*changed_at);
    });
  }

  void request(ClientCredentials credentials, const CredentialsMark& mark) {
    const auto transport = setup_->transport.lock();
    if (!transport) return;  // the source destroyed the last provider, which notified its waiters
    credentials_ = std::move(credentials);
    sent_ = mark;
    ++requests_;
    issued_ = setup_->clock->moment();
    TransportRequest request = token_request({setup_->endpoints, setup_->options, credentials_});
    if (visit_) request.timeout = setup_->options.timeout * 2 / 5;
    request.cancel = cancel_;
    transport->start(std::move(request), [self = shared_from_this()](Result<HttpResponse> answer) {
      self->guarded([&] { self->answered(std::move(answer)); });
    });
  }

  void answered(Result<HttpResponse> answer) {
    const TokenExchange exchange{setup_->endpoints, setup_->options, credentials_};
    if (!answer) return complete(issuer_unreachable(exchange, std::move(answer.error())));
    quota_ = read_quota(answer->headers, issued_.wall);
    auto issued = read_token_answer(exchange, *std::move(answer), issued_);
    if (issued) entry_ = std::move(issued->entry);
    Result<AccessToken> token = issued ? Result<AccessToken>(issued->token) : std::move(issued.error());
    if (!token && token.error().http_status == 429 && !token.error().retry_after) {
      token.error().retry_after = time_to_refill(quota_);
    }
    if (token && !refusal_) previous_->accepted(std::move(credentials_), sent_);
    if (!token && credentials_refused(token.error()) && others_tried(token.error())) return;
    complete(std::move(token));
  }

  /// Asks the issuer once more, if there are credentials other than the refused ones.
  bool others_tried(const Error& refusal) {
    if (refusal_) return false;
    previous_->refused(sent_);
    if (requests_ == 1) {
      auto others = ask(setup_->source);
      if (others) note_given(mark_of(*others));
      if (given_ != sent_) {
        request(*std::move(others), given_);
        return true;
      }
    }
    auto previous = previous_->take(setup_->clock->moment());
    if (!previous) return false;
    refusal_ = refusal;
    const auto mark = mark_of(*previous);
    request(*std::move(previous), mark);
    return true;
  }

  void complete(Result<AccessToken> token, bool remembered = false) {
    if (std::exchange(completed_, true)) return;
    credentials_ = {};
    const bool to_be_kept = token && visit_ && !found_ && sent_ == given_;
    const auto kept = to_be_kept ? std::optional<AccessToken>(*token) : std::nullopt;
    if (!token && refusal_) token = *std::move(refusal_);
    const auto mark = token ? sent_ : given_;
    hooks_.completion({std::move(token), remembered, mark, requests_, std::move(quota_), setup_->clock->now() - begun_,
                       std::move(entry_), found_.has_value(), put_off_});
    if (kept) visit_->keep(stored_text(*kept), kept->usable_life());
    visit_.reset();
  }

  /// Completes the fetch even if a step throws: otherwise its waiters and all later callers would wait forever.
  template <class Step>
  void guarded(Step step) {
    const CallbackGate::Pass pass(*gate_);
    if (!pass) return;
    try {
      step();
    } catch (...) {
      complete(make_error(ErrorKind::overloaded, "no token: internal failure: out of memory or another resource"));
    }
  }

  const std::shared_ptr<const TokenSetup> setup_;
  const std::shared_ptr<CallbackGate> gate_;
  const std::shared_ptr<PreviousCredentials> previous_;
  const CancelToken cancel_;
  const FetchHooks hooks_;

  // unguarded: the steps run one after the other
  ClientCredentials credentials_;
  CredentialsMark given_;         ///< Of the last credentials of the source.
  CredentialsMark sent_;          ///< Of the credentials in the last request.
  std::optional<Error> refusal_;  ///< The refusal of the source's credentials, while the previous ones are tried.
  std::uint64_t requests_ = 0;
  Moment issued_;
  Clock::Steady begun_;
  std::vector<QuotaBucket> quota_;
  LedgerEntry entry_;
  std::shared_ptr<SharedTokens::Visit> visit_;
  std::optional<IssuedToken> found_;  ///< In the store.
  bool looked_ = false;
  bool put_off_ = false;
  bool completed_ = false;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
