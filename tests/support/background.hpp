// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <future>
#include <type_traits>
#include <utility>

namespace support {

/// Runs `work` in a thread of its own. The future waits for its end. By std::function, because std::async compiles into
/// more than a hundred functions for each type that it is given.
template <class Work>
auto in_background(Work work) {
  return std::async(std::launch::async, std::function<std::invoke_result_t<Work>()>(std::move(work)));
}

}  // namespace support
