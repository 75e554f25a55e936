// SPDX-License-Identifier: MIT
#include "outcome.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>

#include "output.hpp"

namespace cli {
namespace {

/// Every record that was read is in one of the counts that follow `total`, created and updated ones being accepted.
std::string summary(const ex::BulkReport& report) {
  const nlohmann::ordered_json line{{"total", report.read},
                                    {"accepted_count", report.counts.accepted},
                                    {"superseded_count", report.counts.superseded},
                                    {"rejected_count", report.counts.rejected},
                                    {"absent_count", report.counts.absent},
                                    {"not_sent_count", report.not_sent},
                                    {"created_count", report.counts.created},
                                    {"updated_count", report.counts.updated},
                                    {"retried", report.counts.retried},
                                    {"batches", report.counts.batches},
                                    {"seconds", static_cast<double>(report.duration.count()) / 1000},
                                    {"resumed", report.resumed}};
  return line.dump() + '\n';
}

}  // namespace

void Outcome::Lines::add(const std::string& line) {
  constexpr int most = 10;
  if (++count_ <= most) text_ += (text_.empty() ? "" : ", ") + line;
  if (count_ == most + 1) text_ += ", ...";
}

void Outcome::rejected(const ex::BulkReject& reject) {
  constexpr std::size_t most = 5;
  constexpr std::size_t longest = 400;
  rejected_.add(std::to_string(reject.line));
  if (reasons_.size() == most) return;
  std::string reason;
  for (const auto& message : reject.messages) reason += (reason.empty() ? "" : "; ") + message;
  reasons_.push_back("line " + std::to_string(reject.line) + " was rejected: " + shortened(reason, longest));
}

void Outcome::superseded(std::uint64_t line, std::uint64_t later) {
  superseded_.add(std::to_string(line) + " by " + std::to_string(later));
}

void Outcome::tell_fates(const ex::BulkReport& report, const std::string& odd) const {
  if (report.read == 0 && !report.error) note("the input holds no records");
  if (report.counts.superseded > 0) {
    note("not sent, as a later record has the same id: " + std::to_string(report.counts.superseded) +
         superseded_.text());
  }
  if (report.counts.absent > 0) {
    const bool all = report.counts.absent == report.read;
    const std::string hint = !odd.empty() || !all
                                 ? odd
                                 : "if that is a surprise, compare one with a record's id, upper and lower case count";
    note("ids that the API does not have: " + std::to_string(report.counts.absent) + " of " +
         std::to_string(report.read) + (hint.empty() ? "" : "; " + hint));
  }
  if (report.not_sent > 0) {
    note("records that were not sent or not answered: " + std::to_string(report.not_sent) + " of " +
         std::to_string(report.read) + " that were read; send them again");
  }
  for (const auto& reason : reasons_) note(reason);
}

int Outcome::conclude(const ex::BulkReport& report, const std::string& rejects_file, const std::string& odd) const {
  tell_fates(report, odd);
  if (const auto written = write_output(summary(report)); !written) return cli::report(written.error());
  if (report.error) return cli::report(*report.error);
  if (report.counts.rejected == 0) return 0;
  const std::string where = rejects_file.empty() ? "--rejects FILE keeps them, and why" : "see " + rejects_file;
  return cli::report(failure(
      ex::ErrorKind::rejected,
      "records that were rejected: " + std::to_string(report.counts.rejected) + rejected_.text() + "; " + where));
}

}  // namespace cli
