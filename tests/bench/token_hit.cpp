// SPDX-License-Identifier: MIT

// What a hit of TokenProvider::token() costs, beside the usual ways to share a token between threads. run.sh builds and
// runs it. It is a report: no number makes it fail.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iomanip>
#include <map>
#include <memory>
#include <movio/exhibitor/detail/os/system_clock.hpp>
#include <movio/exhibitor/testing.hpp>
#include <movio/exhibitor/token/provider.hpp>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "report.hpp"

namespace {

namespace ex = movio::exhibitor;

std::string token_text() { return std::string(900, 't'); }  // a JWT's size

struct Provider {
  static constexpr const char* name = "token_provider";

  Provider() {
    transport->answer_token(ex::json_response(
        200, R"({"token_type":"Bearer","expires_in":86400,"access_token":")" + token_text() + R"("})"));
    if (!take()) std::abort();
  }

  ex::Result<ex::AccessToken> take() { return provider.token(); }

  std::shared_ptr<ex::FakeTransport> transport = std::make_shared<ex::FakeTransport>();
  ex::TokenProvider provider{ex::endpoints(ex::Region::eu), ex::credentials("id", ex::Secret(std::string("secret"))),
                             ex::TokenOptions(), transport};
};

// --- What a program would write by itself ----------------------------------------------------------------------------

/// A token that expires as an `AccessToken` does, by the same two clocks.
class OwnToken {
 public:
  explicit OwnToken(const ex::Clock& clock) : authorization_("Bearer " + token_text()), issued_(clock.moment()) {}

  [[nodiscard]] std::string_view authorization() const noexcept { return authorization_; }
  [[nodiscard]] bool expired(const ex::Moment& now) const noexcept {
    return std::max<std::chrono::nanoseconds>(now.uptime - issued_.uptime, now.wall - issued_.wall) >= usable_life_;
  }

 private:
  std::string authorization_;
  ex::Moment issued_;
  std::chrono::milliseconds usable_life_ = std::chrono::hours(24);
};

/// All read the clock as the provider does: through the base class, and after the token has been taken.
struct OwnWay {
  const std::shared_ptr<ex::Clock> clock = std::make_shared<ex::SystemClock>();
};

struct Mutex : OwnWay {
  static constexpr const char* name = "mutex_and_string";

  std::optional<OwnToken> take() {
    auto token = copy();
    if (token->expired(clock->moment())) token.reset();
    return token;
  }
  std::optional<OwnToken> copy() {
    const std::lock_guard<std::mutex> lock(mutex);
    return current;
  }

  std::mutex mutex;
  OwnToken current{*clock};
};

struct Pointer : OwnWay {
  using Token = std::shared_ptr<const OwnToken>;

  [[nodiscard]] Token unless_expired(Token token) const {
    if (token->expired(clock->moment())) token.reset();
    return token;
  }

  Token current = std::make_shared<const OwnToken>(*clock);
};

struct SharedMutex : Pointer {
  static constexpr const char* name = "shared_mutex_and_pointer";

  Token take() { return unless_expired(copy()); }
  Token copy() {
    const std::shared_lock<std::shared_mutex> lock(mutex);
    return current;
  }

  std::shared_mutex mutex;
};

struct AtomicLoad : Pointer {
  static constexpr const char* name = "atomic_load_of_pointer";

  Token take() { return unless_expired(std::atomic_load(&current)); }
};

// --- The measurement -------------------------------------------------------------------------------------------------

/// A function of its own, so that a profiler can tell what it costs and how often it was called.
template <class Way>
[[gnu::noinline]] void hit_once(Way& way) {
  const auto token = way.take();
  if (!token) std::abort();
  benchmark::DoNotOptimize(token->authorization().back());
}

constexpr std::array<int, 3> thread_counts{1, 2, 4};

template <class Way>
void add_benchmark() {
  auto* benchmark = benchmark::RegisterBenchmark(Way::name, [](benchmark::State& state) {
    static Way way;  // the threads share it
    for (auto _ : state) hit_once(way);
  });
  for (const int threads : thread_counts) benchmark->Threads(threads);
}

/// Prints medians, and what part of the others the provider's is. Google Benchmark adds up the CPU time of the threads
/// and divides it by the calls of all of them, so it is that of one call. The real time it gives is that of one thread.
class Table : public bench::Report {
 public:
  void Finalize() override {
    auto& out = GetOutputStream();
    out << std::fixed << "CPU time of one hit in ns, median (the provider's divided by it)\n" << std::setw(26) << "";
    for (const int threads : thread_counts) out << std::setw(9) << threads << " thread(s)";
    for (const char* name : {Provider::name, Mutex::name, SharedMutex::name, AtomicLoad::name, processors}) {
      out << '\n' << std::left << std::setw(26) << name << std::right;
      for (const int threads : thread_counts) {
        out << std::setw(12) << std::setprecision(1) << median(name, threads) << std::setprecision(2);
        if (name != processors) out << " (" << ratio(name, threads) << ')';
      }
    }
    out << "\n1 thread, no worse than the mutex: ";
    judge(ratio(Mutex::name, 1), 1);
    for (const int threads : {2, 4}) {
      out << threads << " threads, at most half of the best mutex or shared_mutex variant: ";
      const double to_best = std::max(ratio(Mutex::name, threads), ratio(SharedMutex::name, threads));
      judge(median(processors, threads) > 1.8 ? to_best : bench::not_measured, 0.5);
    }
  }

 private:
  /// What the provider's threads had. With less than two, threads were hardly in each other's way.
  static constexpr const char* processors = "processors in use";

  void add(const Run& run) override {
    samples_[{run.run_name.function_name, run.threads}].push_back(run.GetAdjustedCPUTime());
    if (run.run_name.function_name == Provider::name)
      samples_[{processors, run.threads}].push_back(run.cpu_accumulated_time / run.real_accumulated_time);
  }

  [[nodiscard]] double median(const char* name, int threads) { return bench::median(samples_[{name, threads}]); }

  [[nodiscard]] double ratio(const char* other, int threads) {
    return median(Provider::name, threads) / median(other, threads);
  }

  void judge(double ratio, double target) {
    GetOutputStream() << ratio << (ratio <= target ? ", met\n" : ratio > target ? ", not met\n" : ", not measured\n");
  }

  std::map<std::pair<std::string, std::int64_t>, std::vector<double>> samples_;  ///< By name and threads.
};

}  // namespace

int main(int argc, char** argv) {
  std::thread([] {}).join();  // a process that never had a second thread counts references without atomics
  add_benchmark<Provider>();
  add_benchmark<Mutex>();
  add_benchmark<SharedMutex>();
  add_benchmark<AtomicLoad>();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  Table table;
  benchmark::RunSpecifiedBenchmarks(&table);
}
