// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "../../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The directory that holds what a path names; "." for a bare name.
inline std::string directory_of(std::string_view path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string_view::npos) return ".";
  const auto last = path.find_last_not_of('/', slash);
  return std::string(path.substr(0, last == std::string_view::npos ? 1 : last + 1));
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
