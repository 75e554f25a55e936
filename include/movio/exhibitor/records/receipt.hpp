// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// The API's answer to an upsert.
struct UpsertReceipt {
  std::uint64_t total = 0;    ///< Records that the API took.
  std::uint64_t created = 0;  ///< Those that were new; 0 when the API does not say.
  std::uint64_t updated = 0;  ///< Those that replaced a record; 0 when the API does not say.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
