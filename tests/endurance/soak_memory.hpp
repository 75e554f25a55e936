// SPDX-License-Identifier: MIT
#pragma once

// What the process holds while a soak goes on, and whether that grows.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <thread>
#include <vector>

#include "endurance.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SOAK_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SOAK_SANITIZED 1
#endif
#endif

#ifdef SOAK_SANITIZED
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // its header does not come with every compiler
#endif

namespace soak {

struct Sample {
  double allocated = 0;  ///< Bytes that were asked for and not given back.
  double resident = 0;   ///< Bytes; 0 under a sanitizer, which keeps what was given back.
  double descriptors = 0;
  double threads = 0;

  static Sample taken() {
    const endurance::Footprint footprint;
    Sample sample;
    sample.descriptors = static_cast<double>(footprint.descriptors);
    sample.threads = static_cast<double>(footprint.threads);
#ifdef SOAK_SANITIZED
    sample.allocated = static_cast<double>(__sanitizer_get_current_allocated_bytes());
#else
    const auto memory = ::mallinfo2();
    sample.allocated = static_cast<double>(memory.uordblks + memory.hblkhd);
    std::size_t size = 0, resident_pages = 0;
    std::ifstream("/proc/self/statm") >> size >> resident_pages;
    sample.resident = static_cast<double>(resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
#endif
    return sample;
  }
};

/// Takes samples at regular intervals.
class Record {
 public:
  explicit Record(std::chrono::milliseconds whole) : interval_(whole / count) { samples_.reserve(2 * count); }

  /// For so long, and until something is so.
  template <class Condition>
  void go_on(std::chrono::milliseconds time, Condition enough) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until || !enough()) {
      std::this_thread::sleep_for(interval_);
      samples_.push_back(Sample::taken());
    }
  }

  /// The median of a fifth of the time, counted from 0, which short peaks do not move.
  [[nodiscard]] double median(double Sample::*what, std::size_t fifth) const {
    std::vector<double> values;
    const std::size_t end = samples_.size() * (fifth + 1) / 5;
    for (std::size_t i = samples_.size() * fifth / 5; i < end; ++i) values.push_back(samples_[i].*what);
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }
  /// From a fifth to the last one.
  [[nodiscard]] double growth(double Sample::*what, std::size_t from) const {
    return median(what, 4) - median(what, from);
  }
  [[nodiscard]] double most(double Sample::*what) const {
    double found = 0;
    for (const auto& sample : samples_) found = std::max(found, sample.*what);
    return found;
  }

 private:
  static constexpr std::size_t count = 200;

  const std::chrono::milliseconds interval_;
  std::vector<Sample> samples_;
};

}  // namespace soak
