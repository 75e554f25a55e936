// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "calls_server.hpp"

namespace bench {

/// libcurl by hand, as well as it can be done: a kept handle, for which URL and header list are set per call.
class RawHandle {
 public:
  explicit RawHandle(const Target& target) : target_(target) {
    set(CURLOPT_CAINFO, target_.ca_file.c_str());
    set(CURLOPT_CAPATH, nullptr);
    set(CURLOPT_USERAGENT, "movio-exhibitor-cpp/0.0.0 libcurl/7.88.1");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_PIPEWAIT, 1L);
    set(CURLOPT_NOPROXY, "*");
    set(CURLOPT_CONNECTTIMEOUT_MS, 10'000L);
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_WRITEFUNCTION, &RawHandle::on_body);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_HEADERFUNCTION, &RawHandle::on_header);
  }
  RawHandle(const RawHandle&) = delete;
  RawHandle& operator=(const RawHandle&) = delete;
  ~RawHandle() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(lines_);
  }

  [[nodiscard]] CURL* easy() const { return easy_; }

  void prepare(const std::string* body = nullptr) {
    const std::string url = target_.url + "/members";
    curl_slist_free_all(std::exchange(lines_, nullptr));
    line(("Authorization: Bearer " + target_.token).c_str());
    line("Accept: application/json");
    line(("X-Request-Id: 0123456789abcdef-" + std::to_string(next_number())).c_str());
    line("Expect:");
    if (body != nullptr) {
      line("Content-Type: application/json");
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
      set(CURLOPT_POSTFIELDS, body->c_str());
      set(CURLOPT_CUSTOMREQUEST, "PUT");
    }
    set(CURLOPT_TIMEOUT_MS, 120'000L);
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_HTTPHEADER, lines_);
    body_.clear();
    headers_.clear();
  }

  void check(CURLcode code) const {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status / 100 != 2 || body_.empty()) std::abort();
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(easy_, option, value) != CURLE_OK) std::abort();
  }
  /// No two calls have the same, whichever handles they are on: HTTP/2 would send the second for nothing.
  static unsigned next_number() {
    static std::atomic<unsigned> calls{0};
    return ++calls;
  }
  void line(const char* text) { lines_ = curl_slist_append(lines_, text); }

  static std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* self) {
    static_cast<RawHandle*>(self)->body_.append(data, size * count);
    return size * count;
  }
  static std::size_t on_header(const char* data, std::size_t size, std::size_t count, void* self) {
    std::string_view line(data, size * count);
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    if (const auto colon = line.find(": "); colon != std::string_view::npos) {
      static_cast<RawHandle*>(self)->headers_.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    return size * count;
  }

  const Target target_;
  CURL* const easy_ = curl_easy_init();
  curl_slist* lines_ = nullptr;
  std::string body_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

/// One for each thread.
class Raw {
 public:
  static constexpr const char* name = "raw libcurl";

  explicit Raw(const Target& target) : target_(target), getting_(target), putting_(target) {}
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;
  ~Raw() {
    flying_.clear();
    curl_multi_cleanup(multi_);
  }

  void get() { perform(getting_, nullptr); }
  void put(const std::string& body) { perform(putting_, &body); }

  void fly(int in_flight, int calls, const std::string* body = nullptr) {
    while (static_cast<int>(flying_.size()) < in_flight) flying_.push_back(std::make_unique<RawHandle>(target_));
    int begun = 0;
    const auto begin = [&](RawHandle& handle) {
      handle.prepare(body);
      curl_easy_setopt(handle.easy(), CURLOPT_PRIVATE, &handle);
      curl_multi_add_handle(multi_, handle.easy());
      ++begun;
    };
    for (auto& handle : flying_) begin(*handle);
    for (int ended = 0; ended < calls;) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      int queued = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_, &queued)) {
        RawHandle* handle = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &handle);
        const CURLcode code = message->data.result;
        curl_multi_remove_handle(multi_, handle->easy());
        handle->check(code);
        ++ended;
        if (begun < calls) begin(*handle);
      }
      if (ended < calls) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
  }

 private:
  static void perform(RawHandle& handle, const std::string* body) {
    handle.prepare(body);
    handle.check(curl_easy_perform(handle.easy()));
  }

  static CURLM* new_multi() {
    CURLM* multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 512L);
    return multi;
  }

  const Target target_;
  RawHandle getting_;
  RawHandle putting_;
  CURLM* const multi_ = new_multi();
  std::vector<std::unique_ptr<RawHandle>> flying_;
};

}  // namespace bench
