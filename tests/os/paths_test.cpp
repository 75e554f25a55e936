// SPDX-License-Identifier: MIT
#include <movio/exhibitor/detail/os/paths.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

using movio::exhibitor::detail::directory_of;

TEST_CASE("paths - the directory of a file is what stands before its name", "[os]") {
  const std::vector<std::pair<const char*, const char*>> rows{{"a", "."},    {"./a", "."},     {"a/b", "a"},
                                                              {"/a", "/"},   {"//a", "/"},     {"/a/b", "/a"},
                                                              {"a//b", "a"}, {"a/b/c", "a/b"}, {"../a", ".."}};
  for (const auto& [path, directory] : rows) {
    INFO(path);
    CHECK(directory_of(path) == directory);
  }
}
