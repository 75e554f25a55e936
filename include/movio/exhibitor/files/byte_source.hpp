// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>

#include "../core/cancel.hpp"
#include "../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Reads up to `room` bytes into `into` and returns their number; 0 at the end. After an error it may be called again,
/// and must then continue at the same place. Its exceptions become an `Error` of kind `storage`.
using ByteSource = std::function<Result<std::size_t>(char* into, std::size_t room)>;

/// Reads the rest of a stream, which must outlive the source. Errors of the source: `storage` if the stream is bad or
/// was never opened.
ByteSource bytes_of(std::istream& stream);

/// A file's bytes; "-" is standard input. Errors, also of the source: `storage`; of the source, `cancelled`, at most
/// 100 ms after the cancellation.
Result<ByteSource> bytes_of_file(const std::string& path, CancelToken cancel);

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/byte_source.ipp"
#endif
