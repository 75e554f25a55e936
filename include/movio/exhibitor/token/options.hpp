#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "../core/clock.hpp"
#include "../core/events.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// How the client proves who it is at the token endpoint (RFC 6749 section 2.3.1).
enum class ClientAuthentication {
  basic,  ///< HTTP Basic, the vendor's documented way.
  post,   ///< `client_id` and `client_secret` in the form body.
};

struct TokenOptions {
  std::string scope{};  ///< Space separated (RFC 6749 section 3.3); not sent when empty.
  ClientAuthentication client_authentication = ClientAuthentication::basic;
  std::chrono::milliseconds timeout = std::chrono::seconds(30);  ///< One exchange, and how long `token()` waits for it.
  std::chrono::seconds assumed_lifetime = std::chrono::hours(24);  ///< For a token that does not say how long it lives.
  EventHook on_event{};                                            ///< Told of whatever happens to tokens.
  std::shared_ptr<Clock> clock{};                                  ///< For tests; the machine's clocks when empty.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
