// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "../../core/cancel.hpp"
#include "../../core/new_shared.hpp"
#include "../../core/result.hpp"
#include "../../detail/os/descriptor.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Bytes of a file, a pipe or a terminal, waited for in steps, so that the wait can be cancelled.
class DescriptorBytes {
 public:
  DescriptorBytes(std::string name, Descriptor descriptor, CancelToken cancel)
      : name_(std::move(name)),
        descriptor_(new_shared<const Descriptor>(std::move(descriptor))),
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

}  // namespace v0_1
}  // namespace movio::exhibitor
