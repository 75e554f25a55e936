# Checks that the headers keep to their rooms (include/movio/exhibitor/README.md).
#   cmake -D INCLUDE_DIR=<root>/include -P check_rooms.cmake
# - A header includes only headers of its own room, without a cycle, and of rooms below.
# - Another room's detail/ is private. The rooms in the top detail/ are open to every room above them.
# - A public header includes nothing of a detail/, unless it is named here: its impl/NAME.ipp does, which it includes at
#   its end, and src.hpp, too, unless it is of the stores, which are compiled where they are included.
# - Only their own rooms include libcurl, the full nlohmann_json and the headers of the operating system.
# - The umbrella reaches every public header, and no header outgrows its size.
# - Every room has a README.md, and the map names every room. Every header names its licence.
cmake_minimum_required(VERSION 3.21)

cmake_path(ABSOLUTE_PATH INCLUDE_DIR) # file(GLOB_RECURSE) matches nothing below a relative one

# From the bottom to the top: the rooms, and the headers that stand by themselves, each as a room.
set(street version.hpp fwd.hpp detail/text core detail/json detail/os files curl token stores call records client.hpp bulk
           testing bulk.hpp records.hpp token_provider.hpp file_token_store.hpp redis_token_store.hpp coroutine.hpp format.hpp testing.hpp ../exhibitor.hpp src.hpp)
set(rooms ${street})
list(FILTER rooms EXCLUDE REGEX "\\.hpp$")
set(outside_the_umbrella "(coroutine|file_token_store|redis_token_store|format|fwd|src|testing)\\.hpp|stores/.*")
set(most_lines 400)

# "INCLUDER INCLUDED": who may use what is private to another room.
set(exceptions
    # Both keep track of the threads that run callbacks.
    "call/detail/active_calls\\.hpp token/detail/callback_gate\\.hpp"
    # The client hands its caller to the resources, which send their requests through it.
    "impl/client\\.ipp call/detail/caller\\.hpp"
    "records/.* call/detail/caller\\.hpp"
    # An upload sends the same records in the same requests as the resources do.
    "bulk/.* records/detail/(limits|range|reader|receipt|requests|schema|schemas|writer)\\.hpp"
    # An entry is read as an answer of the issuer.
    "stores/detail/stored_token\\.hpp token/detail/(cache|exchange)\\.hpp"
    # The connection to a Redis is libcurl's.
    "stores/.* curl/detail/(handle|wire)\\.hpp"
    # A sealing key and a password are secrets as others are.
    "stores/impl/.* token/detail/(secret_file|credential_files)\\.hpp"
    "bulk/detail/record_source\\.hpp files/detail/line_reader\\.hpp")

# "HEADER INCLUDED": what a public header needs of a detail/ to declare what it has.
set(needed_to_declare
    # The constraints and the one loop of the templates that take ranges.
    "(records/(json|services)|bulk/bulk)\\.hpp records/detail/range\\.hpp"
    # The templates that write the caller's JSON.
    "client\\.hpp detail/json/dump\\.hpp"
    # Defaults.
    "bulk/options\\.hpp records/detail/limits\\.hpp")

# "HEADERS INCLUDED": the only headers that may include it.
set(owned
    "curl/.* <curl/.*"
    "detail/json/.* <nlohmann/json\\.hpp>"
    "stores/detail/seal\\.hpp <openssl/.*"
    "stores/detail/redis_reply\\.hpp <hiredis/.*"
    # The others: pipes and terminals as input, access to files with credentials, and libcurl's sockets.
    "(detail/os/.*|files/(detail/descriptor_bytes\\.hpp|impl/byte_source\\.ipp)|token/detail/secret_file\\.hpp|curl/detail/(handle|wire)\\.hpp) <((sys|net|netinet|arpa)/.*|(fcntl|unistd|poll|pthread|signal|time|windows)\\.h)>")

set(root "${INCLUDE_DIR}/movio/exhibitor")
set(faults "")

function(fault text)
  string(APPEND faults "  ${text}\n")
  set(faults "${faults}" PARENT_SCOPE)
endfunction()

