// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "../../core/result.hpp"
#include "../../detail/text/url.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The parsed URL of a handle's requests, so that libcurl need not parse it each time (a twentieth of a call). Parts
/// that are the same as in the previous request are kept.
class CurlUrl {
 public:
  [[nodiscard]] CURLU* handle() const noexcept { return parts_.get(); }

  /// Scheme, host and port.
  [[nodiscard]] const std::string& origin() const noexcept { return origin_; }
  /// Without the brackets of an IPv6 address, as libcurl writes it.
  [[nodiscard]] const std::string& host() const noexcept { return host_; }
  [[nodiscard]] bool loopback() const noexcept { return loopback_; }

  Result<void> assign(const std::string& url) {
    if (url == url_ && !url.empty()) return {};
    auto assigned = is_of_this_server(url) ? assign_target(url) : assign_server(url);
    url_ = assigned ? url : std::string();
    return assigned;
  }

 private:
  struct Cleanup {
    void operator()(CURLU* parts) const noexcept { curl_url_cleanup(parts); }
  };

  static Error no_url() { return invalid_argument("a transport needs an absolute http or https URL"); }

  [[nodiscard]] bool is_of_this_server(std::string_view url) const noexcept {
    const std::string_view target = url.substr(std::min(url.size(), server_.size()));
    return !url_.empty() && url.substr(0, server_.size()) == server_ && !target.empty() &&
           (target.front() == '/' || target.front() == '?');
  }

  Result<void> assign_server(const std::string& text) {
    const auto url = parse_url(text);
    if (!url) return no_url();
    loopback_ = is_loopback(url->host);
    if (!url->https && !loopback_) {
      return invalid_argument("plain http is refused beyond loopback: the secret would travel in the clear");
    }
    origin_ = url->origin();
    host_ = url->host.front() == '[' ? url->host.substr(1, url->host.size() - 2) : url->host;
    server_ = text.substr(0, text.size() - url->target.size());
    if (auto set = assign_part(CURLUPART_URL, server_.c_str()); !set) return set;
    return assign_target(text);
  }

  Result<void> assign_target(const std::string& url) {
    const char* const target = url.c_str() + server_.size();
    if (!std::all_of(target, url.c_str() + url.size(), is_target_character)) return no_url();
    if (url.find('%') != std::string::npos) return assign_part(CURLUPART_URL, url.c_str());  // a part loses %2F to %2f
    const auto path_end = url.find('?', server_.size());
    if (path_end == std::string::npos) {
      if (auto set = assign_part(CURLUPART_PATH, *target == '\0' ? "/" : target); !set) return set;
      return assign_part(CURLUPART_QUERY, nullptr);
    }
    const std::string path = url.substr(server_.size(), path_end - server_.size());
    if (auto set = assign_part(CURLUPART_PATH, path.empty() ? "/" : path.c_str()); !set) return set;
    return assign_part(CURLUPART_QUERY, url.c_str() + path_end + 1);
  }

  Result<void> assign_part(CURLUPart part, const char* text) {
    const CURLUcode code = parts_ ? curl_url_set(parts_.get(), part, text, 0) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OUT_OF_MEMORY) return make_error(ErrorKind::overloaded, "libcurl has no memory for a URL");
    if (code != CURLUE_OK) return no_url();
    return {};
  }

  const std::unique_ptr<CURLU, Cleanup> parts_{curl_url()};
  std::string url_;     ///< As given; empty without a URL.
  std::string server_;  ///< What of it comes before the path.
  std::string origin_;
  std::string host_;
  bool loopback_ = false;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
