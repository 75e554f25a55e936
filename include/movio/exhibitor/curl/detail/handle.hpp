// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../../core/result.hpp"
#include "../../detail/os/descriptor.hpp"
#include "../options.hpp"
#include "lifetime.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

struct CurlEasyDeleter {
  void operator()(CURL* handle) const noexcept {
    if (!curl_closed) curl_easy_cleanup(handle);
  }
};
using CurlEasy = std::unique_ptr<CURL, CurlEasyDeleter>;

inline Error cancelled_error() { return make_error(ErrorKind::cancelled, "the request was cancelled"); }

inline Error out_of_handles() {
  return make_error(ErrorKind::overloaded, "libcurl has no memory or file descriptors for another transfer");
}

inline Error libcurl_failed() {
  return make_error(ErrorKind::overloaded,
                    "libcurl failed while the request was under way; the API may have acted on it");
}

// Features newer than libcurl 7.70, the oldest supported version, and what happens without them:
//   CURLE_PROXY            7.73  a failed handshake with a SOCKS proxy is CURLE_COULDNT_CONNECT
//   CURLOPT_PROTOCOLS_STR  7.85  CURLOPT_PROTOCOLS
//   CURLOPT_QUICK_EXIT     7.87  ending a request waits for a hanging name look-up
//   CURLE_TOO_LARGE        8.6   CURLE_OUT_OF_MEMORY
//   CURLINFO_USED_PROXY    8.7   CURLINFO_REQUEST_SIZE, which then counts CONNECT, too
//   CURLMOPT_QUICK_EXIT    8.20  CURLOPT_QUICK_EXIT, which was enough before 8.20
// Not used: CURLOPT_PIPEWAIT (see `CurlAdmission`), CURLOPT_MAXLIFETIME_CONN (7.80, see `CurlRenewal`).

/// How libcurl opens its connections (CURLOPT_OPENSOCKETFUNCTION).
inline curl_socket_t open_socket(void* /*unused*/, curlsocktype /*purpose*/, curl_sockaddr* address) noexcept {
  Descriptor opened(::socket(address->family, address->socktype, address->protocol));
  if (opened) ::fcntl(opened.get(), F_SETFD, FD_CLOEXEC);
  return above_standard(std::move(opened)).release();
}

/// The CA file to use; empty for the system's bundle, or for a directory only.
inline std::string chosen_ca_file(const CurlOptions& options) {
  if (!options.ca_file.empty() || !options.ca_directory.empty()) return options.ca_file;
  for (const char* name : {"MOVIO_CA_FILE", "SSL_CERT_FILE"}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read once, in the transport's constructor
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

/// What all handles of one transport share: options, trusted CAs, and whether libcurl can be used.
class CurlSettings {
 public:
  explicit CurlSettings(CurlOptions options) : options_(std::move(options)), ca_file_(chosen_ca_file(options_)) {
    CurlLifetime::instance().initialise();  // as early as possible; tried again when a request needs it
    const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
    user_agent_ = std::string("movio-exhibitor-cpp/") + version + " libcurl/" + info->version;
    constexpr unsigned oldest = 0x074600;  // 7.70.0: reports the path of its CA bundle
    if (info->version_num < oldest) {
      problem_ = invalid_argument(std::string("libcurl 7.70 or newer is needed; this is ") + info->version);
    } else if ((info->features & CURL_VERSION_SSL) == 0) {
      problem_ = invalid_argument("this libcurl was built without TLS");
    } else {
      system_has_bundle_ = info->cainfo != nullptr;
      system_trust_ = info->cainfo != nullptr ? info->cainfo : info->capath != nullptr ? info->capath : "libcurl's own";
    }
  }

  [[nodiscard]] const CurlOptions& options() const noexcept { return options_; }
  [[nodiscard]] const std::string& user_agent() const noexcept { return user_agent_; }
  [[nodiscard]] const std::optional<Error>& problem() const noexcept { return problem_; }

  /// The name of the file or folder of trusted CAs, for messages.
  [[nodiscard]] const std::string& trust() const noexcept {
    return !ca_file_.empty() ? ca_file_ : !options_.ca_directory.empty() ? options_.ca_directory : system_trust_;
  }

  void apply_trust(CURL* easy) const noexcept {
    const auto name_of = [](const std::string& name) { return name.empty() ? nullptr : name.c_str(); };
    const char* const file = name_of(ca_file_);
    const char* const directory = name_of(options_.ca_directory);
    const bool own = file != nullptr || directory != nullptr;
    // Debian's libcurl has a built-in CAPATH. With a file of our own it would add the system's CAs; with the system's
    // bundle it is redundant, and disables libcurl's cache of the parsed bundle.
    if (own) curl_easy_setopt(easy, CURLOPT_CAINFO, file);
    if (own || system_has_bundle_) curl_easy_setopt(easy, CURLOPT_CAPATH, directory);
  }

 private:
  CurlOptions options_;
  std::string ca_file_;
  std::string user_agent_;
  std::string system_trust_;
  bool system_has_bundle_ = false;
  std::optional<Error> problem_;
};

/// A duration for libcurl's millisecond options: 0 would mean no limit, and more than INT_MAX is refused. Adds 1 ms,
/// because libcurl may time out 1 ms early, and the call would use the rest for another attempt.
inline long curl_milliseconds(std::chrono::milliseconds duration) noexcept {
  return static_cast<long>(std::clamp<std::chrono::milliseconds::rep>(duration.count(), 0, INT_MAX - 1)) + 1;
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
