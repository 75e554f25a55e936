#pragma once

// The version of the library; CMakeLists.txt reads it from here.
#define MOVIO_EXHIBITOR_VERSION_MAJOR 0
#define MOVIO_EXHIBITOR_VERSION_MINOR 1
#define MOVIO_EXHIBITOR_VERSION_PATCH 0

#define MOVIO_EXHIBITOR_VERSION "0.1.0"

namespace movio::exhibitor {

/// The ABI namespace: objects compiled against releases whose types differ do not link by accident.
inline namespace v0_1 {

inline constexpr const char* version = MOVIO_EXHIBITOR_VERSION;

}  // namespace v0_1
}  // namespace movio::exhibitor
