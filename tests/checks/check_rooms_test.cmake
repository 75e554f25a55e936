# Shows that check_rooms.cmake goes red: each case copies the real headers, plants one fault and expects its name.
#   cmake -D INCLUDE_DIR=<root>/include -D WORK_DIR=<folder> -P check_rooms_test.cmake
cmake_minimum_required(VERSION 3.21)

function(check expected)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -D "INCLUDE_DIR=${WORK_DIR}/include" -P "${CMAKE_CURRENT_LIST_DIR}/check_rooms.cmake"
    RESULT_VARIABLE result
    ERROR_VARIABLE error)
  string(REGEX REPLACE "[ \n]+" " " error "${error}")
  if(result EQUAL 0 OR NOT error MATCHES "${expected}")
    message(SEND_ERROR "expected \"${expected}\", got ${result}: ${error}")
  endif()
endfunction()

function(copy_headers)
  file(REMOVE_RECURSE "${WORK_DIR}")
  file(COPY "${INCLUDE_DIR}" DESTINATION "${WORK_DIR}")
endfunction()

function(plant header text expected)
  copy_headers()
  file(APPEND "${WORK_DIR}/include/movio/${header}" "${text}\n")
  check("${expected}")
endfunction()

plant(exhibitor/core/secret.hpp "#include \"../client.hpp\"" "core/secret.hpp includes client.hpp, which is not below")
plant(exhibitor/detail/text/url.hpp "#  include <movio/exhibitor/token/region.hpp>" "url.hpp includes token/region.hpp, which")
plant(exhibitor/core/result.hpp "#include \"result.hpp\"" "in a cycle: core/result.hpp")
plant(exhibitor/core/result.hpp "#include \"transport.hpp\"" "in a cycle: core/result.hpp;core/transport.hpp")
plant(exhibitor/surprise.hpp "" "surprise.hpp is in no room")
plant(exhibitor/core/surprise.hpp "" "the umbrella does not reach core/surprise.hpp")
plant(exhibitor/client.hpp "#include \"surprise.hpp\"" "includes surprise.hpp, which is not there")
plant(exhibitor/call/detail/call.hpp "#include \"../../curl/detail/pool.hpp\"" "pool.hpp, which is private to curl")
plant(exhibitor/client.hpp "#include <curl/curl.h>" "client.hpp includes <curl/curl.h>: only")
plant(exhibitor/client.hpp "#include <nlohmann/json.hpp>" "client.hpp includes <nlohmann/json.hpp>: only")
plant(exhibitor/client.hpp "#include <sys/stat.h>" "client.hpp includes <sys/stat.h>: only")
plant(exhibitor/client.hpp "#include \"detail/text/url.hpp\"" "includes detail/text/url.hpp: a public header declares")
plant(exhibitor/token/impl/surprise.ipp "" "token/surprise.hpp does not include token/impl/surprise.ipp at its end")
plant(exhibitor/token/impl/surprise.ipp "" "src.hpp does not include token/impl/surprise.ipp")
plant(exhibitor/core/impl/clock.ipp "#include \"../../client.hpp\"" "core/impl/clock.ipp includes client.hpp, which is not below")
plant(exhibitor/core/impl/result.ipp "#include \"../events.hpp\"" "in a cycle: core/events.hpp")
plant(exhibitor.hpp "#include \"exhibitor/testing.hpp\"" "the umbrella must not include testing.hpp")
string(REPEAT "\n" 400 blank)
plant(exhibitor/version.hpp "${blank}" "version.hpp has [0-9]+ lines: more than 400")

copy_headers()
file(REMOVE "${WORK_DIR}/include/movio/exhibitor/core/README.md")
check("core has no README.md")
copy_headers()
file(WRITE "${WORK_DIR}/include/movio/exhibitor/README.md" "")
check("the map, README.md, has no link to core")
file(REMOVE_RECURSE "${WORK_DIR}")
