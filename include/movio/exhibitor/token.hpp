#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "clock.hpp"
#include "detail/sha256.hpp"
#include "secret.hpp"

namespace movio::exhibitor {
inline namespace v0 {

/// A bearer token (RFC 6750): immutable and shared, so copying one copies no secret.
/// Thread-safety: any number of threads may use copies of one token.
class AccessToken {
 public:
  /// `issued` is the moment the request for it was begun, so that the token is never believed to live longer than it
  /// does.
  AccessToken(const Secret& token, std::string scope, std::chrono::seconds lifetime, Moment issued)
      : data_(std::make_shared<const Data>(token, std::move(scope), lifetime, issued)) {}

  /// The token itself. Keep it out of logs, URLs and exceptions: it cannot be revoked.
  [[nodiscard]] std::string_view reveal() const noexcept { return data_->line.reveal().substr(line_prefix.size()); }

  /// The value of the `Authorization` header: "Bearer ...".
  [[nodiscard]] std::string_view authorization() const noexcept {
    return data_->line.reveal().substr(line_prefix.find("Bearer"));
  }

  /// The whole header line, as `HttpRequest::authorization` takes it.
  [[nodiscard]] std::shared_ptr<const Secret> authorization_line() const noexcept { return {data_, &data_->line}; }

  /// The first 8 hexadecimal digits of the token's SHA-256: the name it goes by in logs.
  [[nodiscard]] const std::string& fingerprint() const noexcept { return data_->fingerprint; }

  /// What the issuer granted, space separated; the requested scope when the issuer said nothing (RFC 6749 section 5.1).
  [[nodiscard]] const std::string& scope() const noexcept { return data_->scope; }

  [[nodiscard]] std::chrono::seconds lifetime() const noexcept { return data_->lifetime; }
  [[nodiscard]] std::chrono::system_clock::time_point expires_at() const noexcept {
    return data_->issued.wall + data_->lifetime;
  }

  /// Whether the token should no longer be sent at `now`: a minute before it expires, or a tenth of its life if that is
  /// shorter, by whichever of the two clocks says so first.
  [[nodiscard]] bool expired(const Moment& now) const noexcept {
    const auto usable = data_->lifetime - margin();
    return now.uptime - data_->issued.uptime >= usable || now.wall - data_->issued.wall >= usable;
  }

  /// Whether both came from the same exchange.
  [[nodiscard]] bool same_as(const AccessToken& other) const noexcept { return data_ == other.data_; }

 private:
  static constexpr std::string_view line_prefix = "Authorization: Bearer ";

  struct Data {
    Data(const Secret& token, std::string granted, std::chrono::seconds life, Moment begun)
        : line(joined(token)),
          fingerprint(detail::fingerprint(token.reveal())),
          scope(std::move(granted)),
          lifetime(life),
          issued(begun) {}

    static std::string joined(const Secret& token) {
      std::string line;
      line.reserve(line_prefix.size() + token.reveal().size());  // at once: growing would leave a copy behind
      line.append(line_prefix).append(token.reveal());
      return line;  // not what append() returns: that is a reference, and would be copied
    }

    Secret line;
    std::string fingerprint;
    std::string scope;
    std::chrono::seconds lifetime;
    Moment issued;
  };

  [[nodiscard]] std::chrono::milliseconds margin() const noexcept {
    return std::min<std::chrono::milliseconds>(std::chrono::seconds(60),
                                               std::chrono::milliseconds(data_->lifetime) / 10);
  }

  std::shared_ptr<const Data> data_;
};

}  // namespace v0
}  // namespace movio::exhibitor
