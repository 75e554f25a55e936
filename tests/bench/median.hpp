#pragma once

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

}  // namespace bench
