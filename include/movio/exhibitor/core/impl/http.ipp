// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../../detail/text/encoding.hpp"
#include "../http.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
MOVIO_EXHIBITOR_INLINE void Headers::add(std::string_view name, std::string_view value) {
  constexpr std::size_t usual = 12;
  if (fields_.empty()) fields_.reserve(usual);
  fields_.emplace_back(name, value);
}

MOVIO_EXHIBITOR_INLINE const std::string* Headers::find(std::string_view name) const noexcept {
  for (const auto& field : fields_) {
    if (detail::equal_ignoring_case(field.first, name)) return &field.second;
  }
  return nullptr;
}

MOVIO_EXHIBITOR_INLINE Body::Body(std::string bytes, std::string content_type)
    : bytes_(std::make_shared<const std::string>(std::move(bytes))), content_type_(std::move(content_type)) {}

MOVIO_EXHIBITOR_INLINE Body Body::secret(std::string bytes, std::string content_type) {
  Body body;
  body.bytes_ = std::shared_ptr<const std::string>(new std::string(std::move(bytes)), [](std::string* held) {
    detail::wipe(*held);
    delete held;  // NOLINT(cppcoreguidelines-owning-memory): this is the deleter
  });
  detail::wipe(bytes);
  body.content_type_ = std::move(content_type);
  return body;
}

MOVIO_EXHIBITOR_INLINE std::string path_segment(std::string_view id) { return detail::percent_encode(id); }

}  // namespace v0_1
}  // namespace movio::exhibitor
