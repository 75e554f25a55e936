// SPDX-License-Identifier: MIT
#pragma once

#include "options.hpp"

namespace cli {

// Many records at a time. Each runs one command, prints its outcome and gives the exit code.

int upload_command(const Options& options);
int delete_many_command(const Options& options);

}  // namespace cli
