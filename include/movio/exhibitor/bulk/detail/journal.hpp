// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../../core/result.hpp"
#include "../../detail/os/append_file.hpp"
#include "../../detail/os/descriptor.hpp"
#include "../../detail/text/checksum.hpp"
#include "../options.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The state of a rejects file at some moment.
struct RejectsMark {
  std::uint64_t size = 0;  ///< Bytes; 0 also when there was no such file.
  std::uint64_t tail = 0;  ///< Checksum of the last bytes before that, by which the file is known.
};

/// A range of lines that is settled and need not be sent again.
struct JournalEntry {
  std::uint64_t first_line = 0;  ///< From 1.
  std::uint64_t last_line = 0;   ///< Inclusive.
  std::uint64_t checksum = 0;    ///< Of the records in the range.
  RejectsMark rejects;           ///< When this and all entries before were accounted for.
  BulkCounts counts;
};

/// An entry's text, "lines=1 to=1000 ...", is one line of names and numbers; this is the one table of them.
template <class Entry, class Visit>
void visit_fields(Entry& entry, Visit visit) {
  visit("lines=", entry.first_line);
  visit(" to=", entry.last_line);
  visit(" records=", entry.checksum);
  visit(" rejects=", entry.rejects.size);
  visit(" tail=", entry.rejects.tail);
  visit(" accepted=", entry.counts.accepted);
  visit(" created=", entry.counts.created);
  visit(" updated=", entry.counts.updated);
  visit(" superseded=", entry.counts.superseded);
  visit(" rejected=", entry.counts.rejected);
  visit(" retried=", entry.counts.retried);
  visit(" batches=", entry.counts.batches);
  visit(" absent=", entry.counts.absent);
}

inline std::string entry_text(const JournalEntry& entry) {
  std::string text;
  visit_fields(entry, [&text](const char* name, std::uint64_t value) { text += name + std::to_string(value); });
  return text;
}

/// Nothing when it is not exactly an entry's text.
inline std::optional<JournalEntry> parse_entry(std::string_view text) {
  JournalEntry entry;
  bool whole = true;
  visit_fields(entry, [&](std::string_view name, std::uint64_t& value) {
    whole = whole && text.substr(0, name.size()) == name;
    if (!whole) return;
    text.remove_prefix(name.size());
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    whole = problem == std::errc();
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  });
  return whole && text.empty() ? std::optional<JournalEntry>(entry) : std::nullopt;
}

/// Records what an upload need not send again, so that another process can resume after a kill. Readable text without
/// records, ids or secrets:
///
///     movio-exhibitor-journal 3 <identity> <checksum>
///     lines=1 to=1000 records=... rejects=0 tail=0 accepted=1000 ... <checksum>
///     finished <checksum>
///
/// Each line's checksum includes the previous one, so that a line is valid only after exactly those lines.
/// Errors: `storage`. Thread-safety: none.
class Journal {
 public:
  /// Begins a journal, or resumes an unfinished one. `identity`, one line of text, identifies the upload.
  static Result<Journal> open(const std::string& path, const std::string& identity) {
    assert(identity.find('\n') == std::string::npos && "an identity is one line");
    auto file = AppendFile::open(path);
    if (!file) return std::move(file).error();
    Journal journal(*std::move(file));
    const std::string header = std::string(magic) + identity;
    const auto goes_on = journal.read(header);
    if (!goes_on) return goes_on.error();
    if (auto kept = journal.file_.keep_private(); !kept) return std::move(kept).error();
    if (*goes_on) return journal;
    if (auto begun = journal.begin(header); !begun) return std::move(begun).error();
    return journal;
  }

  /// Whether the end of the file was damaged, as a kill or a loss of power leaves it, and was cut off.
  [[nodiscard]] bool torn() const noexcept { return torn_; }

  /// Every entry, those appended since too, by their first lines.
  [[nodiscard]] const std::vector<JournalEntry>& acknowledged() const noexcept { return entries_; }

  [[nodiscard]] const BulkCounts& counts() const noexcept { return counts_; }

  /// That of the entry which was written last.
  [[nodiscard]] const RejectsMark& rejects() const noexcept { return rejects_; }

  /// Writes the entries, which must not overlap any; they are on the disk when it returns. After an error none of them
  /// counts.
  Result<void> append(const std::vector<JournalEntry>& entries) {
    std::string text;
    std::uint64_t chain = chain_;
    for (const auto& entry : entries) chain = add_line(text, entry_text(entry), chain);
    if (auto written = write(text, chain); !written) return written;
    for (const auto& entry : entries) {
      [[maybe_unused]] const bool added = add(entry);
      assert(added && "an entry is a range of lines that no other entry has");
    }
    return {};
  }

  /// Marks the upload as finished: the next one to open the journal begins it anew.
  Result<void> finish() {
    std::string text;
    const std::uint64_t chain = add_line(text, end_mark, chain_);
    return write(text, chain);
  }

