// SPDX-License-Identifier: MIT
#include "certificate.hpp"

#include <curl/curl.h>
#include <movio/exhibitor/curl/detail/handle.hpp>
#include <movio/exhibitor/detail/text/proxy_url.hpp>
#include <movio/exhibitor/detail/text/url.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>

#include "output.hpp"

namespace cli {
namespace {

struct Cleanup {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};

std::string issuer_in(const curl_certinfo& chain) {
  constexpr std::string_view label = "Issuer:";
  std::string issuer;
  for (int i = 0; i < chain.num_of_certs; ++i) {
    for (const curl_slist* line = chain.certinfo[i]; line != nullptr; line = line->next) {
      const std::string_view text(line->data);
      if (text.substr(0, label.size()) == label) issuer = shortened(text.substr(label.size()), 256);
    }
  }
  return issuer;
}

/// Only connects. Without verification any certificate is taken, for a look at it.
Certificate connect(const ex::CurlOptions& options, const std::string& url, bool verify) {
  const ex::detail::CurlSettings settings(options);  // initialises libcurl
  const std::unique_ptr<CURL, Cleanup> easy(curl_easy_init());
  if (!easy) return {};
  settings.apply_trust(easy.get());
  const auto parsed = ex::detail::parse_url(url);
  const auto proxy = ex::detail::proxy_of_environment();
  if (parsed && ex::detail::is_loopback(parsed->host)) {
    curl_easy_setopt(easy.get(), CURLOPT_NOPROXY, "*");
  } else if (!proxy.empty() && !ex::detail::is_usable_proxy(proxy)) {
    // libcurl would take a part of the password for the proxy's host, and look it up
    curl_easy_setopt(easy.get(), CURLOPT_PROXY, "unusable://proxy");
  }
  const auto timeout = std::min<std::chrono::milliseconds>(options.connect_timeout, options.timeout);
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_CERTINFO, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy.get(), CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
  curl_easy_setopt(easy.get(), CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  Certificate seen;
  seen.trusted = curl_easy_perform(easy.get()) == CURLE_OK && verify;
  curl_certinfo* chain = nullptr;
  if (curl_easy_getinfo(easy.get(), CURLINFO_CERTINFO, &chain) == CURLE_OK && chain != nullptr) {
    seen.issuer = issuer_in(*chain);
  }
  return seen;
}

}  // namespace

Certificate look_at_certificate(const ex::CurlOptions& options, const std::string& url) {
  const Certificate seen = connect(options, url, true);
  return seen.trusted ? seen : connect(options, url, false);
}

}  // namespace cli
