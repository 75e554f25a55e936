// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../detail/text/checksum.hpp"
#include "batch.hpp"
#include "journal.hpp"
#include "record_source.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Makes batches from the records of a source, and skips those that a journal has as acknowledged. Thread-safety: none.
class Batcher {
 public:
  Batcher(RecordSource& source, std::size_t most, std::size_t bytes)
      : source_(source), most_(most), most_bytes_(bytes), bytes_(bytes) {}

  /// The checksum of the first record, which identifies the input; 0 if there is none. Errors: those of the source.
  Result<std::uint64_t> first_checksum() {
    auto record = peek();
    if (!record) return std::move(record.error());
    return *record ? checksum((*record)->text) : 0;
  }

  /// Sets the entries to skip, in the order of the input.
  void pass_over(std::vector<JournalEntry> acknowledged) {
    acknowledged_ = std::move(acknowledged);
    next_ = acknowledged_.begin();
  }

  /// The next batch, closed; empty at the end. Errors: those of the source; `storage` if the skipped records are not
  /// those of the journal.
  Result<std::optional<Batch>> next_batch() {
    Batch batch;
    batch.reserve(last_size_, last_bytes_);
    while (!is_full(batch)) {
      const auto record = peek();
      if (!record && batch.size() == 0) return record.error();
      if (!record || !*record) break;
      const bool passed_over = is_passed_over((*record)->line);
      if (mismatch_) return other_input();
      if (!passed_over && !has_room(batch, **record)) break;
      if (passed_over && batch.size() > 0) break;  // a batch covers consecutive lines
      if (passed_over) {
        pass(**record);
      } else {
        take(batch, **record);
      }
      ahead_.reset();
    }
    return batch.size() == 0 ? finish() : deliver(std::move(batch));
  }

  /// A request of this size was too large: from now on batches are at most half of it, down to one record ...
  void too_large(std::size_t bytes) noexcept { bytes_ = std::min(bytes_, bytes / 2); }
  /// ... but not smaller than an accepted request: the cause may have been a record, not the size.
  void taken(std::size_t bytes) noexcept { bytes_ = std::max(bytes_, std::min(bytes, most_bytes_)); }
  [[nodiscard]] bool is_limited() const noexcept { return bytes_ < most_bytes_; }

  /// Records in batches so far, and skipped ones.
  [[nodiscard]] std::uint64_t read() const noexcept { return read_; }
  [[nodiscard]] std::uint64_t passed_over() const noexcept { return passed_over_; }
  /// The counts of the skipped records, from the journal.
  [[nodiscard]] const BulkCounts& passed_counts() const noexcept { return passed_counts_; }

 private:
  using Record = RecordSource::Record;

  Result<std::optional<Record>> peek() {
    if (failed_) return *failed_;  // a source that fails and then ends was not read to its end
    if (ahead_ || ended_) return ahead_;
    auto next = source_.next();
    if (next) {
      ahead_ = *next;
      ended_ = !ahead_;  // not asked again: a cursor could restart
    } else {
      failed_ = next.error();
    }
    return next;
  }

  /// A full batch is sent without waiting for the next record, which may take long.
  [[nodiscard]] bool is_full(const Batch& batch) const {
    return batch.size() > 0 && (batch.size() >= most_ || batch.bytes() >= bytes_);
  }

  [[nodiscard]] bool has_room(const Batch& batch, const Record& record) const {
    return batch.size() == 0 || batch.bytes() + record.text.size() < bytes_;
  }

  void take(Batch& batch, const Record& record) {
    auto problem = source_.examine(id_);
    if (problem) {
      batch.refuse(record.line, record.text, id_, *std::move(problem));
    } else {
      batch.add(record.line, record.text, id_);
    }
  }

  bool is_passed_over(std::uint64_t line) {
    while (next_ != acknowledged_.end() && line > next_->last_line) verify_passed();
    return next_ != acknowledged_.end() && line >= next_->first_line;
  }

  void pass(const Record& record) {
    ++passed_;
    checksum_ += checksum(record.text, record.line);
  }

  /// Ends a run of acknowledged lines.
  void verify_passed() {
    const bool same = checksum_ == next_->checksum;
    mismatch_ = mismatch_ || !same;
    if (same) {
      read_ += passed_;
      passed_over_ += passed_;
      passed_counts_ += next_->counts;
    }
    checksum_ = 0;
    passed_ = 0;
    ++next_;
  }

  Result<std::optional<Batch>> deliver(Batch batch) {
    read_ += batch.size();
    last_size_ = batch.size();
    last_bytes_ = batch.bytes() + batch.bytes() / 16;  // some spare, to avoid growing by a few bytes
    batch.close();
    return std::optional<Batch>(std::move(batch));
  }

  Result<std::optional<Batch>> finish() {
    while (next_ != acknowledged_.end()) verify_passed();
    if (mismatch_) return other_input();
    return std::optional<Batch>();
  }

  static Error other_input() {
    return make_error(ErrorKind::storage,
                      "the input is not the one that the journal is of; give it that one, or name another journal");
  }

  RecordSource& source_;
  const std::size_t most_;
  const std::size_t most_bytes_;
  std::size_t bytes_;          // the current limit of a batch
  std::size_t last_size_ = 0;  // of the last batch: the next one is similar
  std::size_t last_bytes_ = 0;
  std::optional<Record> ahead_;
  bool ended_ = false;
  std::optional<Error> failed_;
  std::string id_;
  std::vector<JournalEntry> acknowledged_;
  std::vector<JournalEntry>::const_iterator next_ = acknowledged_.begin();
  std::uint64_t checksum_ = 0;
  std::uint64_t passed_ = 0;
  bool mismatch_ = false;
  std::uint64_t read_ = 0;
  std::uint64_t passed_over_ = 0;
  BulkCounts passed_counts_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
