// SPDX-License-Identifier: MIT
#pragma once

// What the tests that go on for a while share: counting and noting from many threads, and what a process holds.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <movio/exhibitor/detail/text/encoding.hpp>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <thread>

#include "support.hpp"

namespace endurance {

/// Counts and marks that set no order among threads, which would hide a race from ThreadSanitizer.
template <class T>
class Relaxed {
 public:
  T operator++() { return value_.fetch_add(1, std::memory_order_relaxed) + 1; }
  T operator--() { return value_.fetch_sub(1, std::memory_order_relaxed) - 1; }
  void operator+=(T more) { value_.fetch_add(more, std::memory_order_relaxed); }
  void operator|=(T more) { value_.fetch_or(more, std::memory_order_relaxed); }
  void operator=(T value) { value_.store(value, std::memory_order_relaxed); }
  operator T() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<T> value_{};
};
using Count = Relaxed<std::uint64_t>;
using Mark = Relaxed<bool>;

/// Keeps what was seen to be wrong, by whichever thread: Catch's assertions are for the test's own.
class Findings {
 public:
  void note(const std::string& broken) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (broken_.size() < 20) broken_.insert(broken);
  }
  void expect(bool fine, const char* rule) {
    if (!fine) note(rule);
  }
  [[nodiscard]] std::set<std::string> broken() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return broken_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> broken_;
};

constexpr const char* planted = "PLANTED";  // in every client secret, and in every token that is no JWT

/// In any of the forms that a secret or a token travels in.
inline bool holds_a_secret(const std::string& text) {
  // as in "sandbox-client:PLANTED..."
  static const std::string in_basic = movio::exhibitor::detail::base64_encode("PLANTE");
  constexpr const char* jwt_begins = "eyJ";
  return support::contains(text, planted) || support::contains(text, in_basic) || support::contains(text, jwt_begins);
}

/// How long such a test goes on: a few seconds unless an environment variable says more.
inline std::chrono::seconds time_for(const char* variable) {
  const char* const given = std::getenv(variable);
  return std::chrono::seconds(given != nullptr ? std::stoi(given) : 3);
}

inline std::size_t entries_of(const char* directory) {
  std::error_code absent;
  const std::filesystem::directory_iterator entries(directory, absent);
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

/// How many threads and descriptors this process has; 0 where nothing tells.
struct Footprint {
  std::size_t threads = entries_of("/proc/self/task");
  std::size_t descriptors = entries_of("/proc/self/fd");

  [[nodiscard]] bool within(const Footprint& other) const {
    return threads <= other.threads && descriptors <= other.descriptors;
  }
};

/// A thread whose last owner was one of its own callbacks takes a moment to end.
inline Footprint footprint_within(const Footprint& wanted) {
  Footprint found;
  for (int i = 0; i < 1000 && !found.within(wanted); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    found = Footprint();
  }
  return found;
}

}  // namespace endurance
