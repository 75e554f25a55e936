// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <movio/exhibitor.hpp>

namespace cli {

namespace ex = movio::exhibitor;

/// Shows on standard error how far an upload is: a bar that is drawn anew on a terminal, as wide as
/// that allows, else a line now and then.
class ProgressDisplay {
 public:
  /// `input_bytes`: 0 when they are not known. `among_lines`: others write to standard error meanwhile, so no bar.
  ProgressDisplay(std::uint64_t input_bytes, bool among_lines);
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;
  ~ProgressDisplay();  ///< Takes the bar away.

  void show(const ex::BulkProgress& progress);

 private:
  const std::uint64_t input_bytes_;
  const bool terminal_;
  std::chrono::steady_clock::time_point next_line_;
};

}  // namespace cli
