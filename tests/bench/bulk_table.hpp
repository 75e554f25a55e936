// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <iomanip>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "bulk_process.hpp"
#include "report.hpp"

namespace bench {

/// What the ways to upload cost, in columns, as medians.
class UploadTable {
 public:
  UploadTable(std::string title, std::size_t records) : title_(std::move(title)), records_(records) {}

  void add(const std::string& way, const Cost& cost) {
    if (samples_.count(way) == 0) ways_.push_back(way);
    Samples& samples = samples_[way];
    samples.seconds.push_back(cost.seconds);
    samples.cpu_seconds.push_back(cost.cpu_seconds);
    samples.peak_mib.push_back(cost.peak_mib);
  }

  /// The rates are in records a second; in brackets how many times the first way's.
  void print() const {
    if (ways_.empty()) return;
    const auto records = static_cast<double>(records_);
    const double first = median(samples_.at(ways_.front()).seconds);
    std::cout << title_ << ", " << records_ << " records\n" << std::fixed;
    for (const auto& way : ways_) {
      const Samples& samples = samples_.at(way);
      const double seconds = median(samples.seconds);
      std::cout << "  " << std::left << std::setw(28) << way << std::right << std::setprecision(0) << std::setw(9)
                << records / seconds << " /s (" << std::setprecision(2) << std::setw(5) << first / seconds << ")"
                << std::setw(8) << median(samples.cpu_seconds) / records * 1e6 << " s CPU per million"
                << std::setprecision(1) << std::setw(8) << median(samples.peak_mib) << " MiB\n";
    }
    std::cout << std::flush;
  }

 private:
  struct Samples {
    std::vector<double> seconds;
    std::vector<double> cpu_seconds;
    std::vector<double> peak_mib;
  };

  std::string title_;
  std::size_t records_;
  std::vector<std::string> ways_;  // in the order in which they came
  std::map<std::string, Samples> samples_;
};

}  // namespace bench
