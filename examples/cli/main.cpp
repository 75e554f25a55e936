// SPDX-License-Identifier: MIT

// The program `exhibitor`: tries credentials out and loads data into the Movio Exhibitor API from the command line.

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <exception>

#include "check.hpp"
#include "commands.hpp"
#include "options.hpp"
#include "output.hpp"
#include "upload.hpp"

namespace cli {
namespace {

/// A descriptor that was closed at the start would be given to a socket, and output meant for a terminal would travel
/// to a server. Opened for the wrong direction, so that using it is an error as before.
void occupy_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1) continue;
    if (::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

int run(int argc, const char* const* argv) {
  const auto options = parse_options(argc, argv);
  if (!options) return report(options.error());
  switch (options->command) {
    case Command::print:
      return print(options->text);
    case Command::token:
      return token_command(*options);
    case Command::request:
      return request_command(*options);
    case Command::remove:
      return options->file.empty() ? delete_command(*options) : delete_many_command(*options);
    case Command::upload:
      return upload_command(*options);
    case Command::subscriptions:
      return subscriptions_command(*options);
    case Command::categories:
      return categories_command(*options);
    case Command::check:
      return check_command(*options);
  }
  return 0;
}

}  // namespace
}  // namespace cli

int main(int argc, char** argv) {
  cli::occupy_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error to report, not an end without a word
  try {
    return cli::run(argc, argv);
  } catch (const std::exception&) {  // its text could hold anything
    return cli::report(cli::failure(movio::exhibitor::ErrorKind::overloaded, "out of memory or threads"));
  }
}
