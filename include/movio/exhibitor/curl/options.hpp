// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// How `CurlTransport` connects. Proxies come from the environment (`HTTPS_PROXY`, `NO_PROXY`, as libcurl reads them);
/// a loopback host is never reached through one.
struct CurlOptions {
  /// A PEM file of the certification authorities to trust. It replaces the system's, it does not add to them. When this
  /// and `ca_directory` are empty: `MOVIO_CA_FILE`, else `SSL_CERT_FILE`, else the system's own bundle.
  std::string ca_file{};
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);  ///< Name look-up, TCP and TLS together.
  std::chrono::milliseconds timeout = std::chrono::seconds(120);  ///< One request, for those that set no timeout.
  /// Ends a transfer in which no byte moves for so long while the request's body goes out, or once the answer has
  /// begun. The time that the server works on its answer does not count.
  std::chrono::seconds stall_timeout = std::chrono::seconds(60);
  std::size_t max_in_flight = 512;  ///< Asynchronous requests under way at once; further ones wait in their order ...
  std::size_t max_queued = 10'000;  ///< ... up to so many, beyond which they are `overloaded`.

  /// A directory of such files, with names as `openssl rehash` gives them; instead of `ca_file` or beside it.
  std::string ca_directory{};

  /// No request begins on a connection that is older, so that a name is looked up again although its connection is
  /// always in use. What is under way on the connection ends there. 0 or less: there is no such bound.
  std::chrono::milliseconds max_connection_age = std::chrono::minutes(10);
};

}  // namespace v0_1
}  // namespace movio::exhibitor
