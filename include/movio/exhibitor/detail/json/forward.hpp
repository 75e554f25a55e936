// SPDX-License-Identifier: MIT
#pragma once

// The name nlohmann::json. Releases before 3.11 may come without forward declarations, as may a copy of json.hpp alone.
#if __has_include(<nlohmann/json_fwd.hpp>)
#include <nlohmann/json_fwd.hpp>
#else
#include <nlohmann/json.hpp>
#endif
