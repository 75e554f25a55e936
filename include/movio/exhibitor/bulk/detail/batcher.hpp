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

/// Makes batches of a source's records, passing over those that a journal has as acknowledged. Thread-safety: none.
class Batcher {
 public:
  Batcher(RecordSource& source, std::size_t most, std::size_t bytes)
      : source_(source), most_(most), most_bytes_(bytes), bytes_(bytes) {}

  /// The checksum of the first record, by which an input is known; 0 when there is none. Errors: the source's.
  Result<std::uint64_t> first_checksum() {
    auto record = peek();
    if (!record) return std::move(record.error());
    return *record ? checksum((*record)->text) : 0;
  }

  /// What is to be passed over, in the input's order.
  void pass_over(std::vector<JournalEntry> acknowledged) {
    acknowledged_ = std::move(acknowledged);
    next_ = acknowledged_.begin();
  }

  /// The next batch, closed; nothing at the end. Errors: the source's; `storage` when what is passed over is not what
  /// the journal says.
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
      if (passed_over && batch.size() > 0) break;  // it covers one stretch of lines
      if (passed_over) {
        pass(**record);
      } else {
        take(batch, **record);
      }
      ahead_.reset();
    }
    return batch.size() == 0 ? finish() : deliver(std::move(batch));
  }

  /// A request of so many bytes was too large: from now on batches are half of that at most, down to one record ...
  void too_large(std::size_t bytes) noexcept { bytes_ = std::min(bytes_, bytes / 2); }
  /// ... but not smaller than one that was taken: it may have been a record in it, and not its size.
  void taken(std::size_t bytes) noexcept { bytes_ = std::max(bytes_, std::min(bytes, most_bytes_)); }
  [[nodiscard]] bool is_limited() const noexcept { return bytes_ < most_bytes_; }

  /// Records in the batches that were made, and those that were passed over.
  [[nodiscard]] std::uint64_t read() const noexcept { return read_; }
  [[nodiscard]] std::uint64_t passed_over() const noexcept { return passed_over_; }
  /// What the journal says of those.
  [[nodiscard]] const BulkCounts& passed_counts() const noexcept { return passed_counts_; }

 private:
  using Record = RecordSource::Record;

  Result<std::optional<Record>> peek() {
    if (failed_) return *failed_;  // a source that fails once and then ends has not been read to its end
    if (ahead_ || ended_) return ahead_;
    auto next = source_.next();
    if (next) {
      ahead_ = *next;
      ended_ = !ahead_;  // it is not asked again: a cursor could begin anew
    } else {
      failed_ = next.error();
    }
    return next;
  }

  /// Then it is sent without a look at the next record, which may be long in coming.
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

  /// A stretch of acknowledged lines lies behind.
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
    last_bytes_ = batch.bytes() + batch.bytes() / 16;  // a little more, that it need not grow for a few bytes
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
  std::size_t bytes_;          // to which they are limited now
  std::size_t last_size_ = 0;  // of the last batch: the next one will be like it
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
