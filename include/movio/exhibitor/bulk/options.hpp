// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "../core/cancel.hpp"
#include "../core/result.hpp"
#include "../records/detail/limits.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

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

BulkCounts& operator+=(BulkCounts& sum, const BulkCounts& added) noexcept;
bool operator==(const BulkCounts& a, const BulkCounts& b) noexcept;

/// A record that was refused, by this library or by the API.
struct BulkReject {
  std::uint64_t line = 0;             ///< Of the input, or the record's place in it; from 1.
  std::string id;                     ///< The record's; empty when none could be read.
  std::vector<std::string> messages;  ///< Why, at least one. May hold what the API says, and so personal data.
  std::string record;  ///< The text as it was read, or would have been sent; what JSON cannot hold is U+FFFD there.
};

/// How far an upload is. What earlier runs of the same journal had acknowledged counts.
struct BulkProgress {
  std::uint64_t read = 0;                           ///< Records.
  std::uint64_t bytes = 0;                          ///< Of the input.
  BulkCounts counts{};                              ///< Of what has been settled.
  int in_flight = 0;                                ///< Requests.
  double records_per_second = 0;                    ///< Settled by this run.
  std::optional<std::chrono::seconds> time_left{};  ///< Known after a while, when `BulkOptions::input_bytes` is.
};

/// How an upload goes about it.
struct BulkOptions {
  std::size_t batch_size = detail::most_records;  ///< Records of a request, 1 to 5000; 5000 by default.
  std::size_t batch_bytes =
      detail::usual_request_bytes;   ///< Of a request; 4 MiB by default. A 413 of the API lowers it.
  int in_flight = 8;                 ///< Requests at a time, at most; throttling lowers it.
  std::uint64_t max_rejects = 1000;  ///< Beyond this the upload stops.
  /// How long to go on trying when nothing succeeds. Before the first success it ends after four failures in a row, and
  /// at once when requests are turned away. Throttling (429) is waited out, however long it lasts.
  std::chrono::milliseconds patience = std::chrono::minutes(15);
  /// File that a killed upload is resumed from: by the same operation on the same input, for the same API and client
  /// id. None: "". A finished one is replaced.
  std::string journal{};
  /// File that what was refused is appended to, as NDJSON; none: "". What is there stays, also of other uploads, and a
  /// line that is there already is not written again. A file of anything else is refused, and so is going on with a
  /// journal without the file that its rejects are in.
  std::string rejects{};
  std::uint64_t input_bytes = 0;  ///< The input's size, if it is known; 0: it is not.
  CancelToken cancel{};           ///< Ends the upload; its journal can be resumed.

  // These are called by the thread that uploads. What they throw ends it, as a kill would: the journal can be resumed.
  std::function<void(const BulkReject&)> on_reject{};
  std::function<void(std::uint64_t line, std::uint64_t later)> on_superseded{};  ///< Its id came again on line `later`.
  std::function<void(const BulkProgress&)> on_progress{};                        ///< Some four times a second.
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/options.ipp"
#endif
