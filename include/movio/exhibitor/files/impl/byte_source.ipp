// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <ios>
#include <istream>
#include <string>
#include <utility>

#include "../../detail/os/descriptor.hpp"
#include "../byte_source.hpp"
#include "../detail/descriptor_bytes.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
MOVIO_EXHIBITOR_INLINE ByteSource bytes_of(std::istream& stream) {
  return [&stream](char* into, std::size_t room) -> Result<std::size_t> {
    try {
      stream.read(into, static_cast<std::streamsize>(room));
    } catch (const std::ios_base::failure&) {  // if the stream was told to throw; its state says the same
    }
    const auto count = static_cast<std::size_t>(stream.gcount());
    const bool failed = stream.bad() || (stream.fail() && !stream.eof());
    if (count == 0 && failed)
      return detail::storage_error("the input stream", "cannot be read; see that it was opened");
    return count;
  };
}

MOVIO_EXHIBITOR_INLINE Result<ByteSource> bytes_of_file(const std::string& path, CancelToken cancel) {
  std::string name = path == "-" ? "standard input" : path;
  detail::Descriptor descriptor = detail::open_to_read(path);
  if (!descriptor) {
    const char* const remedy = errno == EACCES ? "let this process read it" : "name a file that is there";
    return detail::storage_error(name, "cannot be opened", errno, remedy);
  }
  struct stat status {};
  if (::fstat(descriptor.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return detail::storage_error(name, "is a directory; name a file");
  }
  return ByteSource(detail::DescriptorBytes(std::move(name), std::move(descriptor), std::move(cancel)));
}

}  // namespace v0_1
}  // namespace movio::exhibitor
