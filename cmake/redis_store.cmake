# SPDX-License-Identifier: MIT

# movio::exhibitor_redis_store: what redis_token_store.hpp needs, beside movio::exhibitor or movio::exhibitor_compiled.
# Included by find_package, too.
if(TARGET movio_exhibitor_redis_store)
  return()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/file_store.cmake")
# Not every system's package of hiredis has a CMake configuration.
find_path(MOVIO_EXHIBITOR_HIREDIS_INCLUDE_DIR hiredis/hiredis.h)
find_library(MOVIO_EXHIBITOR_HIREDIS_LIBRARY hiredis)
mark_as_advanced(MOVIO_EXHIBITOR_HIREDIS_INCLUDE_DIR MOVIO_EXHIBITOR_HIREDIS_LIBRARY)
if(NOT MOVIO_EXHIBITOR_HIREDIS_INCLUDE_DIR OR NOT MOVIO_EXHIBITOR_HIREDIS_LIBRARY)
  message(FATAL_ERROR "movio::exhibitor_redis_store needs hiredis with its headers, and it was not found. Install it with "
                      "apt-get install libhiredis-dev, dnf install hiredis-devel, apk add hiredis-dev or brew install hiredis.")
endif()
add_library(movio_exhibitor_redis_store INTERFACE)
add_library(movio::exhibitor_redis_store ALIAS movio_exhibitor_redis_store)
target_include_directories(movio_exhibitor_redis_store SYSTEM INTERFACE "${MOVIO_EXHIBITOR_HIREDIS_INCLUDE_DIR}")
target_link_libraries(movio_exhibitor_redis_store INTERFACE movio::exhibitor_file_store
                                                            "${MOVIO_EXHIBITOR_HIREDIS_LIBRARY}")
