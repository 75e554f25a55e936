#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../cancel.hpp"
#include "failure_memory.hpp"
#include "gate.hpp"
#include "quota_headers.hpp"
#include "token_exchange.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// What a provider is made of and never changes, in its process and in those forked from it.
struct TokenSetup {
  Endpoints endpoints;
  CredentialSource source;
  TokenOptions options;
  std::shared_ptr<Clock> clock;
  std::weak_ptr<Transport> transport;
};

/// What came of a fetch.
struct FetchOutcome {
  Result<AccessToken> token;
  bool remembered = false;        ///< The error is an earlier one: nothing has changed that makes another try worth it.
  CredentialsMark credentials{};  ///< The last that the source gave.
  std::uint64_t requests = 0;  ///< Sent to the issuer: two when the source had others by the time it refused the first.
  std::vector<QuotaBucket> quota{};
  Clock::Steady::duration duration{};
};

inline CredentialsMark mark_of(const ClientCredentials& credentials) {
  const std::string length = std::to_string(credentials.client_id.size()) + ':';  // or "a" + "bc" would be "ab" + "c"
  return Sha256::of(joined({length, credentials.client_id, credentials.client_secret.reveal()}).reveal());
}

/// One fetch of a token: asks the source, then the issuer, and once more both when the issuer refuses the credentials
/// and the source has others by then. Runs on the transport's thread, and lands exactly once unless the gate is closed.
class TokenFetch : public std::enable_shared_from_this<TokenFetch> {
 public:
  using Landing = std::function<void(FetchOutcome)>;

  /// Tells, for the credentials that the source gives, whether the issuer need not be asked: the error that stands.
  using Known = std::function<std::optional<Error>(const CredentialsMark&)>;

  TokenFetch(std::shared_ptr<const TokenSetup> setup, std::shared_ptr<Gate> gate, CancelToken cancel, Known known,
             Landing landing)
      : setup_(std::move(setup)),
        gate_(std::move(gate)),
        cancel_(std::move(cancel)),
        known_(std::move(known)),
        landing_(std::move(landing)) {}

  void begin() {
    guarded([this] {
      begun_ = setup_->clock->now();
      auto credentials = ask(setup_->source);
      if (credentials) mark_ = mark_of(*credentials);
      if (auto error = known_(mark_)) return land(*std::move(error), true);
      if (!credentials) return land(std::move(credentials.error()));
      request(*std::move(credentials));
    });
  }

 private:
  void request(ClientCredentials credentials) {
    const auto transport = setup_->transport.lock();
    if (!transport) return;  // the source dropped the last provider; its waiters have been told
    credentials_ = std::move(credentials);
    ++requests_;
    issued_ = setup_->clock->moment();
    HttpRequest request = token_request({setup_->endpoints, setup_->options, credentials_});
    request.cancel = cancel_;
    transport->start(std::move(request), [self = shared_from_this()](Result<HttpResponse> answer) {
      self->guarded([&] { self->answered(std::move(answer)); });
    });
  }

  void answered(Result<HttpResponse> answer) {
    if (!answer) return land(issuer_unreachable(setup_->endpoints, std::move(answer.error())));
    quota_ = read_quota(answer->headers, issued_.wall);
    auto token = read_token_answer({setup_->endpoints, setup_->options, credentials_}, *std::move(answer), issued_);
    if (!token && token.error().http_status == 429 && !token.error().retry_after) {
      token.error().retry_after = time_to_refill(quota_);
    }
    if (!token && credentials_refused(token.error()) && requests_ == 1) {
      auto others = ask(setup_->source);
      const auto mark = others ? mark_of(*others) : mark_;
      if (mark != mark_) {
        mark_ = mark;
        return request(*std::move(others));
      }
    }
    land(std::move(token));
  }

  void land(Result<AccessToken> token, bool remembered = false) {
    if (std::exchange(landed_, true)) return;
    credentials_ = {};
    landing_({std::move(token), remembered, mark_, requests_, std::move(quota_), setup_->clock->now() - begun_});
  }

  /// Nothing that goes wrong here may keep a fetch from landing: its waiters and all later callers would wait in vain.
  template <class Step>
  void guarded(Step step) {
    const Gate::Pass pass(*gate_);
    if (!pass) return;
    try {
      step();
    } catch (...) {
      land(make_error(ErrorKind::overloaded, "no token: this process ran out of memory or of other means"));
    }
  }

  const std::shared_ptr<const TokenSetup> setup_;
  const std::shared_ptr<Gate> gate_;
  const CancelToken cancel_;
  const Known known_;
  const Landing landing_;

  // one step follows the other, so nothing guards these
  ClientCredentials credentials_;
  CredentialsMark mark_;
  std::uint64_t requests_ = 0;
  Moment issued_;
  Clock::Steady begun_;
  std::vector<QuotaBucket> quota_;
  bool landed_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
