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

/// The provider of a fetch.
class FetchOwner {
 public:
  virtual ~FetchOwner() = default;
  /// The earlier error if it still holds for the credentials of the source, so that the issuer is not asked.
  virtual std::optional<Error> standing_error(const CredentialsMark& given) = 0;
  /// Whether a token of the store is to be used.
  virtual SharedTokens::Verdict judge(const AccessToken& stored) = 0;
  virtual void complete(FetchOutcome outcome) = 0;
};

/// One fetch of a token: asks the source, the store, then the issuer. If the issuer refuses the credentials, it tries
/// once each, if they differ, the current ones of the source and the previous ones. Runs on the transport's thread, and
/// completes exactly once unless the gate is closed.
class TokenFetch : public SharedTokens::Fetch, public std::enable_shared_from_this<TokenFetch> {
 public:
  /// `may_put_off`: a valid token is at hand, and will be for a while.
  TokenFetch(std::shared_ptr<const TokenSetup> setup, std::shared_ptr<CallbackGate> gate,
             std::shared_ptr<PreviousCredentials> previous, CancelToken cancel, std::shared_ptr<FetchOwner> owner,
             bool may_put_off)
      : setup_(std::move(setup)),
        gate_(std::move(gate)),
        previous_(std::move(previous)),
        cancel_(std::move(cancel)),
        owner_(std::move(owner)),
        may_put_off_(may_put_off) {}

  void begin() {
    guarded([this] {
      begun_ = setup_->clock->now();
      auto credentials = ask(setup_->source);
      if (credentials) note_given(mark_of(*credentials));
      standing_ = owner_->standing_error(given_);
      const auto store = setup_->store.lock();
      if (standing_ && (!store || !credentials)) return complete(*std::move(standing_), true);
      if (!credentials) return complete(std::move(credentials.error()));
      credentials_ = *std::move(credentials);
      sent_ = given_;
      if (store) return look_into(*store);
      request(std::move(credentials_), given_);
    });
  }

  [[nodiscard]] TokenIdentity identity() const override {
    return {setup_->endpoints.issuer_url, setup_->endpoints.api_url, setup_->options.scope, credentials_};
  }
  [[nodiscard]] const TokenOptions& options() const noexcept override { return setup_->options; }
  [[nodiscard]] const std::shared_ptr<Clock>& clock() const noexcept override { return setup_->clock; }
  [[nodiscard]] const std::weak_ptr<Transport>& transport() const noexcept override { return setup_->transport; }
  [[nodiscard]] bool may_put_off() const noexcept override { return may_put_off_; }
  [[nodiscard]] bool only_looks() const noexcept override { return standing_.has_value(); }
  [[nodiscard]] EventHook event_hook() const override {
    return [setup = setup_, gate = gate_](const Event& event) {
      const CallbackGate::Pass pass(*gate);
      if (pass) tell_hook(setup->options.on_event, event);
    };
  }

  SharedTokens::Verdict judge(const IssuedToken& stored) override {
    const auto verdict = owner_->judge(stored.token);
    if (verdict == SharedTokens::Verdict::use) found_ = stored;
    return verdict;
  }

  void looked(const std::shared_ptr<SharedTokens::Visit>& visit, SharedTokens::Outcome outcome) override {
    guarded([&] {
      if (std::exchange(looked_, true)) return;
      visit_ = visit;
      go_on(outcome);
    });
  }

 private:
  void look_into(SharedTokens& store) {
    try {
      store.visit(shared_from_this())->look();
    } catch (...) {  // without the store, then
      looked(nullptr, SharedTokens::Outcome::ask_issuer);
    }
  }

  void go_on(SharedTokens::Outcome outcome) {
    if (standing_ && !found_) return complete(*std::move(standing_), true);
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
    owner_->complete({std::move(token), remembered, mark, requests_, std::move(quota_), setup_->clock->now() - begun_,
                      std::move(entry_), found_.has_value(), put_off_});
    if (kept) visit_->keep(*kept);
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
  const std::shared_ptr<FetchOwner> owner_;
  const bool may_put_off_;

  // unguarded: the steps run one after the other
  ClientCredentials credentials_;
  CredentialsMark given_;          ///< Of the last credentials of the source.
  CredentialsMark sent_;           ///< Of the credentials in the last request.
  std::optional<Error> standing_;  ///< An earlier failure that still holds: another process may have a token.
  std::optional<Error> refusal_;   ///< The refusal of the source's credentials, while the previous ones are tried.
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
