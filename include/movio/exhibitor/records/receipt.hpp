// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// The API's answer to an upsert.
struct UpsertReceipt {
  std::uint64_t total = 0;    ///< Records that the API accepted.
  std::uint64_t created = 0;  ///< New ones; 0 if the API does not report it.
  std::uint64_t updated = 0;  ///< Replaced ones; 0 if the API does not report it.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
