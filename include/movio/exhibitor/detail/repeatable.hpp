#pragma once

#include <string>

#include "../transport.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// Whether a request may be sent again although the server may have acted on it (RFC 9110 section 9.2.2). Methods are
/// case-sensitive: "put" is none that is known.
inline bool is_repeatable(const HttpRequest& request) noexcept {
  const std::string& method = request.method;
  return request.idempotent || method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
