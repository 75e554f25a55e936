// SPDX-License-Identifier: MIT
#pragma once

// The whole library. What is optional has headers of its own: exhibitor/testing.hpp, coroutine.hpp, format.hpp.
#include "exhibitor/bulk.hpp"
#include "exhibitor/client.hpp"
#include "exhibitor/records.hpp"
#include "exhibitor/token_provider.hpp"
#include "exhibitor/version.hpp"
