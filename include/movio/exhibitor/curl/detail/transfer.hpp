// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/http.hpp"
#include "../../detail/text/encoding.hpp"
#include "../../detail/text/proxy_url.hpp"
#include "error_codes.hpp"
#include "handle.hpp"
#include "header_lines.hpp"
#include "metrics.hpp"
#include "url_parts.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// One easy handle and the state of its request. Used by blocking calls and by the engine.
class CurlTransfer {
 public:
  explicit CurlTransfer(const CurlSettings& settings) : settings_(settings), easy_(curl_easy_init()) {
    if (easy_) set_what_stays();
  }
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;
  ~CurlTransfer() = default;

  [[nodiscard]] CURL* handle() const noexcept { return easy_.get(); }

  /// Whether the handle may be used for another request. Not after a failure: libcurl 7.88, for example, remembers that
  /// the body must be rewound, and the next request fails.
  [[nodiscard]] bool reusable() const noexcept { return easy_ && setup_ == CURLE_OK && clean_; }

  /// Stored in the handle, so that the engine finds the transfer of a handle.
  void tag(std::uint64_t number) noexcept { tag_ = number; }
  [[nodiscard]] static std::uint64_t tag_of(CURL* handle) noexcept {
    return curl_info<CurlTransfer*>(handle, CURLINFO_PRIVATE)->tag_;
  }

  /// Prepares a request, which must outlive the transfer. `waited` is subtracted from its timeout.
  Result<void> prepare(const TransportRequest& request, std::chrono::steady_clock::duration waited = {}) {
    if (settings_.problem()) return *settings_.problem();
    if (request.method == "HEAD" && request.body) return invalid_argument("a HEAD request has no body");
    if (auto assigned = url_.assign(request.url); !assigned) return assigned;
    timeout_ = request.timeout.value_or(settings_.options().timeout);
    if (waited.count() > 0) timeout_ -= std::chrono::duration_cast<std::chrono::milliseconds>(waited);
    if (timeout_.count() <= 0) return timed_out();

    request_ = &request;
    response_ = {};
    header_bytes_ = sent_ = 0;
    head_complete_ = too_large_ = bad_length_ = answering_ = stalled_ = false;
    length_.clear();
    moved_ = -1;
    error_text_.front() = '\0';
    lines_.assign(request);
    set(CURLOPT_URL, request.url.c_str());  // beside the parsed one, for what libcurl says of it
    set(CURLOPT_HTTPHEADER, lines_.list());
    set(CURLOPT_TIMEOUT_MS, curl_milliseconds(timeout_));
    set_proxy();
    set_method_and_body();
    if (setup_ != CURLE_OK)
      return invalid_argument(std::string("libcurl refuses an option: ") + curl_easy_strerror(setup_));
    clean_ = false;
    return {};
  }

  /// Whether the request got a connection, including TLS.
  [[nodiscard]] bool connected() const noexcept {
    return curl_info<curl_off_t>(handle(), CURLINFO_PRETRANSFER_TIME_T) > 0;
  }
  /// Of the answer: 10, 11 or 20; 0 without one.
  [[nodiscard]] int http_version() const noexcept {
    return http_version_of(curl_info<long>(handle(), CURLINFO_HTTP_VERSION));
  }

  /// The outcome of a transfer that ended with `code`.
  Result<HttpResponse> finish(CURLcode code) {
    // libcurl accepts a truncated head, and so a part of an answer as all of it.
    if (code == CURLE_OK && !head_complete_) code = CURLE_RECV_ERROR;
    clean_ = code == CURLE_OK;
    if (clean_ || is_answered(code)) return take_response();
    return explain(code);
  }

 private:
  static constexpr std::size_t max_header_bytes = std::size_t{256} << 10U;

  template <class Value>
  void set(CURLoption option, Value value) noexcept {
    const CURLcode code = curl_easy_setopt(handle(), option, value);
    if (setup_ == CURLE_OK) setup_ = code;
  }

  void set_what_stays() noexcept {
    settings_.apply_trust(handle());
    set(CURLOPT_CURLU, url_.handle());
    set(CURLOPT_USERAGENT, settings_.user_agent().c_str());
    set(CURLOPT_ERRORBUFFER, error_text_.data());
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_READFUNCTION, &CurlTransfer::on_read);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HEADEROPT, CURLHEADER_SEPARATE);  // our headers are for the server, not for a proxy
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, curl_milliseconds(settings_.options().connect_timeout));
    set(CURLOPT_XFERINFOFUNCTION, &CurlTransfer::on_progress);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);  // for its timer: libcurl then asks on_progress every second, not only when bytes
    set(CURLOPT_LOW_SPEED_TIME, 1000000L);  // move; its own check counts the time that the server works, too
