// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/http.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The header lines of one request for libcurl. The list's nodes and text are ours, so that libcurl copies nothing, and
/// the next request reuses the memory.
class CurlHeaderLines {
 public:
  /// `request` must outlive the list.
  void assign(const TransportRequest& request) {
    text_.clear();
    begins_.clear();
    for (const auto& [name, value] : request.headers) write(name, value);
    const std::string& content_type = request.body.content_type();
    if (request.body && !content_type.empty() && request.headers.find("Content-Type") == nullptr) {
      write("Content-Type", content_type);
    }
    nodes_.clear();
    if (request.authorization) link(request.authorization->reveal().data());
    for (const std::size_t begin : begins_) link(text_.c_str() + begin);
    link("Expect:");  // never wait for "100 Continue"
    for (std::size_t i = 1; i < nodes_.size(); ++i) nodes_[i - 1].next = &nodes_[i];
  }

  [[nodiscard]] curl_slist* list() noexcept { return nodes_.data(); }

 private:
  void write(std::string_view name, std::string_view value) {
    begins_.push_back(text_.size());
    text_ += name;
    text_ += value.empty() ? ";" : ": ";  // libcurl's notation for an empty header
    text_ += value;
    text_ += '\0';
  }

  void link(const char* line) { nodes_.push_back({const_cast<char*>(line), nullptr}); }  // libcurl only reads it

  std::string text_;  ///< One line after the other, each with a NUL at its end.
  std::vector<std::size_t> begins_;
  std::vector<curl_slist> nodes_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
