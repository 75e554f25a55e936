// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <locale>
#include <map>
#include <movio/exhibitor.hpp>
#include <mutex>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

namespace observe {

namespace ex = movio::exhibitor;

/// Counts what the hook sees, and tells it in Prometheus' text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/). The number of series is bounded: routes are
/// templates, outcomes the library's kinds of error. Thread-safety: every call from any thread.
class PrometheusMetrics {
 public:
  /// Of the answer that `text()` is the body of.
  static constexpr const char* content_type = "text/plain; version=0.0.4; charset=utf-8";

  void observe(const ex::Event& event) {
    const std::lock_guard<std::mutex> lock(mutex_);
    switch (event.kind) {
      case ex::EventKind::token_minted:
        ++numbers_.tokens_minted;
        break;
      case ex::EventKind::retry_planned:
        ++numbers_.retries[operation(event) + ',' + label("reason", reason_of(event))];
        break;
      case ex::EventKind::call_finished:
        ++numbers_.calls[operation(event) + ',' + label("outcome", outcome_of(event))];
        numbers_.durations[operation(event)].add(event.duration);
        break;
      default:
        break;
    }
  }

  [[nodiscard]] std::string text() const {
    const Numbers numbers = snapshot();
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out << std::setprecision(15);
    print_head(out, "exhibitor_calls_total", "counter", "Calls that are over; the outcome is ok or a kind of error.");
    for (const auto& [labels, count] : numbers.calls) print(out, "exhibitor_calls_total", labels, count);
    print_head(out, "exhibitor_retries_total", "counter", "Repetitions, by the status or kind of error before them.");
    for (const auto& [labels, count] : numbers.retries) print(out, "exhibitor_retries_total", labels, count);
    print_head(out, "exhibitor_tokens_minted_total", "counter", "Tokens that the issuer gave.");
    out << "exhibitor_tokens_minted_total " << numbers.tokens_minted << '\n';
    print_head(out, "exhibitor_call_duration_seconds", "histogram", "Whole calls: all attempts and waits.");
    for (const auto& [labels, histogram] : numbers.durations) print(out, labels, histogram);
    return out.str();
  }

 private:
  using Counters = std::map<std::string, std::uint64_t>;  ///< By labels, as they are printed.

  struct Histogram {
    /// From an answer near by to the default timeout of a call, in seconds.
    static constexpr std::array<double, 12> bounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120};

    void add(std::chrono::microseconds duration) {
      for (std::size_t i = 0; i < bounds.size(); ++i) {
        if (seconds(duration) <= bounds[i]) ++at_most[i];
      }
      ++count;
      sum += duration;
    }

    std::array<std::uint64_t, bounds.size()> at_most{};
    std::uint64_t count = 0;
    std::chrono::microseconds sum{0};
  };

  struct Numbers {
    Counters calls;
    Counters retries;
    std::uint64_t tokens_minted = 0;
    std::map<std::string, Histogram> durations;
  };

  [[nodiscard]] Numbers snapshot() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return numbers_;
  }

  static double seconds(std::chrono::microseconds duration) { return std::chrono::duration<double>(duration).count(); }

  static std::string outcome_of(const ex::Event& event) {
    return std::string(event.error == nullptr ? "ok" : ex::to_string(event.error->kind));
  }
  static std::string reason_of(const ex::Event& event) {
    return event.http_status != 0 ? std::to_string(event.http_status) : outcome_of(event);
  }

  static std::string operation(const ex::Event& event) {
    return label("method", event.method) + ',' + label("route", event.route);
  }

  static std::string label(std::string_view name, std::string_view value) {
    std::string text = std::string(name) + "=\"";
    for (const char c : value) {
      if (c == '\\' || c == '"' || c == '\n') text += '\\';
      text += c == '\n' ? 'n' : c;
    }
    return text + '"';
  }

  static void print_head(std::ostream& out, const char* name, const char* type, const char* help) {
    out << "# HELP " << name << ' ' << help << "\n# TYPE " << name << ' ' << type << '\n';
  }

  static void print(std::ostream& out, const char* name, const std::string& labels, std::uint64_t count) {
    out << name << '{' << labels << "} " << count << '\n';
  }

  static void print(std::ostream& out, const std::string& labels, const Histogram& histogram) {
    const auto print_bucket = [&](const auto& bound, std::uint64_t count) {
      out << "exhibitor_call_duration_seconds_bucket{" << labels << ",le=\"" << bound << "\"} " << count << '\n';
    };
    for (std::size_t i = 0; i < Histogram::bounds.size(); ++i) print_bucket(Histogram::bounds[i], histogram.at_most[i]);
    print_bucket("+Inf", histogram.count);
    out << "exhibitor_call_duration_seconds_sum{" << labels << "} " << seconds(histogram.sum) << '\n';
    print(out, "exhibitor_call_duration_seconds_count", labels, histogram.count);
  }

  mutable std::mutex mutex_;  ///< Guards `numbers_`.
  Numbers numbers_;
};

}  // namespace observe
