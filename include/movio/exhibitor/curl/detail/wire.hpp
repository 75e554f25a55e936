// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/result.hpp"
#include "error_codes.hpp"
#include "handle.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// A connection for another protocol than HTTP: libcurl looks the name up, connects, and does TLS, verified as for
/// every other connection of the library (CURLOPT_CONNECT_ONLY). Never through a proxy. Blocks.
/// Errors: the kinds of `kind_of`. Thread-safety: none.
class CurlWire {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// `url` is "https://host:port" for TLS, "http://host:port" without.
  static Result<CurlWire> connect(const CurlSettings& settings, const std::string& url) {
    if (settings.problem()) return *settings.problem();
    CurlWire wire{CurlEasy(curl_easy_init())};
    CURL* const easy = wire.easy_.get();
    if (easy == nullptr) return out_of_handles();
    std::string reason(CURL_ERROR_SIZE, '\0');
    settings.apply_trust(easy);
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, curl_milliseconds(settings.options().connect_timeout));
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason.data());
    const CURLcode code = curl_easy_perform(easy);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
    if (code != CURLE_OK) return failure(code, reason.c_str());
    return wire;
  }

  /// Sends all of it.
  Result<void> send(std::string_view bytes, Deadline deadline) {
    while (!bytes.empty()) {
      std::size_t sent = 0;
      const CURLcode code = curl_easy_send(easy_.get(), bytes.data(), bytes.size(), &sent);
      if (code != CURLE_OK && code != CURLE_AGAIN) return failure(code, "sending failed");
      bytes.remove_prefix(sent);
      if (code == CURLE_AGAIN && !wait(POLLOUT, deadline)) return late();
    }
    return {};
  }

  /// Waits for bytes, at most `size`; 0 of them when the server has closed the connection.
  Result<std::size_t> receive(char* into, std::size_t size, Deadline deadline) {
    for (;;) {
      std::size_t received = 0;
      const CURLcode code = curl_easy_recv(easy_.get(), into, size, &received);
      if (code == CURLE_OK) return received;
      if (code != CURLE_AGAIN) return failure(code, "receiving failed");
      if (!wait(POLLIN, deadline)) return late();
    }
  }

 private:
  explicit CurlWire(CurlEasy easy) : easy_(std::move(easy)) {}

  static Error late() { return make_error(ErrorKind::timeout, "no answer in time"); }

  static Error failure(CURLcode code, std::string_view reason) {
    const std::string text = reason.empty() ? curl_easy_strerror(code) : std::string(reason);
    return make_error(broke_in_handshake(code, text) ? ErrorKind::connection : kind_of(code), clean_text(text, 256));
  }

  /// False at the deadline.
  [[nodiscard]] bool wait(short events, Deadline deadline) const {
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket);
    pollfd watched{socket, events, 0};
    for (;;) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
      if (left <= 0) return false;
      const int ready = ::poll(&watched, 1, static_cast<int>(std::min<decltype(left)>(left, INT_MAX)));
      if (ready > 0 || (ready < 0 && errno != EINTR)) return true;  // what is wrong shows at the next call
    }
  }

  CurlEasy easy_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
