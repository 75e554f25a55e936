// SPDX-License-Identifier: MIT
#include "sandbox/temporary_directory.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace sandbox {
namespace {

[[noreturn]] void fail(const std::string& path) {
  const std::string reason = std::generic_category().message(errno);
  throw std::runtime_error("cannot write " + path + ": " + reason);
}

bool write_all(int file, const std::string& content) {
  std::size_t written = 0;
  while (written < content.size()) {
    const ssize_t put = write(file, content.data() + written, content.size() - written);
    if (put < 0) return false;
    written += static_cast<std::size_t>(put);
  }
  return true;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::error_code error;
  const auto parent = std::filesystem::temp_directory_path(error);
  std::string path = (error ? "/tmp" : parent.string()) + "/exhibitor-sandbox-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) fail(path);
  path_ = path;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::add_file(const std::string& name, const std::string& content) const {
  std::string path = path_ + '/' + name;
  write_private_file(path, content);
  return path;
}

void write_private_file(const std::string& path, const std::string& content) {
  std::string draft = path + ".XXXXXX";
  const int file = mkstemp(draft.data());  // makes it with mode 0600
  if (file < 0) fail(path);
  const bool written = write_all(file, content);
  const bool closed = close(file) == 0;
  if (!written || !closed || std::rename(draft.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    std::remove(draft.c_str());
    errno = reason;
    fail(path);
  }
}

}  // namespace sandbox
