// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/result.hpp"
#include "../../detail/text/encoding.hpp"
#include "../byte_source.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Reads a text line by line, in memory for one longest line and one block. Thread-safety: none.
class LineReader {
 public:
  struct Line {
    std::uint64_t number;   ///< From 1; blank lines count.
    std::string_view text;  ///< Without its end; valid until the next call. The beginning only when it is too long.
    bool too_long;
  };

  /// `longest_line` is in bytes, without the CRLF, for which there are two more.
  LineReader(ByteSource source, std::size_t longest_line)
      : source_(std::move(source)), longest_(longest_line), buffer_(longest_line + 2 + block) {}

  /// The next line that is not blank; nothing at the end. LF or CRLF ends a line; a byte-order mark at the beginning
  /// and padding at the end (NUL, and Ctrl-Z as DOS has it) are passed over. Errors: the source's. The next call then
  /// goes on where this one was.
  Result<std::optional<Line>> next() {
    if (auto begun = skip_byte_order_mark(); !begun) return std::move(begun).error();
    for (;;) {
      const auto end = find_line_end();
      if (!end) return end.error();
      if (begin_ == end_) return std::optional<Line>();
      const bool is_last = *end == end_;
      if (const auto line = take_line(*end, is_last)) return line;
    }
  }

  /// How many bytes lie behind: those of the lines that were passed.
  [[nodiscard]] std::uint64_t bytes_passed() const noexcept { return bytes_read_ - (end_ - begin_); }

  /// The number of the last line that was passed, blank or not; 0 before the first.
  [[nodiscard]] std::uint64_t line_number() const noexcept { return line_number_; }

 private:
  static constexpr std::size_t block = std::size_t{256} << 10U;  // reading in larger ones is no faster

  Result<void> skip_byte_order_mark() {
    if (started_) return {};
    while (end_ < byte_order_mark.size() && !ended_) {
      if (auto filled = fill(); !filled) return filled;
    }
    if (begins_with(held(0, end_), byte_order_mark)) begin_ = scanned_ = byte_order_mark.size();
    started_ = true;
    return {};
  }

  /// Where the LF of the line at `begin_` is, or the end of all bytes.
  Result<std::size_t> find_line_end() {
    for (;;) {
      const void* const found = std::memchr(buffer_.data() + scanned_, '\n', end_ - scanned_);
      if (found != nullptr) return static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
      scanned_ = end_;
      if (ended_) return end_;
      drop_excess();
      if (auto filled = fill(); !filled) return std::move(filled).error();
    }
  }

  /// Passes over a line; nothing when it is blank.
  std::optional<Line> take_line(std::size_t end, bool is_last) {
    std::string_view text = held(begin_, end);
    begin_ = scanned_ = std::min(end + 1, end_);
    ++line_number_;
    unsigned dropped = std::exchange(dropped_, 0U);
    if (is_last) {
      if (((dropped | kinds_in(text)) & other) == 0) return std::nullopt;
      if ((dropped & ~padding) == 0 && kinds_in(text.substr(text.size() - 1)) == padding) {
        text = text.substr(0, text.find_last_not_of(std::string_view("\0\x1A", 2)) + 1);
        dropped = 0;
      }
    }
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    const bool dropped_text = (dropped & ~blank) != 0;
    if (trim(text).empty() && !dropped_text) return std::nullopt;
    return Line{line_number_, text.substr(0, longest_), dropped_text || text.size() > longest_};
  }

  /// Kinds of characters, to be combined.
  static constexpr unsigned blank = 1;
  static constexpr unsigned carriage_return = 2;
  static constexpr unsigned padding = 4;
  static constexpr unsigned other = 8;

  static unsigned kinds_in(std::string_view text) noexcept {
    unsigned kinds = 0;
    for (const char c : text) {
      const bool is_padding = c == '\0' || c == '\x1A';
      kinds |= c == ' ' || c == '\t' ? blank : (c == '\r' ? carriage_return : (is_padding ? padding : other));
    }
    return kinds;
  }

  /// Of a line that is too long already, keeps as much as tells so, and its last byte, which may be the CR of its end.
  void drop_excess() {
    const std::size_t first = begin_ + longest_ + 1;
    if (end_ <= first + 1) return;
    dropped_ |= kinds_in(held(first, end_ - 1));
    buffer_[first] = buffer_[end_ - 1];
    end_ = scanned_ = first + 1;
  }

  /// Reads more behind what is held, once; moves that to the front before.
  Result<void> fill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
    const auto count = ask_source();
    if (!count) return count.error();
    ended_ = *count == 0;
    end_ += *count;
    bytes_read_ += *count;
    return {};
  }

  Result<std::size_t> ask_source() {
    try {
      return source_(buffer_.data() + end_, block);
    } catch (...) {  // its text could hold anything
      return make_error(ErrorKind::storage, "the source of the bytes threw an exception");
    }
  }

  [[nodiscard]] std::string_view held(std::size_t from, std::size_t to) const noexcept {
    return {buffer_.data() + from, to - from};
  }

  ByteSource source_;
  std::size_t longest_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;    // where the line to be read begins in the buffer
  std::size_t scanned_ = 0;  // up to here it has no LF
  std::size_t end_ = 0;      // of the bytes held
  bool started_ = false;
  bool ended_ = false;
  unsigned dropped_ = 0;  // the kinds of what was dropped of the line
  std::uint64_t bytes_read_ = 0;
  std::uint64_t line_number_ = 0;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
