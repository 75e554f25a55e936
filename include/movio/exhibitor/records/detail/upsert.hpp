// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../call/detail/caller.hpp"
#include "../../call/options.hpp"
#include "limits.hpp"
#include "receipt.hpp"
#include "requests.hpp"
#include "writer.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// A request that a call's options have been put into.
inline HttpRequest with_options(HttpRequest request, const CallOptions& options) {
  request.timeout = options.timeout;
  request.cancel = options.cancel;
  request.max_attempts = options.max_attempts;
  request.headers = options.headers;
  request.context = options.context;
  return request;
}

/// The body of one request, and how many records are in it.
struct UpsertPart {
  std::string body;
  std::size_t count = 0;
};

/// Records as the bodies of as many requests as they need; `next` gives nullptr at the end. Errors: `invalid_argument`.
template <class Record>
Result<std::vector<UpsertPart>> parts_of(const std::function<const Record*()>& next) {
  std::vector<UpsertPart> parts;
  std::size_t index = 0;
  std::string text;
  RecordWriter writer(text);
  while (const Record* const record = next()) {
    text.clear();
    if (auto problem = writer.write(*record)) {
      problem->prefix("records[" + std::to_string(index) + ']');
      return invalid_argument(problem->text());
    }
    const bool full = parts.empty() || parts.back().count == most_records ||
                      parts.back().body.size() + text.size() > usual_request_bytes;
    if (full) parts.push_back({"[", 0});
    if (parts.back().count++ > 0) parts.back().body += ',';
    parts.back().body += text;
    ++index;
  }
  if (parts.empty()) return invalid_argument("there are no records: the API takes 1 to 5000 at a time");
  for (auto& part : parts) part.body += ']';
  return parts;
}

inline RecordState state_after(const Error& error) {
  if (error.may_have_acted) return RecordState::unknown;
  if (error.nothing_sent || error.attempts == 0) return RecordState::not_sent;
  return error.http_status >= 400 && error.http_status < 500 ? RecordState::rejected : RecordState::unknown;
}

/// An upsert that failed with `part` records after `accepted` of them.
inline UpsertResult failed_upsert(Error error, std::size_t accepted, std::size_t part, std::size_t total) {
  const std::size_t end = accepted + part;
  std::vector<RecordRange> records;
  if (accepted > 0) {
    error.message += "; the first " + std::to_string(accepted) + " of " + std::to_string(total) + " were accepted";
    records.push_back({0, accepted, RecordState::accepted});
  }
  records.push_back({accepted, end, state_after(error)});
  if (end < total) records.push_back({end, total, RecordState::not_sent});
  return {std::move(error), std::move(records)};
}

/// One upsert, whose requests go out one after the other.
class Upsert {
 public:
  Upsert(const Caller& caller, std::string_view path, const CallOptions& options)
      : caller_(caller), path_(path), options_(options) {
    if (options.timeout && caller.ready()) {
      deadline_ = deadline_after(now(), std::max(*options.timeout, std::chrono::milliseconds(0)));
    }
  }

  UpsertResult send(std::vector<UpsertPart> parts) {
    std::size_t total = 0;
    for (const auto& part : parts) total += part.count;
    UpsertReceipt receipt;
    for (auto& part : parts) {
      auto of_part = send_part(Body(std::move(part.body)), part.count);
      if (!of_part) return failed_upsert(std::move(of_part.error()), receipt.total, part.count, total);
      receipt.total += of_part->total;
      receipt.created += of_part->created;
      receipt.updated += of_part->updated;
    }
    return receipt;
  }

 private:
  [[nodiscard]] Clock::Steady now() const { return caller_.provider()->clock().now(); }

  Result<UpsertReceipt> send_part(Body records, std::size_t count) {
    HttpRequest request = with_options(upsert_request(path_, std::move(records)), options_);
    if (deadline_) request.timeout = std::chrono::ceil<std::chrono::milliseconds>(std::max(*deadline_, now()) - now());
    auto answer = caller_.send(std::move(request));
    if (!answer) return std::move(answer.error());
    return receipt_in("PUT " + std::string(path_), *answer, count);
  }

  const Caller& caller_;
  const std::string_view path_;
  const CallOptions& options_;
  std::optional<Clock::Steady> deadline_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
