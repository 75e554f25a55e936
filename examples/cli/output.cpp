// SPDX-License-Identifier: MIT
#include "output.hpp"

#include <unistd.h>
#include <movio/exhibitor/detail/text/encoding.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <sstream>
#include <utility>

namespace cli {
namespace {

/// Prints what the API says, a line for each reason that the message does not hold already.
void tell_reasons(const ex::Error& error) {
  constexpr std::size_t most = 10;
  constexpr std::size_t longest = 400;
  auto reasons = ex::api_reasons(error);
  const auto is_told = [&error](const std::string& reason) {
    return reason.find_first_not_of(' ') == std::string::npos ||
           error.message.find('(' + reason + ')') != std::string::npos;
  };
  reasons.erase(std::remove_if(reasons.begin(), reasons.end(), is_told), reasons.end());
  for (std::size_t i = 0; i < std::min(most, reasons.size()); ++i)
    note("the API says: " + shortened(reasons[i], longest));
  if (reasons.size() > most) note("the API says more: " + std::to_string(reasons.size() - most) + " further reasons");
}

}  // namespace

ex::Error failure(ex::ErrorKind kind, std::string message) {
  ex::Error error;
  error.kind = kind;
  error.message = std::move(message);
  return error;
}

std::string one_line(std::string_view text) { return ex::detail::clean_message(std::string(text)); }

std::string shortened(std::string_view text, std::size_t longest) {
  return text.size() <= longest ? one_line(text) : ex::detail::clean_text(text, longest) + "...";
}

std::string if_plain(std::string_view word) {
  constexpr std::size_t longest = 20;
  const auto may_be_told = [](char c) { return (c >= 'a' && c <= 'z') || c == '-' || c == '_'; };
  const bool is_plain = !word.empty() && word.size() <= longest && std::all_of(word.begin(), word.end(), may_be_told);
  return is_plain ? " \"" + std::string(word) + '"' : std::string();
}

ex::Result<void> write_output(std::string_view text) {
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written) return {};
  return failure(ex::ErrorKind::storage, "cannot write to standard output: " + ex::detail::system_error_text(errno));
}

int print(std::string_view text) {
  const auto written = write_output(text);
  return written ? 0 : report(written.error());
}

int print_answer(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (isatty(STDOUT_FILENO) != 1) return print(std::string(text) + '\n');
  std::string lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines += one_line(text.substr(begin, end - begin)) + '\n';
    begin = end + 1;
  }
  return print(lines);
}

/// In one piece: events come from several threads.
void note(const std::string& text) {
  const std::string line = "exhibitor: " + one_line(text) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int report(const ex::Error& error) {
  std::string line = std::string(to_string(error.kind)) + ": " + error.message;
  if (error.retry_after && !error.own_backoff) {
    line += " (in " + std::to_string(error.retry_after->count()) + " s, it says)";
  }
  if (!error.request_id.empty()) line += " [request " + error.request_id + ']';
  note(line);
  tell_reasons(error);
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
