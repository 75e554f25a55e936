#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "append_file.hpp"
#include "batch.hpp"
#include "journal.hpp"
#include "json_scan.hpp"

namespace movio::exhibitor {
inline namespace v0 {
namespace detail {

/// Every line of a rejects file does, and so does the file.
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

/// The journal and the rejects file of a bulk run; either may be missing. Errors: `storage`. Thread-safety: none.
class BulkFiles {
 public:
  /// A path that is empty names none. Of the rejects only those stay that the journal accounts for.
  static Result<BulkFiles> open(const std::string& journal, const std::string& rejects, const std::string& identity) {
    BulkFiles files;
    if (!journal.empty()) {
      auto opened = Journal::open(journal, identity);
      if (!opened) return std::move(opened.error());
      files.journal_.emplace(*std::move(opened));
    }
    if (!rejects.empty()) {
      auto opened = open_rejects(rejects, files.journal_ ? files.journal_->rejects_size() : 0);
      if (!opened) return std::move(opened.error());
      files.rejects_.emplace(*std::move(opened));
    }
    return files;
  }

  [[nodiscard]] std::vector<JournalEntry> acknowledged() const {
    return journal_ ? journal_->acknowledged() : std::vector<JournalEntry>();
  }
  [[nodiscard]] BulkCounts earlier() const { return journal_ ? journal_->counts() : BulkCounts(); }

  /// Puts down settled batches, the rejects first: what the journal has as settled must not be missing there. After an
  /// error nothing more is put down: a later batch must not stand there without an earlier one of the same id.
  Result<void> settle(const std::vector<const Batch*>& batches) {
    if (broken_) return {};
    auto written = write(batches);
    broken_ = !written;
    return written;
  }

  /// Of a batch that is not settled. A run that resumes finds them again.
  Result<void> add_rejects(const Batch& batch) {
    std::string lines;
    for (const auto& reject : batch.rejects()) lines += reject_line(reject);
    return rejects_ && !broken_ ? rejects_->append(lines) : Result<void>();
  }

  /// Everything is settled.
  Result<void> finish() { return journal_ ? journal_->finish() : Result<void>(); }

 private:
  BulkFiles() = default;

  /// Anything but earlier rejects is left as it is: it might be the input, by a slip.
  static Result<AppendFile> open_rejects(const std::string& path, std::uint64_t accounted) {
    auto file = AppendFile::open(path);
    if (!file) return file;
    auto begins = file->read(reject_begins.size());
    if (!begins) return std::move(begins).error();
    if (*begins != reject_begins.substr(0, begins->size())) {
      return storage_error(path, "holds something else than rejects; name another file, or remove it");
    }
    if (auto kept = file->keep_private(); !kept) return std::move(kept).error();
    if (file->size() < accounted) {
      return storage_error(path, "lacks rejects that the journal accounts for; put it back, or name another journal");
    }
    if (file->size() > accounted) {
      if (auto cut = file->truncate(accounted); !cut) return std::move(cut).error();
    }
    return file;
  }

  /// Ranges that meet become one, so that a journal of single records stays small.
  static void add_entry(std::vector<JournalEntry>& entries, const JournalEntry& added) {
    const bool meets = !entries.empty() && entries.back().last_line + 1 == added.first_line;
    if (!meets) return entries.push_back(added);
    JournalEntry& last = entries.back();
    last.last_line = added.last_line;
    last.checksum += added.checksum;
    last.rejects_size = added.rejects_size;
    last.counts += added.counts;
  }

  Result<void> write(const std::vector<const Batch*>& batches) {
    std::vector<JournalEntry> entries;
    bool refused = false;
    for (const Batch* batch : batches) {
      refused = refused || !batch->rejects().empty();
      if (auto added = add_rejects(*batch); !added) return added;
      const auto size = rejects_ ? rejects_->size() : 0;
      add_entry(entries, {batch->first_line(), batch->last_line(), batch->checksum(), size, batch->counts()});
    }
    if (!journal_) return {};
    if (refused && rejects_) {
      if (auto synced = rejects_->sync(); !synced) return synced;
    }
    return journal_->append(entries);
  }

  std::optional<Journal> journal_;
  std::optional<AppendFile> rejects_;
  bool broken_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace movio::exhibitor