# The place in the street of a header, and its room; -1 when it is in none.
function(find_room header place room)
  string(REGEX REPLACE "/((detail|impl)/)?[^/]*$" "" name "${header}")
  if(header MATCHES "^(\\.\\./)?[^/]*$")
    set(name "${header}")
  elseif(header MATCHES "^impl/(.*)\\.ipp$")
    set(name "${CMAKE_MATCH_1}.hpp")
  endif()
  list(FIND street "${name}" found)
  set(${place} ${found} PARENT_SCOPE)
  set(${room} "${name}" PARENT_SCOPE)
endfunction()

# The name below `root` of what `header` includes as `text`; empty for what is not ours.
function(resolve header text result)
  if(text MATCHES "^\"(.*)\"$")
    cmake_path(GET header PARENT_PATH folder)
    cmake_path(SET path NORMALIZE "${root}/${folder}/${CMAKE_MATCH_1}")
  elseif(text MATCHES "^<(movio/.*)>$")
    cmake_path(SET path NORMALIZE "${INCLUDE_DIR}/${CMAKE_MATCH_1}")
  else()
    set(${result} "" PARENT_SCOPE)
    return()
  endif()
  cmake_path(RELATIVE_PATH path BASE_DIRECTORY "${root}" OUTPUT_VARIABLE name)
  set(${result} "${name}" PARENT_SCOPE)
endfunction()

function(check_owners header text)
  foreach(rule IN LISTS owned)
    string(REGEX REPLACE " .*" "" owners "${rule}")
    string(REGEX REPLACE "^[^ ]* " "" owned_text "${rule}")
    if(text MATCHES "^${owned_text}$" AND NOT header MATCHES "^${owners}$")
      fault("${header} includes ${text}: only ${owners} may")
    endif()
  endforeach()
  set(faults "${faults}" PARENT_SCOPE)
endfunction()

function(fault_unless_listed list header target why)
  foreach(exception IN LISTS list)
    if("${header} ${target}" MATCHES "^${exception}$")
      return()
    endif()
  endforeach()
  fault("${header} includes ${target}${why}")
  set(faults "${faults}" PARENT_SCOPE)
endfunction()

function(check_include header target)
  find_room("${header}" place room)
  find_room("${target}" target_place target_room)
  if(NOT EXISTS "${root}/${target}")
    fault("${header} includes ${target}, which is not there")
  elseif(target_place GREATER place)
    fault("${header} includes ${target}, which is not below it")
  elseif(NOT header MATCHES "(^|/)(detail|impl)/" AND target MATCHES "(^|/)detail/" AND NOT header STREQUAL "src.hpp")
    fault_unless_listed("${needed_to_declare}" "${header}" "${target}" ": a public header declares, its impl/*.ipp may include that")
  elseif(target MATCHES "/detail/" AND NOT target_room STREQUAL room AND NOT "${target_room}.hpp" STREQUAL room)
    fault_unless_listed("${exceptions}" "${header}" "${target}" ", which is private to ${target_room}")
  endif()
  set(faults "${faults}" PARENT_SCOPE)
endfunction()

# --- Every header by itself -------------------------------------------------------------------------------------------

file(GLOB_RECURSE headers RELATIVE "${root}" "${INCLUDE_DIR}/*.hpp" "${INCLUDE_DIR}/*.ipp")
list(SORT headers)
foreach(header IN LISTS headers)
  find_room("${header}" place room)
  if(place EQUAL -1)
    fault("${header} is in no room of ${CMAKE_CURRENT_LIST_FILE}")
  endif()
  file(READ "${root}/${header}" content)
  if(NOT content MATCHES "^// SPDX-License-Identifier: MIT\n")
    fault("${header} does not begin with its licence, // SPDX-License-Identifier: MIT")
  endif()
  string(REGEX MATCHALL "\n" newlines "${content}")
  list(LENGTH newlines lines)
  if(lines GREATER most_lines)
    fault("${header} has ${lines} lines: more than ${most_lines}")
  endif()
  # Virtual functions that are inline only where they are defined make g++ compile the class in every file that includes it.
  file(STRINGS "${root}/${header}" virtuals REGEX "^  ([^ /][^{]*override|([^ /][^{=]* )?virtual [^{=]*);")
  foreach(declaration IN LISTS virtuals)
    if(NOT declaration MATCHES "MOVIO_EXHIBITOR_INLINE|^  (\\[\\[nodiscard\\]\\] )?inline ")
      fault("${header} declares a virtual function without MOVIO_EXHIBITOR_INLINE:${declaration}")
    endif()
  endforeach()

  set("includes_of_${header}" "")
  file(STRINGS "${root}/${header}" directives REGEX "^[ \t]*#[ \t]*include")
  foreach(directive IN LISTS directives)
    string(REGEX REPLACE "^[ \t]*#[ \t]*include[ \t]*([<\"][^>\"]*[>\"]).*" "\\1" text "${directive}")
    check_owners("${header}" "${text}")
    resolve("${header}" "${text}" target)
    if(NOT target STREQUAL "")
      check_include("${header}" "${target}")
      list(APPEND "includes_of_${header}" "${target}")
    endif()
  endforeach()
