#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bulk_report.hpp"
#include "cancel.hpp"

namespace movio::exhibitor {
inline namespace v0 {

namespace detail {

/// The API's own limit.
inline constexpr std::size_t most_records = 5000;
/// The bytes of a request that are not exceeded by another record. What the API takes at most is not documented.
inline constexpr std::size_t usual_request_bytes = std::size_t{4} << 20U;

}  // namespace detail

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

}  // namespace v0
}  // namespace movio::exhibitor
