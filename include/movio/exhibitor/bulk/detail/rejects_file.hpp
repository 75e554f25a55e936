// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "../../core/result.hpp"
#include "../../detail/json/scanner.hpp"
#include "../../detail/os/append_file.hpp"
#include "../../detail/os/descriptor.hpp"
#include "../../detail/text/checksum.hpp"
#include "../options.hpp"
#include "journal.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The beginning of every line of a rejects file.
inline constexpr std::string_view reject_begins = "{\"line\":";

/// One line of a rejects file: `{"line": 7, "id": "...", "messages": ["..."], "record": "..."}`.
inline std::string reject_line(const BulkReject& reject) {
  std::string line = std::string(reject_begins) + std::to_string(reject.line) + ",\"id\":";
  append_bytes_as_json_string(line, reject.id);
  line += ",\"messages\":[";
  for (const auto& message : reject.messages) {
    if (line.back() != '[') line += ',';
    append_bytes_as_json_string(line, message);
  }
  line += "],\"record\":";
  append_bytes_as_json_string(line, reject.record);
  return line += "}\n";
}

/// The file to which rejects are appended. Existing lines stay, also those of other uploads. No line is written twice:
/// a run that was killed may have written rejects that its journal does not have. Errors: `storage`. Thread-safety:
/// none.
class RejectsFile {
 public:
  /// `accounted`: the state of the file according to the journal. A file with other content is refused and left alone:
  /// it could be the input, given by mistake.
  static Result<RejectsFile> open(const std::string& path, const RejectsMark& accounted) {
    auto file = AppendFile::open(path);
    if (!file) return std::move(file).error();
    RejectsFile rejects(*std::move(file));
    if (auto good = rejects.check(accounted); !good) return std::move(good).error();
    if (auto kept = rejects.file_.keep_private(); !kept) return std::move(kept).error();
    if (auto read = rejects.read_lines(); !read) return std::move(read).error();
    auto tail = rejects.tail_at(rejects.file_.size());
    if (!tail) return std::move(tail).error();
    rejects.tail_ = *std::move(tail);
    return rejects;
  }

  Result<void> append(const std::vector<BulkReject>& rejects) {
    std::string lines;
    for (const auto& reject : rejects) {
      const std::string line = reject_line(reject);
      if (there_.count(checksum(line)) == 0) lines += line;
    }
    if (auto appended = file_.append(lines); !appended) return appended;
    tail_ += lines;
    if (tail_.size() > tail_bytes) tail_.erase(0, tail_.size() - tail_bytes);
    return {};
  }

  [[nodiscard]] Result<void> sync() const { return file_.sync(); }

  [[nodiscard]] RejectsMark mark() const { return {file_.size(), tail_.empty() ? 0 : checksum(tail_)}; }

 private:
  static constexpr std::size_t tail_bytes = 1024;
  static constexpr std::size_t block = std::size_t{64} << 10U;

  explicit RejectsFile(AppendFile file) : file_(std::move(file)) {}

  [[nodiscard]] Result<void> check(const RejectsMark& accounted) const {
    const auto begins = file_.read(reject_begins.size());
    if (!begins) return begins.error();
    if (*begins != reject_begins.substr(0, begins->size())) {
      return storage_error(file_.path(), "holds something else than rejects; name another file, or remove it");
    }
    if (accounted.size == 0) return {};
    if (file_.size() < accounted.size) {
      return storage_error(file_.path(),
                           "lacks rejects that the journal accounts for; put it back, or name another journal");
    }
    const auto tail = tail_at(accounted.size);
    if (!tail) return tail.error();
    if (checksum(*tail) == accounted.tail) return {};
    return storage_error(file_.path(), "is not the rejects file that the journal accounts for; name that one");
  }

  [[nodiscard]] Result<std::string> tail_at(std::uint64_t size) const {
    const auto length = std::min<std::uint64_t>(size, tail_bytes);
    return file_.read(length, size - length);
  }

  Result<void> read_lines() {
    std::string rest;
    for (std::uint64_t at = 0; at < file_.size();) {
      const auto bytes = file_.read(block, at);
      if (!bytes) return bytes.error();
      at += bytes->size();
      const std::size_t scanned = rest.size();
      rest += *bytes;
      std::size_t begin = 0;
      for (auto end = rest.find('\n', scanned); end != std::string::npos; end = rest.find('\n', begin)) {
        there_.insert(checksum(std::string_view(rest).substr(begin, end + 1 - begin)));
        begin = end + 1;
      }
      rest.erase(0, begin);
    }
    return mend_end(rest);
  }

  /// Handles an incomplete last line: a kill or a full disk may have left a part, an editor may have left out the
  /// newline.
  Result<void> mend_end(std::string_view last) {
    if (last.empty()) return {};
    JsonScanner scanner(last);
    std::string_view value;
    const bool whole = scanner.value(value) && scanner.end();
    return whole ? file_.append("\n") : file_.truncate(file_.size() - last.size());
  }

  AppendFile file_;
  std::string tail_;                         // the last bytes
  std::unordered_set<std::uint64_t> there_;  // checksums of the lines
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
