// SPDX-License-Identifier: MIT

// What a call costs, beside libcurl by hand and the other HTTP libraries that Debian ships. run.sh builds and runs it;
// under valgrind it counts instructions instead of time. It is a report: no number makes it fail.

#include <benchmark/benchmark.h>
#include <valgrind/callgrind.h>

#include <functional>
#include <memory>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "calls_library.hpp"
#include "calls_peers.hpp"
#include "calls_raw.hpp"
#include "calls_server.hpp"
#include "calls_table.hpp"

namespace {

constexpr int in_flight = 64;
constexpr int threads = 8;
constexpr int calls_of_a_thread = 50;

const std::string& two_megabytes() {
  static const std::string body(2'000'000, ' ');
  return body;
}

/// A way to make calls, with the connections that it keeps from one measurement to the next.
template <class Way>
class Measured {
 public:
  explicit Measured(bench::Target target) : target_(std::move(target)), way_(target_) {}

  [[gnu::noinline]] void get() { way_.get(); }
  void put() { way_.put(two_megabytes()); }
  void fly() { way_.fly(in_flight, 10 * in_flight); }

  /// One client serves all threads where it can.
  void get_in_threads() {
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i) {
      running.emplace_back([&way = of_thread(i)] {
        for (int call = 0; call < calls_of_a_thread; ++call) way.get();
      });
    }
    for (auto& thread : running) thread.join();
  }

 private:
  Way& of_thread(int number) {
    if (std::is_same_v<Way, bench::Library>) return way_;
    while (static_cast<int>(own_.size()) <= number) own_.push_back(std::make_unique<Way>(target_));
    return *own_[static_cast<std::size_t>(number)];
  }

  const bench::Target target_;
  Way way_;
  std::vector<std::unique_ptr<Way>> own_;
};

struct Scenario {
  const char* name;
  int calls;  ///< Of one run.
};

template <class Way, class Add>
void for_one(const bench::Server& server, const char* protocol, const Add& add) {
  const auto way = std::make_shared<Measured<Way>>(server.target(protocol));
  add({"GET, one after the other", 1}, protocol, Way::name, [way] { way->get(); });
  add({"GET, 64 in flight", 10 * in_flight}, protocol, Way::name, [way] { way->fly(); });
  add({"PUT of 2 MB", 1}, protocol, Way::name, [way] { way->put(); });
  add({"GET, 8 threads", threads * calls_of_a_thread}, protocol, Way::name, [way] { way->get_in_threads(); });
}

/// Calls `add(scenario, protocol, name of the way, one run)` for everything that is measured.
template <class Add>
void for_all(const bench::Server& server, const Add& add) {
  for (const char* protocol : {"http", "https", "h2"}) {
    for_one<bench::Raw>(server, protocol, add);
    for_one<bench::Library>(server, protocol, add);
    if (std::string(protocol) == "h2") continue;
    for_one<bench::Httplib>(server, protocol, add);
    for_one<bench::Poco>(server, protocol, add);
    for_one<bench::CppRest>(server, protocol, add);
  }
}

using Run = std::function<void()>;

/// Instructions of one call, all threads together.
void count_instructions(const bench::Server& server) {
  const std::string filter = benchmark::GetBenchmarkFilter();
  const std::regex wanted(filter.empty() || filter == "all" ? "" : filter);
  for_all(server, [&](const Scenario& scenario, const char* protocol, const char* way, const Run& run) {
    const std::string row = bench::row(scenario.name, protocol, way);
    if (!std::regex_search(row, wanted)) return;
    const int runs = scenario.calls == 1 ? 100 : 1;
    for (int i = 0; i < 3; ++i) run();
    CALLGRIND_ZERO_STATS;
    for (int i = 0; i < runs; ++i) run();
    const std::string title = row + '|' + std::to_string(runs * scenario.calls);
    CALLGRIND_DUMP_STATS_AT(title.c_str());
  });
}

void add_to_benchmarks(const bench::Server& server) {
  for_all(server, [](const Scenario& scenario, const char* protocol, const char* way, const Run& run) {
    const std::string row = bench::row(scenario.name, protocol, way);
    auto* benchmark = benchmark::RegisterBenchmark(row.c_str(), [scenario, run](benchmark::State& state) {
      for (auto _ : state) run();
      state.counters[bench::Table::calls] = scenario.calls;
    });
    benchmark->MeasureProcessCPUTime()->UseRealTime();
  });
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const bench::Server server;
  if (RUNNING_ON_VALGRIND != 0) {
    count_instructions(server);
    return 0;
  }
  add_to_benchmarks(server);
  bench::Table table;
  benchmark::RunSpecifiedBenchmarks(&table);
  benchmark::ClearRegisteredBenchmarks();  // they hold what must go before the server and the libraries' own globals
}
