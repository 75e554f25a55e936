#include "output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <sstream>
#include <system_error>
#include <utility>

namespace cli {

ex::Error failure(ex::ErrorKind kind, std::string message) {
  ex::Error error;
  error.kind = kind;
  error.message = std::move(message);
  return error;
}

std::string one_line(std::string_view text) {
  std::string line(text);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  std::replace_if(line.begin(), line.end(), is_control, ' ');
  return line;
}

ex::Result<void> write_output(std::string_view text) {
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written) return {};
  return failure(ex::ErrorKind::storage, "cannot write to standard output: " + std::generic_category().message(errno));
}

int print(std::string_view text) {
  const auto written = write_output(text);
  return written ? 0 : report(written.error());
}

/// In one piece: events come from several threads.
void note(const std::string& text) {
  const std::string line = "exhibitor: " + one_line(text) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int report(const ex::Error& error) {
  std::string line = std::string(to_string(error.kind)) + ": " + error.message;
  if (error.retry_after && !error.own_backoff)
    line += " (in " + std::to_string(error.retry_after->count()) + " s, it says)";
  if (!error.request_id.empty()) line += " [request " + error.request_id + ']';
  note(line);
  return exit_code(error.kind);
}

ex::EventHook event_printer() {
  return [](const ex::Event& event) {
    std::ostringstream text;
    text << "event: " << event;
    note(text.str());
  };
}

}  // namespace cli
