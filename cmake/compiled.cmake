# SPDX-License-Identifier: MIT

# movio::exhibitor_compiled: what the headers leave out under MOVIO_EXHIBITOR_SEPARATE_COMPILATION, as a static library.
# It is built in the project that uses it, with that project's compiler and flags, and only when something links it.
include_guard(GLOBAL)

set(source "${CMAKE_CURRENT_BINARY_DIR}/movio_exhibitor_compiled.cpp")
file(CONFIGURE OUTPUT "${source}" CONTENT "#include <movio/exhibitor/src.hpp>\n")
add_library(movio_exhibitor_compiled STATIC EXCLUDE_FROM_ALL "${source}")
add_library(movio::exhibitor_compiled ALIAS movio_exhibitor_compiled)
target_link_libraries(movio_exhibitor_compiled PUBLIC movio::exhibitor)
target_compile_definitions(movio_exhibitor_compiled PUBLIC MOVIO_EXHIBITOR_SEPARATE_COMPILATION)
set_target_properties(movio_exhibitor_compiled PROPERTIES POSITION_INDEPENDENT_CODE ON)
unset(source)
