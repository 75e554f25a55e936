// SPDX-License-Identifier: MIT
#pragma once

#include <random>

#include "../../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// From 0 to 1. Not for secrets.
inline double chance() {
  std::random_device random;
  return std::uniform_real_distribution<double>(0, 1)(random);
}

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