#if LIBCURL_VERSION_NUM >= 0x075500
    set(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    set(CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
    // What a libcurl may do without: HTTP/2, and not waiting for a hanging resolver thread.
    curl_easy_setopt(handle(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(handle(), CURLOPT_QUICK_EXIT, 1L);
#endif
  }

  /// libcurl takes the proxy from the environment, unless NO_PROXY has the host. A proxy whose URL is ambiguous is
  /// replaced by one that libcurl refuses before any look-up.
  void set_proxy() noexcept {
    if (std::exchange(direct_, url_.loopback()) != direct_) set(CURLOPT_NOPROXY, direct_ ? "*" : nullptr);
    const auto proxy = direct_ ? std::string_view() : proxy_of_environment();
    asks_for_tunnel_ = !proxy.empty() && !is_socks_proxy(proxy);
    const bool refused = !proxy.empty() && !is_usable_proxy(proxy);
    if (std::exchange(proxy_refused_, refused) != refused) set(CURLOPT_PROXY, refused ? "unusable://proxy" : nullptr);
  }

  void set_method_and_body() noexcept {
    const std::string& method = request_->method;
    const bool plain = method == "GET" && !request_->body;
    if (std::exchange(plain_, plain) && plain) return;
    const std::string_view bytes = request_->body.bytes();
    const bool repeatable = is_repeatable(*request_);
    const bool carries_body = request_->body || method == "POST" || method == "PATCH" || method == "PUT";

    // libcurl repeats a request by itself if a reused connection turns out to be dead. A request that must not be
    // repeated gets a body that cannot be rewound, or, without a body, a new connection.
    const bool rewinds = carries_body && (repeatable || bytes.empty());
    set(CURLOPT_FRESH_CONNECT, !repeatable && bytes.empty() ? 1L : 0L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(bytes.size()));
    set(CURLOPT_POSTFIELDS, rewinds ? (bytes.empty() ? "" : bytes.data()) : nullptr);
    // Set last: the options above make it a POST.
    set(carries_body ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
    if (method == "HEAD") set(CURLOPT_NOBODY, 1L);
    set(CURLOPT_CUSTOMREQUEST,
        method == (carries_body ? "POST" : "GET") || method == "HEAD" ? nullptr : method.c_str());
  }

  /// What else to say of a certificate that was refused, by OpenSSL's numbers. Nothing for its name, of which they do
  /// not speak (1), and for keys and digests that are too weak (66 to 68).
  [[nodiscard]] const char* certificate_hint() const noexcept {
    const long why = curl_info<long>(handle(), CURLINFO_SSL_VERIFYRESULT);
    if (why == 9 || why == 10) return ", or this machine's clock is wrong";
    if (why <= 1 || (why >= 66 && why <= 68)) return "";
    return "; `exhibitor check` names the certificate's issuer; if that is the right one, name its CA file with "
           "CurlOptions::ca_file or MOVIO_CA_FILE";
  }

  /// Whether the whole answer is there although the request did not go out to its end: a server may answer before, and
  /// the answer counts (RFC 9113, 8.1). libcurl 7.88 then waits for leave to send, or fails without a word.
  [[nodiscard]] bool is_answered(CURLcode code) const noexcept {
    const bool stream_is_closed = code == CURLE_HTTP2_STREAM && error_text_.front() == '\0';
    if (!stream_is_closed && code != CURLE_OPERATION_TIMEDOUT) return false;
    if (!head_complete_ || status() < 200) return false;
    const auto length = curl_info<curl_off_t>(handle(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
    return length < 0 ? stream_is_closed : length == static_cast<curl_off_t>(response_.body.size());
  }

  [[nodiscard]] int status() const noexcept {
    return static_cast<int>(curl_info<long>(handle(), CURLINFO_RESPONSE_CODE));
  }

  HttpResponse take_response() {
    response_.status = status();
    response_.metrics = curl_metrics(handle());
    return std::move(response_);
  }

  [[nodiscard]] Error timed_out() const {
    return make_error(ErrorKind::timeout, "no complete answer from " + url_.origin() + " within " +
                                              std::to_string(std::max<long long>(0, timeout_.count())) + " ms");
  }

  [[nodiscard]] std::string_view words(CURLcode code) const noexcept {
    return error_text_.front() != '\0' ? error_text_.data() : curl_easy_strerror(code);
  }

  /// libcurl's message for a failure, without the host of the proxy: it may hold a part of a password.
  [[nodiscard]] std::string reason(CURLcode code) const {
    std::string_view said = words(code);
    if (code == CURLE_SEND_FAIL_REWIND) return "the connection broke while the server may have acted on the request";
    if (is_of_proxy_url(said)) return "its URL cannot be used (percent-encode the user name and the password in it)";
    if (code == CURLE_COULDNT_RESOLVE_PROXY) return "its name cannot be resolved";
    if (names_proxy(said)) said.remove_prefix(said.rfind(": ") + 2);
    return clean_text(said, 256);
  }

  static bool is_of_proxy_url(std::string_view said) noexcept { return said.substr(0, 17) == "Unsupported proxy"; }

  /// Whether libcurl could not connect to the proxy. Before 8.7 only its message tells, by naming another host.
  [[nodiscard]] bool names_proxy(std::string_view said) const {
    constexpr std::string_view opening = "Failed to connect to ";
    if (said.substr(0, opening.size()) != opening || said.rfind(": ") == std::string_view::npos) return false;
    if (const auto used = used_proxy(handle())) return *used;
    return said.substr(opening.size(), url_.host().size() + 6) != url_.host() + " port ";
  }

  [[nodiscard]] bool tried_a_proxy(CURLcode code) const {
    return is_of_proxy_url(words(code)) || (code == CURLE_COULDNT_CONNECT && names_proxy(words(code)));
  }

  /// Whether a proxy did not open the tunnel, so that the request was never sent.
  [[nodiscard]] bool sent_only_connect() const noexcept {
    return asks_for_tunnel_ && stopped_at_proxy(handle()) &&
           curl_info<long>(handle(), CURLINFO_HTTP_CONNECTCODE) / 100 != 2;
  }

  [[nodiscard]] ErrorKind kind_of(CURLcode code, std::string_view reason) const {
    if (tried_a_proxy(code)) return ErrorKind::proxy;
    if (sent_only_connect() && code != CURLE_OPERATION_TIMEDOUT) return ErrorKind::proxy;
    return broke_in_handshake(code, reason) ? ErrorKind::connection : detail::kind_of(code);
  }

  [[nodiscard]] Error explain(CURLcode code) const {
    const std::string text = reason(code);
    const long connect_status = curl_info<long>(handle(), CURLINFO_HTTP_CONNECTCODE);
    Error error = make_error(kind_of(code, text), {});
    if (bad_length_) {
      error = make_error(ErrorKind::protocol, "the answer of " + url_.origin() +
                                                  " has two different Content-Length fields, or one that is no number");
    } else if (stalled_) {
      error = make_error(ErrorKind::timeout, "no byte has moved to or from " + url_.origin() + " for " +
                                                 std::to_string(settings_.options().stall_timeout.count()) + " s");
    } else if (too_large_ || error.kind == ErrorKind::too_large) {
      error = make_error(ErrorKind::too_large, "the answer of " + url_.origin() + " is larger than allowed");
    } else if (connect_status >= 300) {
      error = make_error(ErrorKind::proxy, "the proxy refused to connect to " + url_.origin() + " (HTTP " +
                                               std::to_string(connect_status) + "); check HTTPS_PROXY and NO_PROXY");
    } else if (error.kind == ErrorKind::timeout) {
      // when it was not the request's own time, libcurl's words tell which time it was
      const auto took = std::chrono::microseconds(curl_info<curl_off_t>(handle(), CURLINFO_TOTAL_TIME_T));
      if (took + std::chrono::milliseconds(1) >= timeout_) error = timed_out();
      if (error.message.empty()) error.message = "no complete answer from " + url_.origin();
      error.message += ": " + (sent_only_connect() ? "the proxy did not answer" : text);
    } else if (error.kind == ErrorKind::proxy) {
      error.message =
          "the proxy on the way to " + url_.origin() + " failed: " + text + "; check HTTPS_PROXY and NO_PROXY";
    } else if (error.kind == ErrorKind::tls) {
      error.message = "TLS with " + url_.origin() + " failed: " + text;
      if (code == CURLE_PEER_FAILED_VERIFICATION) error.message += certificate_hint();
      error.message += "; the CA bundle is " + settings_.trust();
    } else {
      error.message = "no answer from " + url_.origin() + ": " + text;
    }
    error.transport_code = static_cast<int>(code);
    error.nothing_sent = curl_info<long>(handle(), CURLINFO_REQUEST_SIZE) == 0 || sent_only_connect();
    return error;
  }

  bool take_header(std::string_view line) {
    if ((header_bytes_ += line.size()) > max_header_bytes) {
      too_large_ = true;
      return false;
    }
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    if (line.substr(0, 5) == "HTTP/") {  // the answer proper begins anew after a 1xx
      response_.headers = {};
      head_complete_ = false;
      length_.clear();
      answering_ = line.substr(line.find(' ') + 1, 1) != "1";
    }
    if (line.empty()) head_complete_ = true;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    const auto name = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    response_.headers.add(name, value);
    return head_complete_ || !equal_ignoring_case(name, "Content-Length") || take_length(value);
  }

  /// False if the end of the answer is ambiguous (RFC 9112 section 6.3).
  bool take_length(std::string_view value) {
    constexpr std::size_t most_digits = 18;  // libcurl cannot parse more
    bad_length_ = value.empty() || value.size() > most_digits || !std::all_of(value.begin(), value.end(), is_digit) ||
                  (!length_.empty() && length_ != value);
    length_ = value;
    return !bad_length_;
  }

  /// False if no byte moved for too long while the body was being sent or the answer received. The time until the
  /// answer begins does not count.
  bool moves(std::int64_t received, std::int64_t sent) noexcept {
    const auto now = std::chrono::steady_clock::now();
    const std::int64_t moved = received + sent + static_cast<std::int64_t>(header_bytes_);
    const bool sending = sent < static_cast<std::int64_t>(request_->body.bytes().size()) &&
                         curl_info<curl_off_t>(handle(), CURLINFO_PRETRANSFER_TIME_T) > 0;
    if (std::exchange(moved_, moved) != moved || !(sending || answering_)) moved_at_ = now;
    stalled_ = now - moved_at_ >= std::max(settings_.options().stall_timeout, std::chrono::seconds(1));
    return !stalled_;
  }

  bool take_body(std::string_view piece) {
    if (piece.size() > request_->max_response_bytes - response_.body.size()) {
      too_large_ = true;
      return false;
    }
    if (response_.body.empty()) {
      // reserved at once: growing would leave copies of a token behind
      constexpr std::size_t when_unknown = 4096;
      constexpr std::size_t most = std::size_t{1} << 20U;
      const auto length = curl_info<curl_off_t>(handle(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
      const std::size_t wanted = length > 0 ? static_cast<std::size_t>(length) : when_unknown;
      response_.body.reserve(std::min({wanted, most, request_->max_response_bytes}));
    }
    response_.body.append(piece);
    return true;
  }

  // libcurl's callbacks must not throw.
  static std::size_t on_header(const char* data, std::size_t size, std::size_t count, void* self) noexcept {
    try {
      return static_cast<CurlTransfer*>(self)->take_header({data, size * count}) ? size * count : 0;
    } catch (...) {
      return 0;
    }
  }
  static std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* self) noexcept {
    try {
      return static_cast<CurlTransfer*>(self)->take_body({data, size * count}) ? size * count : 0;
    } catch (...) {
      return 0;
    }
  }
  static int on_progress(void* self, curl_off_t /*expected*/, curl_off_t received, curl_off_t /*to_send*/,
                         curl_off_t sent) noexcept {
    return static_cast<CurlTransfer*>(self)->moves(received, sent) ? 0 : 1;
  }
  static std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* self) noexcept {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    const std::size_t sent = transfer.request_->body.bytes().copy(buffer, size * count, transfer.sent_);
    transfer.sent_ += sent;
    return sent;
  }

  const CurlSettings& settings_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  CurlUrl url_;
  CurlEasy easy_;
  CURLcode setup_ = CURLE_OK;
  bool clean_ = true;             ///< No request on the handle has failed.
  bool direct_ = false;           ///< No proxy is used.
  bool asks_for_tunnel_ = false;  ///< The environment names an HTTP proxy, which is used by CONNECT.
  bool proxy_refused_ = false;    ///< The environment's proxy has an ambiguous URL.
  bool plain_ = true;             ///< Method and body are set for a GET without one, as they are in a new handle.
  const TransportRequest* request_ = nullptr;
  CurlHeaderLines lines_;
  std::chrono::milliseconds timeout_{};
  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  std::size_t sent_ = 0;
  bool head_complete_ = false;  ///< The empty line at its end was received.
  bool too_large_ = false;
  std::string length_;       ///< The answer's Content-Length.
  bool bad_length_ = false;  ///< There are two different ones, or it is not a number.
  bool answering_ = false;   ///< The status line of the final answer was received.
  bool stalled_ = false;
  std::int64_t moved_ = 0;  ///< Bytes moved at the last check.
  std::chrono::steady_clock::time_point moved_at_;
  std::uint64_t tag_ = 0;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
