#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <functional>
#include <ios>
#include <istream>
#include <memory>
#include <string>
#include <utility>

#include "../core/cancel.hpp"
#include "../core/result.hpp"
#include "../detail/os/descriptor.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Reads up to `room` bytes into `into` and returns their number; 0 at the end. After an error it may be called again,
/// and must continue where it was. Its exceptions become an `Error` of kind `storage`.
using ByteSource = std::function<Result<std::size_t>(char* into, std::size_t room)>;

/// The rest of a stream, which must outlive the source. Errors of the source: `storage`, when the stream is bad or was
/// never opened.
inline ByteSource bytes_of(std::istream& stream) {
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

namespace detail {

/// Bytes of a file, a pipe or a terminal, waited for in steps, so that the wait can be cancelled.
class DescriptorBytes {
 public:
  DescriptorBytes(std::string name, Descriptor descriptor, CancelToken cancel)
      : name_(std::move(name)),
        descriptor_(std::make_shared<const Descriptor>(std::move(descriptor))),
        cancel_(std::move(cancel)) {}

  Result<std::size_t> operator()(char* into, std::size_t room) const {
    for (;;) {
      if (cancel_.cancelled()) return make_error(ErrorKind::cancelled, "the reading of " + name_ + " was cancelled");
      pollfd waited{descriptor_->get(), POLLIN, 0};
      const int ready = ::poll(&waited, 1, step_ms);
      if (ready == 0 || (ready < 0 && errno == EINTR)) continue;  // a read could wait where nothing can cancel it
      const auto count = ::read(descriptor_->get(), into, room);
      if (count >= 0) return static_cast<std::size_t>(count);
      const bool passes = errno == EINTR || errno == EAGAIN;
      if (!passes) return storage_error(name_, "cannot be read", errno, "see whether it is still there");
    }
  }

 private:
  static constexpr int step_ms = 100;  // a person who cancels takes this for at once

  std::string name_;
  std::shared_ptr<const Descriptor> descriptor_;  // shared, as a std::function must be copyable
  CancelToken cancel_;
};

inline Descriptor open_to_read(const std::string& path) {
  if (path == "-") return Descriptor(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  // Not blocking: opening a named pipe would wait for a writer where nothing can cancel it.
  return open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

}  // namespace detail

/// A file's bytes; "-" is standard input. Errors, also of the source: `storage`; of the source, `cancelled`, at most
/// 100 ms after the cancellation.
inline Result<ByteSource> bytes_of_file(const std::string& path, CancelToken cancel) {
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
