// SPDX-License-Identifier: MIT
#pragma once

#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <sstream>
#include <string>

/// Each measurement is a process of its own, so that none finds memory or connections of another.
namespace bench {

struct Cost {
  double seconds = 0;
  double cpu_seconds = 0;  ///< User and system, all threads.
  double peak_mib = 0;     ///< Memory at its peak, beyond what there was at the process's start.
};

/// This thread, and the threads and processes that it will start, run on these cores only.
inline void run_on(std::initializer_list<int> cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) CPU_SET(static_cast<unsigned>(core), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) {
    std::cerr << "This benchmark needs two cores.\n";
    std::exit(1);
  }
}

/// A field of /proc/self/status that is in kB.
inline double status_mib(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(field + ':', 0) == 0) return std::stod(line.substr(field.size() + 1)) / 1024;
  }
  std::abort();
}

inline double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// `prepare` gives what is measured; its memory counts, its time does not.
template <class Prepare>
Cost measure(const Prepare& prepare) {
  const double memory_before = status_mib("VmRSS");
  const auto upload = prepare();
  const double cpu_before = cpu_seconds();
  const auto begun = std::chrono::steady_clock::now();
  upload();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  return {took.count(), cpu_seconds() - cpu_before, status_mib("VmHWM") - memory_before};
}

inline void tell(const Cost& cost) {
  std::cout << cost.seconds << ' ' << cost.cpu_seconds << ' ' << cost.peak_mib << '\n';
}

/// Runs this program with other arguments, on the cores where this thread may run, and gives what it tells.
inline Cost measured_by(const std::string& arguments) {
  char self[4096] = {};
  if (::readlink("/proc/self/exe", self, sizeof self - 1) <= 0) std::abort();
  FILE* const child = ::popen((std::string("'") + self + "' " + arguments).c_str(), "r");
  char told[256] = {};
  Cost cost;
  const bool read = child != nullptr && ::fgets(told, sizeof told, child) != nullptr;
  if (!(std::istringstream(told) >> cost.seconds >> cost.cpu_seconds >> cost.peak_mib) || ::pclose(child) != 0 ||
      !read) {
    std::cerr << "A measurement failed.\n";
    std::exit(1);
  }
  return cost;
}

}  // namespace bench
