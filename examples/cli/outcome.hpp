// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <movio/exhibitor.hpp>
#include <string>
#include <vector>

namespace cli {

namespace ex = movio::exhibitor;

/// Gathers what an upload or a deletion of many tells of single records, and tells people how it ended. Of each kind
/// the first records are named.
class Outcome {
 public:
  void rejected(const ex::BulkReject& reject);
  void superseded(std::uint64_t line, std::uint64_t later);

  /// Prints the summary to standard output, the rest to standard error; gives the exit code. `rejects_file`: empty when
  /// there is none. `odd`: what is odd about the ids of a deletion, if anything.
  [[nodiscard]] int conclude(const ex::BulkReport& report, const std::string& rejects_file,
                             const std::string& odd) const;

 private:
  /// Numbers of lines, for people: the first ones.
  class Lines {
   public:
    void add(const std::string& line);
    [[nodiscard]] std::string text() const { return text_.empty() ? "" : " (line " + text_ + ')'; }

   private:
    int count_ = 0;
    std::string text_;
  };

  void tell_fates(const ex::BulkReport& report, const std::string& odd) const;

  Lines rejected_;
  Lines superseded_;
  std::vector<std::string> reasons_;  ///< Of the first rejects, a line for each.
};

}  // namespace cli
