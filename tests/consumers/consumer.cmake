# The program of every consumer: our headers under a host's strictest warnings.
add_executable(consumer "${CMAKE_CURRENT_LIST_DIR}/main.cpp")
target_compile_options(consumer PRIVATE -Wall -Wextra -Wconversion -Wshadow -Werror)
target_link_libraries(consumer PRIVATE movio::exhibitor)
