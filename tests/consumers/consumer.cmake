# The program of a consumer for each of its `ways_to_link`, under a host's strictest warnings. Run as soon as built.
foreach(name IN LISTS ways_to_link)
  add_executable(consumer_of_${name} "${CMAKE_CURRENT_LIST_DIR}/main.cpp")
  target_compile_options(consumer_of_${name} PRIVATE -Wall -Wextra -Wconversion -Wshadow -Werror)
  target_link_libraries(consumer_of_${name} PRIVATE movio::${name})
  add_custom_command(TARGET consumer_of_${name} POST_BUILD COMMAND consumer_of_${name})
endforeach()
