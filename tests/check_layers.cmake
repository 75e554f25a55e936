# Proves the one-way street: a header includes only headers that stand above it in this table.
#   cmake -D INCLUDE_DIR=<root>/include -P check_layers.cmake
# Also: every header stands in the table; libcurl and the full nlohmann_json are included where they belong and nowhere
# else; the umbrella names every public header in the table's order; no header outgrows its size.
cmake_minimum_required(VERSION 3.21)

cmake_path(ABSOLUTE_PATH INCLUDE_DIR) # file(GLOB_RECURSE) matches nothing below a relative one

set(street
    # 0
    version.hpp
    # 1
    detail/encoding.hpp detail/print.hpp detail/calendar.hpp detail/sha256.hpp detail/per_process.hpp secret.hpp result.hpp detail/url.hpp detail/proxy_url.hpp detail/checksum.hpp region.hpp
    # 2
    cancel.hpp clock.hpp quota.hpp transport.hpp detail/repeatable.hpp events.hpp token.hpp detail/json.hpp
    detail/json_scan.hpp detail/input_kind.hpp detail/signals.hpp detail/gate.hpp detail/descriptor.hpp byte_source.hpp detail/line_reader.hpp
    detail/append_file.hpp bulk_report.hpp bulk_options.hpp
    # 3
    detail/journal.hpp retry.hpp detail/api_words.hpp credentials.hpp token_options.hpp token_status.hpp curl_options.hpp detail/challenge.hpp detail/curl_codes.hpp detail/curl_lifetime.hpp detail/curl_connections.hpp detail/curl_multi.hpp detail/curl_handle.hpp
    detail/curl_metrics.hpp detail/curl_url.hpp detail/curl_headers.hpp detail/curl_transfer.hpp detail/curl_pool.hpp
    detail/curl_admission.hpp detail/curl_queue.hpp detail/curl_engine.hpp
    # 4
    curl_transport.hpp detail/token_exchange.hpp detail/token_cache.hpp detail/token_shelf.hpp detail/failure_memory.hpp detail/previous_credentials.hpp
    detail/ledger.hpp detail/flight.hpp detail/quota_headers.hpp detail/token_fetch.hpp detail/token_events.hpp detail/token_core.hpp
    detail/call.hpp
    # 5, 6
    token_provider.hpp check_response.hpp detail/calls_under_way.hpp detail/call_run.hpp detail/async_call.hpp caller.hpp
    # 7
    models/date.hpp models/decimal.hpp models/open_enum.hpp models/raw_json.hpp detail/schema.hpp models/cinema.hpp
    models/film.hpp models/item.hpp models/ticket.hpp models/member.hpp models/transaction.hpp models/subscription.hpp
    detail/record_rules.hpp detail/record_reader.hpp detail/record_writer.hpp detail/receipt.hpp detail/record_requests.hpp detail/upsert.hpp
    records.hpp resources.hpp
    # 8, 9, 10
    client.hpp
    detail/record_source.hpp detail/batch.hpp detail/bulk_operation.hpp detail/pace.hpp detail/intake.hpp detail/mailbox.hpp
    detail/rejects_file.hpp detail/bulk_files.hpp detail/bulk_run.hpp bulk.hpp coroutine.hpp detail/fake_timers.hpp testing.hpp ../exhibitor.hpp)
set(outside_the_umbrella coroutine.hpp testing.hpp)
set(most_lines 400)

set(root "${INCLUDE_DIR}/movio/exhibitor")
set(faults "")

function(fault text)
  string(APPEND faults "  ${text}\n")
  set(faults "${faults}" PARENT_SCOPE)
endfunction()

# The table's name for what `header` includes as `text`; empty for what is not ours.
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

function(check_third_party header text)
  if(text MATCHES "^<curl/" AND NOT header MATCHES "^detail/curl_[a-z_]+\\.hpp$")
    fault("${header} includes ${text}: only detail/curl_*.hpp may")
  elseif(text MATCHES "^<nlohmann/" AND NOT text STREQUAL "<nlohmann/json_fwd.hpp>"
         AND NOT header STREQUAL "detail/json.hpp")
    fault("${header} includes ${text}: only detail/json.hpp may; others take nlohmann/json_fwd.hpp")
  endif()
  set(faults "${faults}" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE files RELATIVE "${root}" "${INCLUDE_DIR}/*")
list(SORT files)
foreach(header IN LISTS files)
  list(FIND street "${header}" place)
  if(place EQUAL -1)
    fault("${header} is not in the table of ${CMAKE_CURRENT_LIST_FILE}")
  endif()

  file(READ "${root}/${header}" content)
  string(REGEX REPLACE "[^\n]" "" newlines "${content}")
  string(LENGTH "${newlines}" lines)
  if(lines GREATER most_lines)
    fault("${header} has ${lines} lines: more than ${most_lines}")
  endif()

  set(included "")
  file(STRINGS "${root}/${header}" directives REGEX "^[ \t]*#[ \t]*include")
  foreach(directive IN LISTS directives)
    string(REGEX REPLACE "^[ \t]*#[ \t]*include[ \t]*([<\"][^>\"]*[>\"]).*" "\\1" text "${directive}")
    check_third_party("${header}" "${text}")
    resolve("${header}" "${text}" target)
    if(NOT target STREQUAL "")
      list(APPEND included "${target}")
      list(FIND street "${target}" target_place)
      if(target_place EQUAL -1)
        fault("${header} includes ${text}, which is not in the table")
      elseif(NOT place EQUAL -1 AND NOT target_place LESS place)
        fault("${header} includes ${target}, which does not stand above it")
      endif()
    endif()
  endforeach()

  if(header STREQUAL "../exhibitor.hpp")
    set(expected ${street})
    list(FILTER expected EXCLUDE REGEX "^(detail/|\\.\\./)")
    list(REMOVE_ITEM expected ${outside_the_umbrella})
    if(NOT included STREQUAL expected)
      fault("the umbrella must include, in this order (clang-format off around it keeps it): ${expected}")
    endif()
  endif()
endforeach()

if(files STREQUAL "")
  fault("no headers below ${INCLUDE_DIR}")
endif()
if(NOT faults STREQUAL "")
  message(FATAL_ERROR "the layers are broken:\n${faults}")
endif()
