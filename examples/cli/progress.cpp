#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>

namespace cli {
namespace {

constexpr std::chrono::seconds between_lines{10};

std::string time_text(std::chrono::seconds time) {
  const auto two = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  const auto seconds = time.count();
  return std::to_string(seconds / 3600) + ':' + two(seconds / 60 % 60) + ':' + two(seconds % 60);
}

std::string numbers(const ex::BulkProgress& progress) {
  std::string text = std::to_string(progress.read) + " records read, " + std::to_string(progress.counts.accepted) +
                     " accepted, " + std::to_string(progress.counts.rejected) + " rejected, " +
                     std::to_string(static_cast<std::int64_t>(progress.records_per_second)) + "/s";
  if (progress.time_left) text += ", " + time_text(*progress.time_left) + " left";
  return text;
}

std::string bar(std::uint64_t done, std::uint64_t all) {
  constexpr std::uint64_t width = 20;
  const std::uint64_t full = std::min(width, done * width / all);
  return '[' + std::string(full, '#') + std::string(width - full, '.') + "] ";
}

void write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

constexpr const char* line_begin = "\r\x1b[K";  // and nothing on the line (ECMA-48 "erase in line")

}  // namespace

ProgressDisplay::ProgressDisplay(std::uint64_t input_bytes)
    : input_bytes_(input_bytes),
      terminal_(isatty(STDERR_FILENO) == 1),
      next_line_(std::chrono::steady_clock::now() + between_lines) {}

ProgressDisplay::~ProgressDisplay() {
  if (terminal_) write(line_begin);
}

void ProgressDisplay::show(const ex::BulkProgress& progress) {
  if (terminal_)
    return write(line_begin + (input_bytes_ > 0 ? bar(progress.bytes, input_bytes_) : "") + numbers(progress));
  const auto now = std::chrono::steady_clock::now();
  if (now < next_line_) return;
  next_line_ = now + between_lines;
  write("exhibitor: " + numbers(progress) + '\n');
}

}  // namespace cli