 private:
  static constexpr std::string_view magic = "movio-exhibitor-journal 3 ";  // the number is the format's
  static constexpr std::string_view end_mark = "finished";
  static constexpr std::size_t seal_size = 17;  // a space and 16 hexadecimal digits

  explicit Journal(AppendFile file) : file_(std::move(file)) {}

  static std::string seal(std::uint64_t sum) {
    std::string text(seal_size, ' ');
    for (std::size_t i = seal_size; i-- > 1; sum >>= 4U) text[i] = "0123456789abcdef"[sum & 0x0fU];
    return text;
  }

  /// Gives the line's checksum, on which the next line's is built.
  static std::uint64_t add_line(std::string& text, std::string_view line, std::uint64_t chain) {
    chain = checksum(line, chain);
    text.append(line) += seal(chain) + '\n';
    return chain;
  }

  /// Takes a line off `rest` when it is whole and `accept` takes its text.
  template <class Accept>
  bool take_line(std::string_view& rest, Accept accept) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos || end < seal_size) return false;
    const auto line = rest.substr(0, end - seal_size);
    const auto chain = checksum(line, chain_);
    if (rest.substr(line.size(), seal_size) != seal(chain) || !accept(line)) return false;
    chain_ = chain;
    rest.remove_prefix(end + 1);
    return true;
  }

  /// Reads the file; false if there is nothing to resume.
  Result<bool> read(const std::string& header) {
    const auto start = file_.read(magic.size());  // no more before it is known to be a journal: it may be the data
    if (!start) return start.error();
    if (magic.substr(0, start->size()) != *start) {
      return refusal("is not a journal, or one of another version of this library; name another file, or remove it");
    }
    const auto text = file_.read_all();
    if (!text) return text.error();
    torn_ = !text->empty();
    if (text->find('\n') == std::string::npos) return false;  // empty, or killed while it was begun
    return read_lines(*text, header);
  }

  Result<bool> read_lines(std::string_view rest, std::string_view header) {
    std::string_view found;
    const auto is_header = [&found](std::string_view line) {
      found = line;
      return true;
    };
    if (!take_line(rest, is_header)) {
      return refusal("is damaged in its first line; remove it to upload everything again");
    }
    const bool finished = take_entries(rest);
    torn_ = !finished && !rest.empty();
    if (finished) return false;
    if (found != header)
      return refusal(
          "is the journal of another upload: of another input, resource, API or client_id; finish that one, or name "
          "another journal");
    if (auto cut = file_.truncate(file_.size() - rest.size()); !cut) return std::move(cut).error();
    return true;
  }

  /// Takes the entries off `rest`, up to the first damage; true when it came to the end mark.
  bool take_entries(std::string_view& rest) {
    bool finished = false;
    const auto accept = [&](std::string_view line) {
      finished = line == end_mark;
      if (finished) return true;
      const auto entry = parse_entry(line);
      return entry && add(*entry);
    };
    while (!finished && take_line(rest, accept)) {
    }
    return finished;
  }

  /// False, and nothing done, when the range is none, or meets another.
  bool add(const JournalEntry& entry) {
    const auto next = std::upper_bound(entries_.begin(), entries_.end(), entry.first_line,
                                       [](std::uint64_t line, const JournalEntry& e) { return line < e.first_line; });
    const bool is_range = entry.first_line >= 1 && entry.first_line <= entry.last_line;
    const bool after_previous = next == entries_.begin() || std::prev(next)->last_line < entry.first_line;
    const bool before_next = next == entries_.end() || entry.last_line < next->first_line;
    if (!is_range || !after_previous || !before_next) return false;
    entries_.insert(next, entry);
    counts_ += entry.counts;
    rejects_ = entry.rejects;
    return true;
  }

  Result<void> begin(const std::string& header) {
    entries_.clear();
    counts_ = {};
    rejects_ = {};
    std::string text;
    const std::uint64_t chain = add_line(text, header, 0);
    if (auto emptied = file_.truncate(0); !emptied) return emptied;
    return write(text, chain);
  }

  /// Writes and syncs once. What could not be synced is cut off again, so that it can be written a second time.
  Result<void> write(std::string_view text, std::uint64_t chain) {
    const std::uint64_t size_before = file_.size();
    if (auto appended = file_.append(text); !appended) return appended;
    if (auto synced = file_.sync(); !synced) {
      const auto undone = file_.truncate(size_before);
      return undone ? synced : undone;
    }
    chain_ = chain;
    return {};
  }

  [[nodiscard]] Error refusal(const char* problem) const { return storage_error(file_.path(), problem); }

  AppendFile file_;
  std::uint64_t chain_ = 0;  ///< The last line's checksum.
  std::vector<JournalEntry> entries_;
  BulkCounts counts_;
  RejectsMark rejects_;
  bool torn_ = false;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
