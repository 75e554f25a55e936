// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// How `CurlTransport` connects. Proxies come from the environment (`HTTPS_PROXY`, `NO_PROXY`, as libcurl reads them);
/// a loopback host is always reached directly.
struct CurlOptions {
  /// A PEM file of the certification authorities to trust. It replaces the system's, it does not add to them. When this
  /// and `ca_directory` are empty: `MOVIO_CA_FILE`, else `SSL_CERT_FILE`, else the system's own bundle.
  std::string ca_file{};
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);  ///< Name look-up, TCP and TLS together.
  std::chrono::milliseconds timeout = std::chrono::seconds(120);         ///< Of a request that sets none itself.
  /// Ends a transfer when no byte moves for this long while the request's body is sent or the answer is received. The
  /// time in which the server works on its answer does not count.
  std::chrono::seconds stall_timeout = std::chrono::seconds(60);
  std::size_t max_in_flight = 512;  ///< Concurrent asynchronous requests; further ones are queued in order ...
  std::size_t max_queued = 10'000;  ///< ... up to this many; beyond, they fail as `overloaded`.

  /// A directory of such files, named as by `openssl rehash`; instead of `ca_file` or in addition.
  std::string ca_directory{};

  /// New requests do not use a connection older than this, so that a busy client looks the name up again. Requests that
  /// are in progress on the old connection finish there. 0 or less: no limit.
  std::chrono::milliseconds max_connection_age = std::chrono::minutes(10);
};

}  // namespace v0_1
}  // namespace movio::exhibitor
