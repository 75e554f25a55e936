#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "result.hpp"

namespace movio::exhibitor {
inline namespace v0 {

/// What became of an upload's records and requests, in numbers.
struct BulkCounts {
  std::uint64_t accepted = 0;    ///< Records that the API has.
  std::uint64_t created = 0;     ///< Of those, the ones that the API said were new to it.
  std::uint64_t updated = 0;     ///< Of those, the ones that the API said it had before.
  std::uint64_t superseded = 0;  ///< Records not sent: a later one of the same id in the same batch was.
  std::uint64_t rejected = 0;    ///< Records refused, by this library or by the API.
  std::uint64_t retried = 0;     ///< Requests that were sent again.
  std::uint64_t batches = 0;     ///< Requests that succeeded.
  std::uint64_t absent = 0;      ///< Ids to be removed that the API does not have.
};

/// How an upload ended. Every record that was read has one of five fates: `read` is `accepted` + `superseded` +
/// `rejected` + `absent` + `not_sent`.
struct BulkReport {
  BulkCounts counts{};         ///< What earlier runs of the same journal had acknowledged counts.
  std::uint64_t read = 0;      ///< Records.
  std::uint64_t not_sent = 0;  ///< Records to be sent again: not sent, or without an answer that says what became.
  std::uint64_t resumed = 0;   ///< Records of `read` that earlier runs had settled.
  std::uint64_t bytes = 0;     ///< Of the input.
  std::chrono::milliseconds duration{};  ///< Of this run.
  std::optional<Error> error{};  ///< Why it ended before the input did; with a journal, call it again to resume.
};

inline BulkCounts& operator+=(BulkCounts& sum, const BulkCounts& added) noexcept {
  sum.accepted += added.accepted;
  sum.created += added.created;
  sum.updated += added.updated;
  sum.superseded += added.superseded;
  sum.rejected += added.rejected;
  sum.retried += added.retried;
  sum.batches += added.batches;
  sum.absent += added.absent;
  return sum;
}

inline bool operator==(const BulkCounts& a, const BulkCounts& b) noexcept {
  return a.accepted == b.accepted && a.created == b.created && a.updated == b.updated && a.superseded == b.superseded &&
         a.rejected == b.rejected && a.absent == b.absent && a.retried == b.retried && a.batches == b.batches;
}

}  // namespace v0
}  // namespace movio::exhibitor
