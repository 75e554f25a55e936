// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// The API's answer to an upsert.
struct UpsertReceipt {
  std::uint64_t total = 0;    ///< Records that the API accepted.
  std::uint64_t created = 0;  ///< New ones; 0 if the API does not report it.
  std::uint64_t updated = 0;  ///< Replaced ones; 0 if the API does not report it.
};

/// The outcome of one record of an upsert.
enum class RecordState {
  accepted,  ///< The API has it.
  rejected,  ///< The API refused the request that held it.
  unknown,   ///< It was sent, but no answer confirms the outcome.
  not_sent,
};

/// Records of a range, by their index from 0: from `first` to before `end`.
struct RecordRange {
  std::size_t first = 0;
  std::size_t end = 0;
  RecordState state = RecordState::not_sent;
};

/// The outcome of an upsert: the receipt for all of its requests, or the error of the first one that failed.
class [[nodiscard]] UpsertResult : public Result<UpsertReceipt> {
 public:
  UpsertResult(const UpsertReceipt& receipt) : Result(receipt) {}
  UpsertResult(Error error, std::vector<RecordRange> records = {})
      : Result(std::move(error)), records_(std::move(records)) {}

  /// The outcome of each record, if a request failed; empty if none was sent.
  [[nodiscard]] const std::vector<RecordRange>& records() const noexcept { return records_; }

 private:
  std::vector<RecordRange> records_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor
