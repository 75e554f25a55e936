// SPDX-License-Identifier: MIT
#pragma once

// Obtaining tokens, for programs that share one provider among clients, or want the tokens alone.
#include "token/provider.hpp"
