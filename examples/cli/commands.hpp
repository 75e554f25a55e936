// SPDX-License-Identifier: MIT
#pragma once

#include "options.hpp"

namespace cli {

// Each runs one command, prints its outcome and gives the exit code.

int token_command(const Options& options);
int request_command(const Options& options);
int delete_command(const Options& options);
int subscriptions_command(const Options& options);
int categories_command(const Options& options);

}  // namespace cli
