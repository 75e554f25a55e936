// SPDX-License-Identifier: MIT
#pragma once

// No try block around each assertion: an exception still fails its test, and the tests compile a twentieth faster.
#define CATCH_CONFIG_FAST_COMPILE

// Catch2 by whichever header its installed version has: 3.x, or 2.x.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
