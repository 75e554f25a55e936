// SPDX-License-Identifier: MIT
#include "progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace cli {
namespace {

constexpr std::chrono::seconds between_lines{10};

std::string time_text(std::chrono::seconds time) {
  const auto two = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  const auto seconds = time.count();
  return std::to_string(seconds / 3600) + ':' + two(seconds / 60 % 60) + ':' + two(seconds % 60);
}

std::string numbers(const ex::BulkProgress& progress, bool with_rate, bool with_time) {
  std::string text = std::to_string(progress.read) + " read, " + std::to_string(progress.counts.accepted) +
                     " accepted, " + std::to_string(progress.counts.rejected) + " rejected";
  if (with_rate) text += ", " + std::to_string(static_cast<std::int64_t>(progress.records_per_second)) + "/s";
  if (with_time && progress.time_left) text += ", " + time_text(*progress.time_left) + " left";
  return text;
}

/// The columns of the terminal; 80 when it does not say.
std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// As much of the numbers as there is room for, the rate given up first.
std::string fitting_numbers(const ex::BulkProgress& progress, std::size_t room) {
  for (const auto& [with_rate, with_time] : {std::pair(true, true), {false, true}, {false, false}}) {
    if (auto text = numbers(progress, with_rate, with_time); text.size() <= room) return text;
  }
  return numbers(progress, false, false).substr(0, room);
}

/// Empty when there is no room for one.
std::string bar(std::uint64_t done, std::uint64_t all, std::size_t room) {
  constexpr std::size_t least = 5;
  constexpr std::size_t most = 20;
  const std::size_t around = std::string_view("[] ").size();
  if (all == 0 || room < least + around) return {};
  const std::size_t width = std::min(most, room - around);
  const auto share = std::min(1.0, static_cast<double>(done) / static_cast<double>(all));
  const auto full = static_cast<std::size_t>(share * static_cast<double>(width));
  return '[' + std::string(full, '#') + std::string(width - full, '.') + "] ";
}

/// One column stays free: a text up to the last one makes some terminals begin a new line.
std::string terminal_line(const ex::BulkProgress& progress, std::uint64_t input_bytes) {
  const std::size_t room = terminal_columns() - 1;
  const std::string text = fitting_numbers(progress, room);
  return bar(progress.bytes, input_bytes, room - text.size()) + text;
}

void write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

constexpr const char* line_begin = "\r\x1b[K";  // and nothing on the line (ECMA-48 "erase in line")

}  // namespace

ProgressDisplay::ProgressDisplay(std::uint64_t input_bytes, bool among_lines)
    : input_bytes_(input_bytes),
      terminal_(!among_lines && isatty(STDERR_FILENO) == 1),
      next_line_(std::chrono::steady_clock::now() + between_lines) {}

ProgressDisplay::~ProgressDisplay() {
  if (terminal_) write(line_begin);
}

void ProgressDisplay::show(const ex::BulkProgress& progress) {
  if (terminal_) return write(line_begin + terminal_line(progress, input_bytes_));
  const auto now = std::chrono::steady_clock::now();
  if (now < next_line_) return;
  next_line_ = now + between_lines;
  write("exhibitor: " + numbers(progress, true, true) + '\n');
}

}  // namespace cli
