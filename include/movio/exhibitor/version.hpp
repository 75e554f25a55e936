// SPDX-License-Identifier: MIT
#pragma once

// The version of the library; CMakeLists.txt reads it from here.
#define MOVIO_EXHIBITOR_VERSION_MAJOR 0
#define MOVIO_EXHIBITOR_VERSION_MINOR 1
#define MOVIO_EXHIBITOR_VERSION_PATCH 0

#define MOVIO_EXHIBITOR_VERSION "0.1.0"

// What stands in impl/*.ipp is compiled in every unit that includes its header, or, with
// MOVIO_EXHIBITOR_SEPARATE_COMPILATION, only in the one that includes src.hpp.
// It also stands at the declaration of a virtual function: one that is inline only where it is defined makes g++
// compile the whole class in every unit.
#ifdef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#define MOVIO_EXHIBITOR_INLINE
#else
#define MOVIO_EXHIBITOR_INLINE inline
#endif

namespace movio::exhibitor {

/// The ABI namespace: objects compiled against releases whose types differ do not link by accident.
inline namespace v0_1 {

inline constexpr const char* version = MOVIO_EXHIBITOR_VERSION;

}  // namespace v0_1
}  // namespace movio::exhibitor
