// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "../../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

inline ErrorKind kind_of(CURLcode code) noexcept {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorKind::timeout;
    case CURLE_COULDNT_RESOLVE_PROXY:
#if LIBCURL_VERSION_NUM >= 0x074900
    case CURLE_PROXY:
#endif
      return ErrorKind::proxy;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return ErrorKind::tls;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return ErrorKind::protocol;
    case CURLE_OUT_OF_MEMORY:  // what libcurl calls a header field of more than 100 KB
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE:  // the same by its later name
#endif
      return ErrorKind::too_large;
    case CURLE_URL_MALFORMAT:
      return ErrorKind::invalid_argument;
    default:
      return ErrorKind::connection;
  }
}

/// Whether the connection broke amid the TLS handshake, which says nothing about TLS: it happens when a server is
/// restarted. libcurl tells that in words only, its own or OpenSSL's.
inline bool broke_in_handshake(CURLcode code, std::string_view reason) noexcept {
  const auto says = [reason](std::string_view words) { return reason.find(words) != std::string_view::npos; };
  return code == CURLE_SSL_CONNECT_ERROR &&
         (says("Recv failure") || says("Send failure") || says("SSL_connect: ") || says("unexpected eof"));
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
