// SPDX-License-Identifier: MIT
#pragma once

// The unit tests' disk: disk.cpp's fdatasync and fsync stand in front of libc's. Nothing survives a loss of power, but
// it is written down, and a thousand times faster.
#include <cstddef>
#include <string>
#include <vector>

namespace disk {

inline std::vector<std::string> synced;  ///< The names of the files, in that order.
inline std::size_t synced_directories = 0;
inline bool fails = false;

}  // namespace disk
