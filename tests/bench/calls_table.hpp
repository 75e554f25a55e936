// SPDX-License-Identifier: MIT
#pragma once

#include <benchmark/benchmark.h>

#include <iomanip>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "calls_library.hpp"
#include "calls_raw.hpp"
#include "report.hpp"

namespace bench {

/// What a measurement is called.
inline std::string row(const std::string& scenario, const std::string& protocol, const std::string& way) {
  return scenario + '|' + protocol + '|' + way;
}

/// Prints for every scenario and protocol what a call costs, and how this library stands to the others.
class Table : public Report {
 public:
  static constexpr const char* calls = "calls";  ///< The counter that holds how many one iteration makes.

  void Finalize() override {
    auto& out = GetOutputStream();
    out << std::fixed << "Medians of one call; in brackets this library's divided by it\n";
    for (const auto& [group, ways] : groups_) {
      out << group.substr(0, group.size() - 1) << '\n';
      const auto library = ways.find(Library::name);
      for (const auto& [way, samples] : ways) {
        const double cpu = median(samples.cpu_us), real = median(samples.real_us);
        out << "  " << std::left << std::setw(14) << way << std::right << std::setprecision(1) << std::setw(10) << cpu
            << " us CPU" << std::setw(10) << real << " us";
        if (library != ways.end()) {
          out << std::setprecision(3) << "  (" << median(library->second.cpu_us) / cpu << " CPU, "
              << median(library->second.real_us) / real << " time)";
        }
        out << '\n';
      }
    }
  }

 private:
  void add(const Run& run) override {
    const double made = static_cast<double>(run.iterations) * run.counters.at(calls);
    const std::string name = run.run_name.function_name;
    const auto way_begins = name.rfind('|') + 1;
    Samples& samples = groups_[name.substr(0, way_begins)][name.substr(way_begins)];
    samples.cpu_us.push_back(run.cpu_accumulated_time / made * 1e6);
    samples.real_us.push_back(run.real_accumulated_time / made * 1e6);
  }

  struct Samples {
    std::vector<double> cpu_us;
    std::vector<double> real_us;
  };
  std::map<std::string, std::map<std::string, Samples>> groups_;  ///< By scenario and protocol, then by way.
};

}  // namespace bench
