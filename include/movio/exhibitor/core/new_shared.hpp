// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// As std::make_shared, for what is made seldom: two allocations, but a third of the code for each type, which every
/// file of a header-only program compiles.
template <class T, class... Arguments>
std::shared_ptr<T> new_shared(Arguments&&... arguments) {
  return std::shared_ptr<T>(new T(std::forward<Arguments>(arguments)...));  // NOLINT(modernize-make-shared)
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
