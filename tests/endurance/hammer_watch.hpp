// SPDX-License-Identifier: MIT
#pragma once

// What the threads of the hammer share: lots, and a judgement on what they are told.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <movio/exhibitor.hpp>
#include <movio/exhibitor/detail/text/sha256.hpp>
#include <mutex>
#include <random>
#include <string>

#include "endurance.hpp"
#include "support.hpp"

namespace hammer {

namespace ex = movio::exhibitor;
using endurance::Count;
using endurance::Findings;
using endurance::Mark;
using endurance::planted;
using endurance::Relaxed;
using support::printed;
using Steady = ex::Clock::Steady;
using Token = ex::Result<ex::AccessToken>;

inline Steady now() { return std::chrono::steady_clock::now(); }

/// Lots, drawn in the same order in every run.
class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}

  unsigned below(unsigned bound) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return static_cast<unsigned>(random_()) % bound;
  }
  bool one_in(unsigned count) { return below(count) == 0; }
  std::chrono::microseconds up_to(std::chrono::microseconds longest) {
    return std::chrono::microseconds(below(static_cast<unsigned>(longest.count()) + 1));
  }

 private:
  std::mutex mutex_;
  std::mt19937 random_;
};

/// What is allowed to come of a call.
struct Terms {
  Steady deadline = Steady::max();
  ex::CancelToken cancel{};
};

/// What comes of the calls, judged.
class Watch : public Findings {
 public:
  void look_at(const ex::Event& event) {
    ++events_.at(static_cast<std::size_t>(event.kind));
    no_secret_in(printed(event));
  }
  void no_secret_in(const std::string& text) {
    if (endurance::holds_a_secret(text)) note("a secret was told: " + text);
  }

  template <class T>
  void judge(const ex::Result<T>& outcome, const Terms& terms, bool provider_ends = false) {
    if (outcome) return look_at(*outcome);
    const ex::Error& error = outcome.error();
    ++told_[static_cast<std::size_t>(error.kind)];
    no_secret_in(support::all_text(error));
    if (!has_reason(error.kind, terms, provider_ends)) note("no reason for " + printed(error));
  }

  [[nodiscard]] std::uint64_t tokens() const { return tokens_; }
  [[nodiscard]] std::uint64_t told(ex::ErrorKind kind) const { return told_[static_cast<std::size_t>(kind)]; }

  [[nodiscard]] std::uint64_t told(ex::EventKind kind) const { return events_.at(static_cast<std::size_t>(kind)); }

  Count left_in_time;          ///< Completions that were told so by the timer of their deadline ...
  Count left_by_cancellation;  ///< ... or by who cancelled them.

 private:
  void look_at(const ex::AccessToken& token) {
    ++tokens_;
    expect(ex::detail::fingerprint(token.reveal()) == token.fingerprint(), "a token is not whole");
  }
  void look_at(const ex::Secret& authorization) {
    ++tokens_;
    expect(authorization.reveal().substr(0, 7) == "Bearer ", "a header's value is not whole");
  }

  /// The kinds that are documented, without those that nothing here gives a reason for.
  static bool has_reason(ex::ErrorKind kind, const Terms& terms, bool provider_ends) {
    switch (kind) {
      case ex::ErrorKind::credentials:
      case ex::ErrorKind::storage:  // one of the source's own
      case ex::ErrorKind::issuer_rejected:
      case ex::ErrorKind::issuer_unavailable:
      case ex::ErrorKind::protocol:
      case ex::ErrorKind::tls:
        return true;
      case ex::ErrorKind::cancelled:
        return provider_ends || terms.cancel.cancelled();
      case ex::ErrorKind::timeout:
        return now() >= terms.deadline;
      default:
        return false;
    }
  }

  Count tokens_;
  std::array<Count, ex::detail::error_kinds.size()> told_;
  std::array<Count, static_cast<std::size_t>(ex::EventKind::attempt_finished)> events_;  ///< All that a provider has.
};

}  // namespace hammer
