// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/http.hpp"
#include "../../core/quota.hpp"
#include "../../detail/text/encoding.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Parses a number of one to fifteen digits; empty if it is not one.
inline std::optional<std::int64_t> quota_number(std::string_view text) noexcept {
  if (text.empty() || text.size() > 15 || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::int64_t number = 0;
  for (const char c : text) number = number * 10 + (c - '0');
  return number;
}

/// Removes and returns the text up to the first `separator`.
inline std::string_view take_until(std::string_view& text, char separator) noexcept {
  const std::string_view front = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), front.size() + 1));
  return trim(front);
}

/// Parses "b=per_hour;q=10;r=7;t=3540"; empty if a part is missing or not a number.
inline std::optional<QuotaBucket> parse_quota_bucket(std::string_view text) {
  std::string_view name;
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> remaining;
  std::optional<std::int64_t> reset;
  while (!text.empty()) {
    std::string_view value = take_until(text, ';');
    const std::string_view key = take_until(value, '=');
    if (key == "b") name = value;
    if (key == "q") limit = quota_number(value);
    if (key == "r") remaining = quota_number(value);
    if (key == "t") reset = quota_number(value);
  }
  if (name.empty() || !limit || !remaining || !reset) return std::nullopt;
  return QuotaBucket{clean_text(name, 32), *limit, *remaining, std::chrono::seconds(*reset)};
}

/// `X-RateLimit-Limit`, `-Remaining` and `-Reset`; the last is a Unix time with Auth0, and elsewhere seconds from now.
inline std::optional<QuotaBucket> parse_rate_limit(const Headers& headers, std::chrono::system_clock::time_point now) {
  const auto number = [&headers](std::string_view name) -> std::optional<std::int64_t> {
    const std::string* value = headers.find(name);
    return value != nullptr ? quota_number(trim(*value)) : std::nullopt;
  };
  const auto limit = number("X-RateLimit-Limit");
  const auto remaining = number("X-RateLimit-Remaining");
  if (!limit || !remaining) return std::nullopt;
  constexpr std::int64_t no_mere_duration = 1'000'000'000;  // as seconds: 31 years; as a Unix time: September 2001
  std::int64_t reset = number("X-RateLimit-Reset").value_or(0);
  if (reset >= no_mere_duration) {
    const auto unix_now = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    reset = std::max<std::int64_t>(0, reset - unix_now);
  }
  return QuotaBucket{"requests", *limit, *remaining, std::chrono::seconds(reset)};
}

/// All quotas in an issuer's answer; invalid ones are left out.
inline std::vector<QuotaBucket> read_quota(const Headers& headers, std::chrono::system_clock::time_point now) {
  constexpr std::size_t most_buckets = 8;
  std::vector<QuotaBucket> buckets;
  if (const std::string* value = headers.find("Auth0-Client-Quota-Limit")) {
    std::string_view text = *value;
    while (!text.empty() && buckets.size() < most_buckets) {
      if (auto bucket = parse_quota_bucket(take_until(text, ','))) buckets.push_back(*std::move(bucket));
    }
  }
  if (auto bucket = parse_rate_limit(headers, now)) buckets.push_back(*std::move(bucket));
  return buckets;
}

/// How long until every exhausted bucket is reset; empty if none is exhausted.
inline std::optional<std::chrono::seconds> time_to_refill(const std::vector<QuotaBucket>& buckets) {
  std::optional<std::chrono::seconds> longest;
  for (const auto& bucket : buckets) {
    if (bucket.remaining == 0) longest = std::max(longest.value_or(bucket.resets_in), bucket.resets_in);
  }
  return longest;
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
