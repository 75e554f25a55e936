// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace sandbox {

// A new directory that only its owner can look into, removed with all it holds by the destructor.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  // Makes a file that only its owner can read, and gives its path.
  std::string add_file(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

// Puts a file that only its owner can read in its place in one step: nobody ever sees half of it. Throws
// std::runtime_error.
void write_private_file(const std::string& path, const std::string& content);

}  // namespace sandbox
