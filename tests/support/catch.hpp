// SPDX-License-Identifier: MIT
#pragma once

// Catch2 by whichever header its installed version has: 3.x, or 2.x.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
