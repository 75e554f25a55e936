# What the README shows is built: its program and its CMakeLists.txt as a project of their own, its other C++ as functions.

set(readme "${PROJECT_SOURCE_DIR}/README.md")
set(readme_dir "${CMAKE_CURRENT_BINARY_DIR}/readme")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${readme}")
file(READ "${readme}" rest)

# Cuts the next ```language block out of `rest`; `block` is empty when there is none left.
macro(next_block language)
  set(block "")
  string(FIND "${rest}" "```${language}\n" begin)
  if(begin GREATER -1)
    string(LENGTH "```${language}\n" opening)
    math(EXPR begin "${begin} + ${opening}")
    string(SUBSTRING "${rest}" ${begin} -1 rest)
    string(FIND "${rest}" "\n```" end)
    string(SUBSTRING "${rest}" 0 ${end} block)
    string(APPEND block "\n")
    string(SUBSTRING "${rest}" ${end} -1 rest)
  endif()
endmacro()

next_block(cpp)
file(CONFIGURE OUTPUT "${readme_dir}/program/main.cpp" CONTENT "${block}" @ONLY)
set(after_program "${rest}")
next_block(cmake)
file(CONFIGURE OUTPUT "${readme_dir}/program/CMakeLists.txt" CONTENT "${block}" @ONLY)
# Without the directory of credentials it says so and ends with that kind's exit code.
exhibitor_static_test(
  readme_program "${CMAKE_CTEST_COMMAND}" --build-and-test "${readme_dir}/program" "${readme_dir}/program/build"
  --build-generator "${CMAKE_GENERATOR}" --build-makeprogram "${CMAKE_MAKE_PROGRAM}"
  --build-options "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}"
  "-DFETCHCONTENT_SOURCE_DIR_MOVIO_EXHIBITOR=${PROJECT_SOURCE_DIR}"
  --test-command sh -c "./my_service && exit 1 || test $? -eq 3")

set(rest "${after_program}")
string(CONCAT text "#include <fstream>\n#include <iostream>\n#include <movio/exhibitor.hpp>\n"
              "#include <movio/exhibitor/file_token_store.hpp>\n#include <movio/exhibitor/redis_token_store.hpp>\n"
              "#include <movio/exhibitor/testing.hpp>\n#include <nlohmann/json.hpp>\nnamespace ex = movio::exhibitor;\n")
set(number 0)
next_block(cpp)
while(NOT block STREQUAL "")
  math(EXPR number "${number} + 1")
  set(function "readme_${number}(const ex::ExhibitorClient& client)")
  string(APPEND text "void ${function};\nvoid ${function} {\n(void)client;\n" "${block}" "}\n")
  next_block(cpp)
endwhile()
if(number LESS 3)
  message(FATAL_ERROR "only ${number} of the README's C++ fragments were found")
endif()
set(fragments "${readme_dir}/fragments.cpp")
file(CONFIGURE OUTPUT "${fragments}" CONTENT "${text}" @ONLY)
exhibitor_static_test(readme_fragments ${compile} -DMOVIO_EXHIBITOR_SEPARATE_COMPILATION -Wno-unused-variable
                      "${fragments}")
