// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <optional>

#include "../../core/http.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// A value that libcurl reports about a transfer; zero if it does not.
template <class Value>
Value curl_info(CURL* easy, CURLINFO info) noexcept {
  Value value{};
  curl_easy_getinfo(easy, info, &value);
  return value;
}

/// Whether a transfer used a proxy, or tried to; empty before libcurl 8.7, which does not report it.
inline std::optional<bool> used_proxy(CURL* easy) noexcept {
  // CURLINFO_USED_PROXY, by its number, for programs that were built with older headers.
  constexpr auto used_proxy_info = static_cast<CURLINFO>(CURLINFO_LONG + 66);
  long used = 0;
  if (curl_easy_getinfo(easy, used_proxy_info, &used) != CURLE_OK) return std::nullopt;
  return used != 0;
}

/// Whether a failed transfer reached a proxy but not its own request.
inline bool stopped_at_proxy(CURL* easy) noexcept {
  const bool no_request_bytes = curl_info<long>(easy, CURLINFO_REQUEST_SIZE) == 0;
  const bool no_pretransfer = curl_info<curl_off_t>(easy, CURLINFO_PRETRANSFER_TIME_T) == 0;
  const auto used = used_proxy(easy);
  if (!used) return !no_request_bytes && no_pretransfer;  // the bytes of CONNECT count as the request's
  if (!*used || curl_info<curl_off_t>(easy, CURLINFO_NAMELOOKUP_TIME_T) == 0) return false;
  // libcurl 8.14 does not count the bytes of CONNECT any more, and 8.22 sets the time when a transfer fails.
  return no_request_bytes || no_pretransfer;
}

inline int http_version_of(long curl_version) noexcept {
  if (curl_version == CURL_HTTP_VERSION_1_0) return 10;
  if (curl_version == CURL_HTTP_VERSION_1_1) return 11;
  return curl_version == CURL_HTTP_VERSION_2_0 ? 20 : 0;
}

/// The metrics of a finished transfer.
inline TransferMetrics curl_metrics(CURL* easy) noexcept {
  const auto time = [easy](CURLINFO info) { return std::chrono::microseconds(curl_info<curl_off_t>(easy, info)); };
  TransferMetrics metrics;
  metrics.reused_connection = curl_info<long>(easy, CURLINFO_NUM_CONNECTS) == 0;
  if (!metrics.reused_connection) {
    metrics.name_resolved = time(CURLINFO_NAMELOOKUP_TIME_T);
    metrics.connected = time(CURLINFO_CONNECT_TIME_T);
    metrics.secured = time(CURLINFO_APPCONNECT_TIME_T);
  }
  metrics.first_byte = time(CURLINFO_STARTTRANSFER_TIME_T);
  metrics.total = time(CURLINFO_TOTAL_TIME_T);
  metrics.bytes_sent =
      curl_info<long>(easy, CURLINFO_REQUEST_SIZE) + curl_info<curl_off_t>(easy, CURLINFO_SIZE_UPLOAD_T);
  metrics.bytes_received =
      curl_info<long>(easy, CURLINFO_HEADER_SIZE) + curl_info<curl_off_t>(easy, CURLINFO_SIZE_DOWNLOAD_T);
  metrics.http_version = http_version_of(curl_info<long>(easy, CURLINFO_HTTP_VERSION));
  return metrics;
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
