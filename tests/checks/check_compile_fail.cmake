# cmake -P check_compile_fail.cmake SOURCE COMPILER FLAG...
# With a line "// expect-error: REGEX" in the source, the compiler must refuse and say something that matches; without
# such a line it must accept. With "// expect-one-error: REGEX" it must say nothing else.
cmake_minimum_required(VERSION 3.21)

set(SOURCE "${CMAKE_ARGV3}")
foreach(index RANGE 4 ${CMAKE_ARGC})
  list(APPEND command ${CMAKE_ARGV${index}})
endforeach()

# Declarations are enough to refuse by, and quick to compile. (cmake -P would take this for a definition of its own.)
list(APPEND command -DMOVIO_EXHIBITOR_SEPARATE_COMPILATION)

execute_process(
  COMMAND ${command} "${SOURCE}"
  RESULT_VARIABLE result
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output)

file(STRINGS "${SOURCE}" expectation REGEX "^// expect-(one-)?error: ")
set(most_errors 99)
if(expectation MATCHES "expect-one-error")
  set(most_errors 1)
endif()
string(REGEX REPLACE "// expect-(one-)?error: " "" expectation "${expectation}")
string(REGEX MATCHALL "error:" errors "${output}")
list(LENGTH errors errors)

if(expectation STREQUAL "")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "must compile, but does not:\n${output}")
  endif()
elseif(result EQUAL 0)
  message(FATAL_ERROR "must not compile, but does: ${SOURCE}")
elseif(NOT output MATCHES "${expectation}")
  message(FATAL_ERROR "fails to compile, but not with \"${expectation}\":\n${output}")
elseif(errors GREATER most_errors)
  message(FATAL_ERROR "fails to compile, but with ${errors} errors in place of one:\n${output}")
endif()
