// SPDX-License-Identifier: MIT
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace bench {

constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

inline double median(std::vector<double> samples) {
  if (samples.empty()) return not_measured;
  std::sort(samples.begin(), samples.end());
  return samples[samples.size() / 2];
}

/// Takes in every measurement, and prints what it makes of them at the end.
class Report : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& context) override {
    PrintBasicContext(&GetErrorStream(), context);
    return true;
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type == Run::RT_Iteration) add(run);
    }
  }

 private:
  virtual void add(const Run& run) = 0;
};

}  // namespace bench
