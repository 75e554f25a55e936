// SPDX-License-Identifier: MIT
#pragma once

// What the two sides of the soak have in common: the calls by their numbers, how the server treats each, and the ledger
// in which both sides write what they have seen of a call.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <movio/exhibitor/client.hpp>
#include <optional>
#include <string>
#include <vector>

#include "endurance.hpp"

namespace soak {

namespace ex = movio::exhibitor;
using endurance::Count;
using endurance::Findings;
using endurance::Mark;
using endurance::Relaxed;
using Steady = std::chrono::steady_clock::time_point;

inline Steady now() { return std::chrono::steady_clock::now(); }

/// A lot from 0 to `bound` - 1. It depends on nothing but what it is for: in every run call 17 is the same.
inline unsigned lot(std::uint64_t number, std::uint64_t purpose, unsigned bound) {
  constexpr std::uint64_t seed = 2024;
  constexpr std::uint64_t odd = 0x9d5f3c8b27e46a13U;
  std::uint64_t bits = seed;
  for (const std::uint64_t part : {number, purpose, odd}) {
    bits = (bits ^ part) * odd;
    bits ^= bits >> 31U;
  }
  return static_cast<unsigned>(bits >> 16U) % bound;
}

/// A call that is made.
class Plan {
 public:
  explicit Plan(std::uint64_t number) : number_(number) {
    method_ = std::array<const char*, 8>{"GET", "GET", "PUT", "PUT", "PUT", "POST", "PATCH", "DELETE"}.at(drawn(0, 8));
    if (has_body()) body_size_ = one_in(8, 1) ? drawn(2, 64U << 10U) : drawn(2, 512);
    idempotent_ = one_in(4, 3);
    if (one_in(16, 4)) timeout_ = std::chrono::milliseconds(1 + drawn(5, 100));
    if (one_in(10, 6)) cancelled_after_ = std::chrono::microseconds(drawn(7, 50'000));
    cancelled_before_ = one_in(200, 8);
    completion_throws_ = one_in(64, 9);
    cancels_another_ = one_in(32, 10);
  }

  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] const std::string& method() const { return method_; }
  [[nodiscard]] bool idempotent() const { return idempotent_; }
  [[nodiscard]] const std::optional<std::chrono::milliseconds>& timeout() const { return timeout_; }
  [[nodiscard]] const std::optional<std::chrono::microseconds>& cancelled_after() const { return cancelled_after_; }
  [[nodiscard]] bool cancelled_before() const { return cancelled_before_; }
  [[nodiscard]] bool completion_throws() const { return completion_throws_; }
  [[nodiscard]] bool cancels_another() const { return cancels_another_; }

  [[nodiscard]] bool has_body() const { return method_ == "PUT" || method_ == "POST" || method_ == "PATCH"; }
  /// Whether the server may act on it only once.
  [[nodiscard]] bool only_once() const { return (method_ == "POST" || method_ == "PATCH") && !idempotent_; }

  static constexpr const char* id_begins = "soak-";
  [[nodiscard]] std::string path() const { return "/members/" + (id_begins + std::to_string(number_)); }
  /// What is sent and what is answered: no other call has the same.
  [[nodiscard]] std::string body() const {
    std::string text = std::to_string(number_) + ':';
    text.resize(body_size_, static_cast<char>('a' + number_ % 26));
    return text;
  }
  [[nodiscard]] std::string answer() const {
    const std::string fill(one_in(16, 11) ? drawn(12, 60'000) : 0, static_cast<char>('A' + number_ % 26));
    return R"({"number":)" + std::to_string(number_) + R"(,"method":")" + method_ + R"(","fill":")" + fill + "\"}";
  }

 private:
  [[nodiscard]] unsigned drawn(unsigned purpose, unsigned bound) const { return lot(number_, purpose, bound); }
  [[nodiscard]] bool one_in(unsigned count, unsigned purpose) const { return drawn(purpose, count) == 0; }

  std::uint64_t number_;
  std::string method_;
  std::size_t body_size_ = 0;
  bool idempotent_ = false;
  std::optional<std::chrono::milliseconds> timeout_;
  std::optional<std::chrono::microseconds> cancelled_after_;
  bool cancelled_before_ = false;
  bool completion_throws_ = false;
  bool cancels_another_ = false;
};

/// How the server treats a request.
enum class Mood {
  fine,
  chunked,
  last,           ///< Says that it closes the connection after the answer, and does.
  slow,           ///< Answers after a while.
  silent,         ///< Never answers.
  failing,        ///< 500
  unavailable,    ///< 503
  throttling,     ///< 429
  missing,        ///< 404
  picky,          ///< 422
  deaf,           ///< Closes the connection when it has the head of the request ...
  hanging_up,     ///< ... when it has all of it ...
  mumbling,       ///< ... in the head of the answer ...
  cut_off,        ///< ... in its body.
  garrulous,      ///< Answers with more than is allowed.
  encoded,        ///< Answers with a body that is called gzip.
  in_an_airport,  ///< Answers with a page to sign in at.
  babbling,       ///< Answers with what is not HTTP.
  refusing,       ///< 401, once a call: another token helps. Not drawn by lot.
};

struct Manner {
  Mood mood;
  unsigned weight;                      ///< Of a thousand.
  std::optional<ex::ErrorKind> reason;  ///< What error a call may have for it; none when it is no reason for one.
  int status = 200;
};

/// In the order of the enumeration.
inline constexpr std::array<Manner, 19> manners{{{Mood::fine, 648, {}},
                                                 {Mood::chunked, 60, {}},
                                                 {Mood::last, 10, {}},
                                                 {Mood::slow, 60, {}},
                                                 {Mood::silent, 2, {}},
                                                 {Mood::failing, 20, ex::ErrorKind::server_error, 500},
                                                 {Mood::unavailable, 30, ex::ErrorKind::server_error, 503},
                                                 {Mood::throttling, 30, ex::ErrorKind::rate_limited, 429},
                                                 {Mood::missing, 20, ex::ErrorKind::not_found, 404},
                                                 {Mood::picky, 20, ex::ErrorKind::rejected, 422},
                                                 {Mood::deaf, 10, ex::ErrorKind::connection},
                                                 {Mood::hanging_up, 20, ex::ErrorKind::connection},
                                                 {Mood::mumbling, 10, ex::ErrorKind::connection},
                                                 {Mood::cut_off, 20, ex::ErrorKind::connection},
                                                 {Mood::garrulous, 10, ex::ErrorKind::too_large},
                                                 {Mood::encoded, 10, ex::ErrorKind::protocol},
                                                 {Mood::in_an_airport, 10, ex::ErrorKind::protocol},
                                                 {Mood::babbling, 10, ex::ErrorKind::protocol},
                                                 {Mood::refusing, 0, {}, 401}}};

constexpr const Manner& manner_of(Mood mood) { return manners[static_cast<std::size_t>(mood)]; }

constexpr unsigned total_weight() {
  unsigned sum = 0;
  for (const auto& manner : manners) sum += manner.weight;
  return sum;
}
static_assert(total_weight() == 1000);

/// The mood in which the server meets a call for the so many-th time.
inline Mood mood_for(std::uint64_t number, std::uint64_t times) {
  unsigned drawn = lot(number, 1000 + times, total_weight());
  for (const auto& manner : manners) {
    if (drawn < manner.weight) return manner.mood;
    drawn -= manner.weight;
  }
  return Mood::fine;
}

/// What both sides have seen of one call.
struct Slip {
  Count number;

  // by the server
  Count heads;     ///< Requests that have begun ...
  Count received;  ///< ... and that came whole.
  Count refused;   ///< Answered 401, which is no act.
  Count hung_up;   ///< Connections closed before the answer was whole: libcurl may have sent it again by itself.
  Relaxed<unsigned> moods;  ///< One bit for each that the call has met with.

  // by the client
  Mark only_once;
  Count sent;  ///< Attempts of which something may have been sent.
  Mark over;   ///< The call has been told its outcome.

  void met_with(Mood mood) { moods |= 1U << static_cast<unsigned>(mood); }
  [[nodiscard]] bool has_met_with(Mood mood) const { return (moods & 1U << static_cast<unsigned>(mood)) != 0; }
};

/// The slips of the latest calls. As many as there is place for, so that the ledger of a long soak does not grow; a
/// slip is checked and counted when its place is taken by another, late enough for all that may still come.
class Ledger {
 public:
  explicit Ledger(Findings& findings) : findings_(findings) {}

  Slip& open(const Plan& plan) {
    Slip& slip = place_of(plan.number());
    settle(slip);
    for (Count* count : {&slip.heads, &slip.received, &slip.refused, &slip.hung_up, &slip.sent}) *count = 0;
    slip.moods = 0;
    slip.over = false;
    slip.only_once = plan.only_once();
    slip.number = plan.number();
    return slip;
  }

  /// For the server; nothing when it comes too late.
  Slip* find(std::uint64_t number) {
    Slip& slip = place_of(number);
    return slip.number == number ? &slip : nullptr;
  }

  void settle_all() {
    for (Slip& slip : *slips_) settle(slip);
  }

  Count calls;
  Count sent;      ///< As the client tells it ...
  Count received;  ///< ... and as the server does.
  Count hung_up;

 private:
  using Slips = std::array<Slip, std::size_t{1} << 15U>;

  Slip& place_of(std::uint64_t number) { return (*slips_)[number % slips_->size()]; }

  void settle(Slip& slip) {
    if (slip.number == 0) return;
    slip.number = 0;
    findings_.expect(slip.over, "a call was not told its outcome");
    findings_.expect(slip.received <= slip.sent + slip.hung_up, "the server received more than was sent");
    findings_.expect(!slip.only_once || slip.received <= 1 + slip.refused, "what may be done once was done twice");
    ++calls;
    sent += slip.sent;
    received += slip.received;
    hung_up += slip.hung_up;
  }

  Findings& findings_;
  const std::unique_ptr<Slips> slips_ = std::make_unique<Slips>();
};

}  // namespace soak
