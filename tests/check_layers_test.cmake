# Shows that check_layers.cmake goes red: each case copies the real headers, plants one fault and expects its name.
#   cmake -D INCLUDE_DIR=<root>/include -D WORK_DIR=<folder> -P check_layers_test.cmake
cmake_minimum_required(VERSION 3.21)

function(check expected)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -D "INCLUDE_DIR=${WORK_DIR}/include" -P "${CMAKE_CURRENT_LIST_DIR}/check_layers.cmake"
    RESULT_VARIABLE result
    ERROR_VARIABLE error)
  string(REGEX REPLACE "[ \n]+" " " error "${error}")
  if(result EQUAL 0 OR NOT error MATCHES "${expected}")
    message(SEND_ERROR "expected \"${expected}\", got ${result}: ${error}")
  endif()
endfunction()

function(plant header text expected)
  file(REMOVE_RECURSE "${WORK_DIR}")
  file(COPY "${INCLUDE_DIR}" DESTINATION "${WORK_DIR}")
  file(APPEND "${WORK_DIR}/include/movio/${header}" "${text}\n")
  check("${expected}")
endfunction()

plant(exhibitor/secret.hpp "#include \"client.hpp\"" "secret.hpp includes client.hpp, which does not stand above")
plant(exhibitor/detail/url.hpp "#  include <movio/exhibitor/region.hpp>" "detail/url.hpp includes region.hpp, which")
plant(exhibitor/result.hpp "#include \"result.hpp\"" "result.hpp includes result.hpp, which does not stand above")
plant(exhibitor/surprise.hpp "" "surprise.hpp is not in the table")
plant(exhibitor/client.hpp "#include \"surprise.hpp\"" "includes \"surprise.hpp\", which is not in the table")
plant(exhibitor/client.hpp "#include <curl/curl.h>" "client.hpp includes <curl/curl.h>: only")
plant(exhibitor/client.hpp "#include <nlohmann/json.hpp>" "client.hpp includes <nlohmann/json.hpp>: only")
plant(exhibitor.hpp "#include \"exhibitor/testing.hpp\"" "the umbrella must include, in this order")
string(REPEAT "\n" 400 blank)
plant(exhibitor/version.hpp "${blank}" "version.hpp has [0-9]+ lines: more than 400")
file(REMOVE_RECURSE "${WORK_DIR}")
