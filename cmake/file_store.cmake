# SPDX-License-Identifier: MIT

# movio::exhibitor_file_store: what the headers of the room stores need, beside movio::exhibitor or
# movio::exhibitor_compiled. Included by find_package, too.
if(TARGET movio_exhibitor_file_store)
  return()
endif()

find_package(OpenSSL 1.1.1 REQUIRED COMPONENTS Crypto)
add_library(movio_exhibitor_file_store INTERFACE)
add_library(movio::exhibitor_file_store ALIAS movio_exhibitor_file_store)
target_link_libraries(movio_exhibitor_file_store INTERFACE movio::exhibitor OpenSSL::Crypto)
