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

/// Counts of an upload's records and requests.
struct BulkCounts {
  std::uint64_t accepted = 0;    ///< Records that the API accepted.
  std::uint64_t created = 0;     ///< Of those, new ones, as reported by the API.
  std::uint64_t updated = 0;     ///< Of those, replaced ones, as reported by the API.
  std::uint64_t superseded = 0;  ///< Records not sent, because a later one in the same batch has the same id.
  std::uint64_t rejected = 0;    ///< Records refused, by this library or by the API.
  std::uint64_t retried = 0;     ///< Requests that were sent again.
  std::uint64_t batches = 0;     ///< Requests that succeeded.
  std::uint64_t absent = 0;      ///< Ids to be removed that the API did not have.
};

/// The result of an upload. Every record that was read has one of five outcomes: `read` is `accepted` + `superseded` +
/// `rejected` + `absent` + `not_sent`.
struct BulkReport {
  BulkCounts counts{};         ///< Including what earlier runs of the same journal had settled.
  std::uint64_t read = 0;      ///< Records.
  std::uint64_t not_sent = 0;  ///< Records to be sent again: not sent, or without an answer that confirms them.
  std::uint64_t resumed = 0;   ///< Of `read`, records that earlier runs had settled.
  std::uint64_t bytes = 0;     ///< Of the input.
  std::chrono::milliseconds duration{};  ///< Of this run.
  std::optional<Error> error{};  ///< Why it stopped before the end of the input; with a journal, the same call resumes.
};

BulkCounts& operator+=(BulkCounts& sum, const BulkCounts& added) noexcept;
bool operator==(const BulkCounts& a, const BulkCounts& b) noexcept;

/// A record that was refused, by this library or by the API.
struct BulkReject {
  std::uint64_t line = 0;             ///< Of the input, or the record's place in it; from 1.
  std::string id;                     ///< The record's id; empty if it could not be read.
  std::vector<std::string> messages;  ///< The reasons, at least one. May quote the API, and so hold personal data.
  std::string record;  ///< Its text as read, or as it would have been sent; invalid UTF-8 is replaced by U+FFFD.
};

/// The progress of an upload, including what earlier runs of the same journal had settled.
struct BulkProgress {
  std::uint64_t read = 0;                           ///< Records.
  std::uint64_t bytes = 0;                          ///< Of the input.
  BulkCounts counts{};                              ///< Of settled records.
  int in_flight = 0;                                ///< Requests.
  double records_per_second = 0;                    ///< Settled by this run.
  std::optional<std::chrono::seconds> time_left{};  ///< Known after a while, if `BulkOptions::input_bytes` is set.
};

/// The options of an upload.
struct BulkOptions {
  std::size_t batch_size = detail::most_records;          ///< Records per request, 1 to 5000; 5000 by default.
  std::size_t batch_bytes = detail::usual_request_bytes;  ///< Bytes per request; 4 MiB by default. A 413 lowers it.
  int in_flight = 8;                                      ///< Concurrent requests, at most; throttling lowers it.
  std::uint64_t max_rejects = 1000;                       ///< The upload stops beyond this.
  /// How long to keep trying while nothing succeeds. Before the first success the upload ends after four failures in a
  /// row, or at once if requests are refused. Throttling (429) is waited out, however long it lasts.
  std::chrono::milliseconds patience = std::chrono::minutes(15);
  /// File from which a killed upload is resumed, by the same operation on the same input, for the same API and client
  /// id; none if empty. A finished journal is replaced.
  std::string journal{};
  /// File to which rejected records are appended as NDJSON; none if empty. Existing lines stay, also those of other
  /// uploads, and are not written twice. Refused: a file with other content, and resuming a journal without the rejects
  /// file it was begun with.
  std::string rejects{};
  std::uint64_t input_bytes = 0;  ///< The input's size; 0 if unknown.
  CancelToken cancel{};           ///< Cancels the upload; its journal can be resumed.

  // Called by the uploading thread. An exception ends the upload as a kill would: the journal can be resumed.
  std::function<void(const BulkReject&)> on_reject{};
  std::function<void(std::uint64_t line, std::uint64_t later)> on_superseded{};  ///< `later` has the same id.
  std::function<void(const BulkProgress&)> on_progress{};                        ///< About four times a second.
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/options.ipp"
#endif