endforeach()
if(headers STREQUAL "")
  fault("no headers below ${INCLUDE_DIR}")
endif()

# --- All of them together ---------------------------------------------------------------------------------------------

# A header and the .ipp at its end are one.
foreach(header IN LISTS headers)
  if(header MATCHES "(^|/)impl/")
    string(REGEX REPLACE "impl/([^/]*)\\.ipp$" "\\1.hpp" door "${header}")
    if(NOT header IN_LIST "includes_of_${door}")
      fault("${door} does not include ${header} at its end")
    endif()
    if(NOT header IN_LIST "includes_of_src.hpp" AND NOT header MATCHES "^stores/")
      fault("src.hpp does not include ${header}")
    endif()
    list(REMOVE_ITEM "includes_of_${header}" "${door}")
    list(REMOVE_ITEM "includes_of_${door}" "${header}")
    list(APPEND "includes_of_${door}" ${includes_of_${header}})
    set("includes_of_${header}" "")
  endif()
endforeach()
list(FILTER headers EXCLUDE REGEX "(^|/)impl/")

# Takes away, again and again, what includes none of the rest, or what none of the rest includes: a cycle is left.
set(left ${headers})
set(size_before 0)
list(LENGTH left size)
while(NOT size EQUAL size_before)
  set(size_before ${size})
  set(includers "")
  set(included "")
  foreach(header IN LISTS left)
    foreach(target IN LISTS "includes_of_${header}")
      if(target IN_LIST left)
        list(APPEND includers "${header}")
        list(APPEND included "${target}")
      endif()
    endforeach()
  endforeach()
  set(in_both "")
  foreach(header IN LISTS left)
    if(header IN_LIST includers AND header IN_LIST included)
      list(APPEND in_both "${header}")
    endif()
  endforeach()
  set(left ${in_both})
  list(LENGTH left size)
endwhile()
if(left)
  fault("these headers include each other in a cycle: ${left}")
endif()

# What the umbrella reaches.
set(reached "../exhibitor.hpp")
set(next "../exhibitor.hpp")
while(next)
  list(POP_FRONT next header)
  foreach(target IN LISTS "includes_of_${header}")
    if(NOT target IN_LIST reached)
      list(APPEND reached "${target}")
      list(APPEND next "${target}")
    endif()
  endforeach()
endwhile()
foreach(header IN LISTS headers)
  if(header MATCHES "^(${outside_the_umbrella})$")
    if(header IN_LIST reached)
      fault("the umbrella must not include ${header}")
    endif()
  elseif(NOT header MATCHES "(^|/)detail/" AND NOT header IN_LIST reached)
    fault("the umbrella does not reach ${header}")
  endif()
endforeach()

# --- What the rooms say of themselves ---------------------------------------------------------------------------------

set(map "")
if(EXISTS "${root}/README.md")
  file(READ "${root}/README.md" map)
endif()
foreach(room IN LISTS rooms)
  if(NOT EXISTS "${root}/${room}/README.md")
    fault("${room} has no README.md")
  endif()
  string(FIND "${map}" "[`${room}/`](${room}/README.md)" place)
  if(place EQUAL -1)
    fault("the map, README.md, has no link to ${room}")
  endif()
endforeach()

if(NOT faults STREQUAL "")
  message(FATAL_ERROR "the rooms are not kept:\n${faults}")
endif()
