# SPDX-License-Identifier: MIT

# movio::exhibitor_compiled: what the headers leave out under MOVIO_EXHIBITOR_SEPARATE_COMPILATION, as a static library.
# It is built in the project that uses it, with that project's compiler and flags, and only when something links it.
# Included by find_package, too, so it sets no variable.
if(TARGET movio_exhibitor_compiled)
  return()
endif()

file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/movio_exhibitor_compiled.cpp"
     CONTENT "#include <movio/exhibitor/src.hpp>\n")
add_library(movio_exhibitor_compiled STATIC EXCLUDE_FROM_ALL "${CMAKE_CURRENT_BINARY_DIR}/movio_exhibitor_compiled.cpp")
add_library(movio::exhibitor_compiled ALIAS movio_exhibitor_compiled)
target_link_libraries(movio_exhibitor_compiled PUBLIC movio::exhibitor)
target_compile_definitions(movio_exhibitor_compiled PUBLIC MOVIO_EXHIBITOR_SEPARATE_COMPILATION)
set_target_properties(movio_exhibitor_compiled PROPERTIES POSITION_INDEPENDENT_CODE ON)
