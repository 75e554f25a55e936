# The program of every consumer, with the headers alone and with the compiled library, under a host's strictest warnings.
foreach(name IN ITEMS exhibitor exhibitor_compiled)
  add_executable(consumer_of_${name} "${CMAKE_CURRENT_LIST_DIR}/main.cpp")
  target_compile_options(consumer_of_${name} PRIVATE -Wall -Wextra -Wconversion -Wshadow -Werror)
  target_link_libraries(consumer_of_${name} PRIVATE movio::${name})
endforeach()
