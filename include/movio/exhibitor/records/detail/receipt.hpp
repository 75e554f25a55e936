// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "../../core/http.hpp"
#include "../../detail/json/value.hpp"
#include "../receipt.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

namespace detail {

/// The error for a 2xx answer that does not confirm the operation.
inline Error doubtful_success(const std::string& operation, const HttpResponse& answer, const std::string& doubt) {
  Error error = make_error(ErrorKind::protocol, operation + ": the answer is HTTP " + std::to_string(answer.status) +
                                                    ' ' + doubt +
                                                    ", so what became of the records is unknown; check api_url and "
                                                    "any proxy on the way, then send them again, which does no harm");
  error.http_status = answer.status;
  error.attempts = answer.attempts;
  error.may_have_acted = true;
  return error;
}

/// The receipt, if all its members add up to `sent` records; null counts as absent.
inline std::optional<UpsertReceipt> matching_receipt(const JsonValue& body, std::uint64_t sent, bool needs_total) {
  bool fits = body.kind() == JsonValue::Kind::object;
  const auto count = [&](const char* name) -> std::optional<std::uint64_t> {
    const auto found = body.find(name);
    if (!found || found->is_null()) return std::nullopt;
    const auto number = found->unsigned_integer();
    fits = fits && number && *number <= sent;
    return number.value_or(0);
  };
  const auto total = count("total");
  const auto created = count("created_count");
  const auto updated = count("updated_count");
  fits = fits && (total ? *total == sent : !needs_total);
  fits = fits && (!created || !updated || *created + *updated == sent);
  if (!fits) return std::nullopt;
  return UpsertReceipt{sent, created.value_or(0), updated.value_or(0)};
}

/// The receipt of an upsert of `sent` records. Errors: `protocol`, unless it says that all of them were taken. A 202,
/// the documented answer, may lack members; a 200, which anything on the way may answer with, must have a total.
inline Result<UpsertReceipt> receipt_in(const std::string& operation, const HttpResponse& answer, std::size_t sent) {
  if (answer.status != 200 && answer.status != 202) return doubtful_success(operation, answer, "in place of 202");
  const auto body = parse_json(answer.body, "the receipt");
  const auto receipt = body ? matching_receipt(*body, sent, answer.status == 200) : std::nullopt;
  if (receipt) return *receipt;
  return doubtful_success(operation, answer, "without a receipt that adds up to the " + std::to_string(sent) + " sent");
}

/// Whether an answer says that a record was removed, or its subscriptions replaced: 204, or 200 or 202 with JSON or
/// nothing. Errors: `protocol`.
inline Result<void> confirm_done(const std::string& operation, const HttpResponse& answer) {
  if (answer.status == 204) return {};
  if (answer.status != 200 && answer.status != 202) return doubtful_success(operation, answer, "in place of 204");
  const bool is_blank = answer.body.find_first_not_of(" \t\r\n") == std::string::npos;
  if (!is_blank && !is_json(answer.body)) {
    return doubtful_success(operation, answer, "with a body that is not JSON");
  }
  return {};
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
