// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// What the API says in `Error::details`, for people: its message, then a line for each entity. Fit for a terminal, but
/// it may hold personal data.
std::vector<std::string> api_reasons(const Error& error);

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/reasons.ipp"
#endif
