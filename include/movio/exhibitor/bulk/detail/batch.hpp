// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../../core/http.hpp"
#include "../../detail/text/checksum.hpp"
#include "../../records/detail/receipt.hpp"
#include "../options.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Records of a batch that are sent in one request.
struct Piece {
  std::vector<std::size_t> records;  ///< Their indices in the batch.
  int failures = 0;                  ///< Failed requests with all of them, as reported to `Batch::failed`.
  int strikes = 0;                   ///< Those failures that followed a success of another request.
  std::uint64_t successes = 0;       ///< Successes of the whole run at the last failure.
  bool again = false;                ///< The next request is a repetition.
  bool suspected = false;            ///< The API named exactly these as refused.
};

/// Consecutive records of the input: records to send, records superseded by a later one of the same id, and refused
/// ones. The answers to its requests split it further, until the outcome of each record is known. Pure logic.
/// Thread-safety: none.
class Batch {
 public:
  Batch() = default;
  Batch(const Batch&) = delete;  // its records point to the ids in `by_id_`
  Batch& operator=(const Batch&) = delete;
  Batch(Batch&&) = default;
  Batch& operator=(Batch&&) = default;
  ~Batch() = default;

  /// Reserves memory.
  void reserve(std::size_t records, std::size_t bytes) {
    text_.reserve(bytes);
    records_.reserve(records);
    by_id_.reserve(records);
  }

  /// Adds a record to send.
  void add(std::uint64_t line, std::string_view text, const std::string& id) {
    cover(line, text);
    const auto [place, is_new] = by_id_.try_emplace(id, records_.size());
    const std::size_t earlier = is_new ? none : std::exchange(place->second, records_.size());
    if (!is_new) {
      records_[earlier].superseded_by = line;
      ++superseded_;
    }
    text_ += text_.empty() ? '[' : ',';
    records_.push_back({line, text_.size(), text.size(), &place->first, 0, earlier});
    text_ += text;
  }

  /// Adds a record that is refused before sending.
  void refuse(std::uint64_t line, std::string_view text, std::string id, std::string problem) {
    cover(line, text);
    refused_bytes_ += text.size();
    rejects_.push_back({line, std::move(id), {std::move(problem)}, std::string(text)});
  }

  /// Ends adding; called once.
  void close() {
    if (!records_.empty()) text_ += ']';
    body_ = Body(std::move(text_));
    Piece all;
    all.records.reserve(records_.size());
    for (std::size_t i = 0; i < records_.size(); ++i) {
      if (records_[i].superseded_by == 0) all.records.push_back(i);
    }
    if (!all.records.empty()) pieces_.push_back(std::move(all));
  }

  [[nodiscard]] std::size_t size() const noexcept { return records_.size() + rejects_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return text_.size() + refused_bytes_; }
  [[nodiscard]] std::uint64_t first_line() const noexcept { return first_line_; }
  [[nodiscard]] std::uint64_t last_line() const noexcept { return last_line_; }
  /// The size of the body, once closed.
  [[nodiscard]] std::size_t sent_bytes() const noexcept { return body_.bytes().size(); }
  /// The sum of the checksums of all records with their lines, so that adjacent ranges can be added up.
  [[nodiscard]] std::uint64_t checksum() const noexcept { return checksum_; }

  /// Whether both have a record to send with the same id.
  [[nodiscard]] bool shares_an_id_with(const Batch& other) const {
    const bool smaller = by_id_.size() <= other.by_id_.size();
    const auto& few = smaller ? by_id_ : other.by_id_;
    const auto& many = smaller ? other.by_id_ : by_id_;
    for (const auto& entry : few) {
      if (many.count(entry.first) != 0) return true;
    }
    return false;
  }

  [[nodiscard]] bool settled() const noexcept { return pieces_.empty(); }

  /// The next piece to send.
  [[nodiscard]] const Piece& piece() const noexcept { return pieces_.back(); }

  /// The piece as a JSON array. The whole batch is shared, not copied.
  [[nodiscard]] Body body() const {
    if (piece().records.size() == records_.size()) return body_;
    std::string text;
    for (const std::size_t index : piece().records) {
      text += text.empty() ? '[' : ',';
      text += text_of(index);
    }
    return Body(text += ']');
  }
  /// The id and the text of the one record of the piece.
  [[nodiscard]] const std::string& id() const { return *records_[piece().records.front()].id; }
  [[nodiscard]] std::string_view text() const { return text_of(piece().records.front()); }
  /// Where the piece begins and ends in the input, for people.
  [[nodiscard]] std::string lines() const {
    const std::string first = std::to_string(records_[piece().records.front()].line);
    const std::string last = std::to_string(records_[piece().records.back()].line);
    return first == last ? "line " + first : "lines " + first + " to " + last;
  }

  /// The next piece is being sent.
  void sent() noexcept {
    if (std::exchange(pieces_.back().again, false)) ++counts_.retried;
  }

  // The outcome of the piece.

  void accepted(const UpsertReceipt& receipt) {
    counts_.accepted += piece().records.size();
    counts_.created += receipt.created;
    counts_.updated += receipt.updated;
    ++counts_.batches;
    misled_ = misled_ || piece().suspected;
    pieces_.pop_back();
  }

  /// The API does not have the record to remove.
  void absent() {
    counts_.absent += piece().records.size();
    pieces_.pop_back();
  }

  /// The piece is sent again.
  void repeat() noexcept { pieces_.back().again = true; }

