// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "../core/clock.hpp"
#include "../core/secret.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A bearer token (RFC 6750): immutable and shared, so copying one copies no secret.
/// Thread-safety: any number of threads may use copies of one token.
class AccessToken {
 public:
  /// `issued` is the moment at which its request was begun, so that the token never seems to live longer than it does.
  AccessToken(const Secret& token, std::string scope, std::chrono::seconds lifetime, Moment issued);

  /// The token itself. Keep it out of logs, URLs and exceptions: it cannot be revoked.
  [[nodiscard]] std::string_view reveal() const noexcept { return data_->line.reveal().substr(line_prefix.size()); }

  /// The value of the `Authorization` header: "Bearer ...".
  [[nodiscard]] std::string_view authorization() const noexcept {
    constexpr std::size_t name = line_prefix.find("Bearer");
    return data_->line.reveal().substr(name);
  }

  /// The whole header line, as `TransportRequest::authorization` takes it.
  [[nodiscard]] std::shared_ptr<const Secret> authorization_line() const noexcept { return {data_, &data_->line}; }

  /// The first 8 hexadecimal digits of the token's SHA-256: the name it goes by in logs.
  [[nodiscard]] const std::string& fingerprint() const noexcept { return data_->fingerprint; }

  /// What the issuer granted, space separated; the requested scope when the issuer said nothing (RFC 6749 section 5.1).
  [[nodiscard]] const std::string& scope() const noexcept { return data_->scope; }

  [[nodiscard]] std::chrono::seconds lifetime() const noexcept { return data_->lifetime; }
  [[nodiscard]] std::chrono::system_clock::time_point expires_at() const noexcept {
    return data_->issued.wall + data_->lifetime;
  }

  /// How long it may be sent: until a minute before it expires, or a tenth of its life if that is shorter.
  [[nodiscard]] std::chrono::milliseconds usable_life() const noexcept { return data_->usable_life; }

  /// Whether it should no longer be sent at `now`.
  [[nodiscard]] bool expired(const Moment& now) const noexcept { return age(now) >= usable_life(); }

  /// The time since its request was begun, by the larger of two clocks: one may stand still or be set back.
  [[nodiscard]] std::chrono::nanoseconds age(const Moment& now) const noexcept {
    return std::max<std::chrono::nanoseconds>(now.uptime - data_->issued.uptime, now.wall - data_->issued.wall);
  }

  /// A copy with its own control block, which avoids contention on the reference count.
  [[nodiscard]] AccessToken counted_apart() const;

  /// Notes that the API answered a call with this token with another status than 401. `ExhibitorClient` calls it.
  void note_accepted() const noexcept {
    if (!accepted()) data_->accepted.store(true, std::memory_order_relaxed);
  }

  /// Whether the API has accepted it before: then a 401 means that it no longer does.
  [[nodiscard]] bool accepted() const noexcept { return data_->accepted.load(std::memory_order_relaxed); }

  /// Whether both came from the same exchange.
  [[nodiscard]] bool same_as(const AccessToken& other) const noexcept { return data_.get() == other.data_.get(); }

 private:
  static constexpr std::string_view line_prefix = "Authorization: Bearer ";

  struct Data {
    Data(const Secret& token, std::string granted, std::chrono::seconds life, Moment begun);

    Secret line;
    std::string fingerprint;
    std::string scope;
    std::chrono::seconds lifetime;
    std::chrono::milliseconds usable_life;
    Moment issued;
    mutable std::atomic<bool> accepted{false};
  };

  std::shared_ptr<const Data> data_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/access_token.ipp"
#endif
