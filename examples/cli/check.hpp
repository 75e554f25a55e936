// SPDX-License-Identifier: MIT
#pragma once

#include "options.hpp"

namespace cli {

/// Examines the way to the API step by step, prints a line for each and gives the exit code. Writes nothing.
int check_command(const Options& options);

}  // namespace cli