  /// The API refused the piece: it is split, and a single record is rejected. Suspects are sent alone. Once the API
  /// accepts a record that it had named, its names are ignored: each could cost a request.
  void refused(std::vector<std::string> messages, const std::vector<std::string>& suspected_ids) {
    const Piece whole{take_piece().records};
    if (whole.records.size() == 1) return reject(whole.records.front(), std::move(messages));
    Piece suspects{found_in(whole.records, suspected_ids)};
    if (misled_ || suspects.records.empty() || suspects.records.size() == whole.records.size()) {
      pieces_.push_back(half_of(whole, 1));
      return pieces_.push_back(half_of(whole, 0));
    }
    Piece rest;
    std::set_difference(whole.records.begin(), whole.records.end(), suspects.records.begin(), suspects.records.end(),
                        std::back_inserter(rest.records));
    suspects.suspected = true;
    pieces_.push_back(std::move(rest));
    pieces_.push_back(std::move(suspects));
  }

  /// The piece failed without a reason, and one of its records may be the cause: a gateway may object to it, or the API
  /// may crash on it. It is sent again after the other pieces, from the second failure on in halves. A single record is
  /// rejected when it keeps failing while other requests succeed; `successes` counts those of the run.
  void failed(std::vector<std::string> messages, std::uint64_t successes) {
    Piece piece = take_piece();
    ++piece.failures;
    if (std::exchange(piece.successes, successes) != successes) ++piece.strikes;
    if (is_culprit(piece)) return reject(piece.records.front(), std::move(messages));
    piece.again = piece.records.size() == 1 || piece.failures == 1;
    if (piece.again) return send_last(std::move(piece));
    send_last(half_of(piece, 0));
    send_last(half_of(piece, 1));
  }

  /// The rejects so far, and the counts of the batch.
  [[nodiscard]] const std::vector<BulkReject>& rejects() const noexcept { return rejects_; }
  [[nodiscard]] BulkCounts counts() const {
    BulkCounts counts = counts_;
    counts.superseded = superseded_;
    counts.rejected = rejects_.size();
    return counts;
  }
  /// Records without a final outcome.
  [[nodiscard]] std::size_t unsettled() const {
    std::size_t count = 0;
    for (const auto& waiting : pieces_) count += waiting.records.size();
    return count;
  }

  template <class Tell>
  void each_superseded(const Tell& tell) const {
    for (const auto& record : records_) {
      if (record.superseded_by != 0) tell(record.line, record.superseded_by);
    }
  }

 private:
  struct Record {
    std::uint64_t line;
    std::size_t offset;  // in the batch's text
    std::size_t length;
    const std::string* id;
    std::uint64_t superseded_by;  // line of the later record; 0: none
    std::size_t earlier;          // index of the record that it superseded
  };
  using Indices = std::vector<std::size_t>;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  static constexpr int most_failures = 6;
  static constexpr int own_failures = 3;  // of a record that is sent alone: one failure could be chance

  /// In an outage nothing succeeds, so no record gets more than one strike. That many failures in a row of a record
  /// sent alone are no chance.
  [[nodiscard]] static bool is_culprit(const Piece& piece) noexcept {
    return piece.records.size() == 1 && piece.failures >= most_failures && piece.strikes >= 2;
  }

  /// Sends the record that a rejected one had superseded after all.
  void reject(std::size_t index, std::vector<std::string> messages) {
    const Record& record = records_[index];
    rejects_.push_back({record.line, *record.id, std::move(messages), std::string(text_of(index))});
    revive(record.earlier);
  }

  void revive(std::size_t index) {
    if (index == none) return;
    records_[index].superseded_by = 0;
    --superseded_;
    pieces_.push_back({{index}});
  }

  void cover(std::uint64_t line, std::string_view text) {
    if (first_line_ == 0) first_line_ = line;
    last_line_ = line;
    checksum_ += detail::checksum(text, line);
  }

  [[nodiscard]] std::string_view text_of(std::size_t index) const {
    return body_.bytes().substr(records_[index].offset, records_[index].length);
  }

  Piece take_piece() {
    Piece piece = std::move(pieces_.back());
    pieces_.pop_back();
    return piece;
  }

  void send_last(Piece piece) { pieces_.insert(pieces_.begin(), std::move(piece)); }

  /// Inherits the failures of the whole piece, except those that a record must show alone.
  static Piece half_of(const Piece& whole, int which) {
    const auto middle = whole.records.begin() + static_cast<Indices::difference_type>(whole.records.size() / 2);
    Indices half = which == 0 ? Indices(whole.records.begin(), middle) : Indices(middle, whole.records.end());
    return {std::move(half), std::min(whole.failures, most_failures - own_failures),
            whole.strikes,   whole.successes,
            false,           false};
  }

  [[nodiscard]] Indices found_in(const Indices& whole, const std::vector<std::string>& ids) const {
    Indices found;
    for (const auto& id : ids) {
      const auto place = by_id_.find(id);
      if (place != by_id_.end()) found.push_back(place->second);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    Indices both;
    std::set_intersection(whole.begin(), whole.end(), found.begin(), found.end(), std::back_inserter(both));
    return both;
  }

  std::uint64_t first_line_ = 0;
  std::uint64_t last_line_ = 0;
  std::uint64_t checksum_ = 0;
  std::string text_;  // until closed
  Body body_;
  std::vector<Record> records_;
  std::unordered_map<std::string, std::size_t> by_id_;  // the last record of each id
  std::vector<BulkReject> rejects_;
  std::size_t refused_bytes_ = 0;
  bool misled_ = false;        // by the names in the API's answers
  std::vector<Piece> pieces_;  // sent from the back
  std::uint64_t superseded_ = 0;
  BulkCounts counts_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
