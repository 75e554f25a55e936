// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "../../core/clock.hpp"
#include "../status.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The fetched tokens that have not expired. Pure logic, guarded by its owner. Uses the uptime: setting the wall clock
/// forward does not end what the API still accepts.
class Ledger {
 public:
  /// A token received at `now` with that age expires after `lifetime` at the latest: the issuer made it earlier.
  void add(LedgerEntry entry, std::chrono::seconds lifetime, const Moment& now, std::chrono::nanoseconds age = {}) {
    forget_dead(now);
    if (lines_.size() == most_lines) lines_.pop_front();
    entry.issued_at = now.wall - std::chrono::duration_cast<std::chrono::system_clock::duration>(age);
    entry.expires_at = entry.issued_at + lifetime;
    lines_.push_back({std::move(entry), now.uptime + lifetime - age});
  }

  /// Oldest first.
  [[nodiscard]] std::vector<LedgerEntry> live(const Moment& now) {
    forget_dead(now);
    std::vector<LedgerEntry> entries;
    entries.reserve(lines_.size());
    for (const Line& line : lines_) entries.push_back(line.entry);
    return entries;
  }

 private:
  struct Line {
    LedgerEntry entry;
    std::chrono::nanoseconds dies;
  };

  /// Bounds the memory of a program that discards every token; higher than any known quota.
  static constexpr std::size_t most_lines = 4096;

  void forget_dead(const Moment& now) {
    const auto dead = [&now](const Line& line) { return line.dies <= now.uptime; };
    lines_.erase(std::remove_if(lines_.begin(), lines_.end(), dead), lines_.end());
  }

  std::deque<Line> lines_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
