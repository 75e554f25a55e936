// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "batch.hpp"
#include "journal.hpp"
#include "rejects_file.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The journal and the rejects file of a bulk run; either may be missing. Errors: `storage`. Thread-safety: none.
class BulkFiles {
 public:
  /// An empty path means no file. A journal is resumed only together with the rejects file that it refers to.
  static Result<BulkFiles> open(const std::string& journal, const std::string& rejects, const std::string& identity) {
    BulkFiles files;
    if (!journal.empty()) {
      auto opened = Journal::open(journal, identity);
      if (!opened) return std::move(opened.error());
      files.journal_.emplace(*std::move(opened));
    }
    const RejectsMark kept = files.journal_ ? files.journal_->rejects() : RejectsMark();
    if (rejects.empty() && kept.size > 0) {
      return storage_error(journal, "is of an upload whose rejects are kept in a file; name that file, too");
    }
    if (rejects.empty()) return files;
    if (kept.size == 0 && files.earlier().rejected > 0) {
      return storage_error(journal,
                           "is of an upload that rejected records and kept them in no file; name none, or "
                           "another journal");
    }
    auto opened = RejectsFile::open(rejects, kept);
    if (!opened) return std::move(opened.error());
    files.rejects_.emplace(*std::move(opened));
    return files;
  }

  [[nodiscard]] std::vector<JournalEntry> acknowledged() const {
    return journal_ ? journal_->acknowledged() : std::vector<JournalEntry>();
  }
  [[nodiscard]] BulkCounts earlier() const { return journal_ ? journal_->counts() : BulkCounts(); }

  /// Writes settled batches, rejects first: a batch that is settled in the journal has all its rejects in their file.
  /// After an error nothing more is written: a later batch must not be settled without an earlier one of the same id.
  Result<void> settle(const std::vector<const Batch*>& batches) {
    if (broken_) return {};
    auto written = write(batches);
    broken_ = !written;
    return written;
  }

  /// Writes the rejects of an unsettled batch. A run that resumes finds them again.
  Result<void> add_rejects(const Batch& batch) {
    return rejects_ && !broken_ ? rejects_->append(batch.rejects()) : Result<void>();
  }

  /// Marks the upload as finished.
  Result<void> finish() { return journal_ ? journal_->finish() : Result<void>(); }

 private:
  BulkFiles() = default;

  /// Merges adjacent ranges, so that a journal of single records stays small.
  static void add_entry(std::vector<JournalEntry>& entries, const JournalEntry& added) {
    const bool meets = !entries.empty() && entries.back().last_line + 1 == added.first_line;
    if (!meets) return entries.push_back(added);
    JournalEntry& last = entries.back();
    last.last_line = added.last_line;
    last.checksum += added.checksum;
    last.rejects = added.rejects;
    last.counts += added.counts;
  }

  Result<void> write(const std::vector<const Batch*>& batches) {
    std::vector<JournalEntry> entries;
    bool refused = false;
    for (const Batch* batch : batches) {
      refused = refused || !batch->rejects().empty();
      if (auto added = add_rejects(*batch); !added) return added;
      const auto mark = rejects_ ? rejects_->mark() : RejectsMark();
      add_entry(entries, {batch->first_line(), batch->last_line(), batch->checksum(), mark, batch->counts()});
    }
    if (!journal_) return {};
    if (refused && rejects_) {
      if (auto synced = rejects_->sync(); !synced) return synced;
    }
    return journal_->append(entries);
  }

  std::optional<Journal> journal_;
  std::optional<RejectsFile> rejects_;
  bool broken_ = false;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
