// SPDX-License-Identifier: MIT
#pragma once

// The client's side of the soak: what is seen of a call, and whether that can be right.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <movio/exhibitor.hpp>
#include <numeric>
#include <string>

#include "integration.hpp"
#include "soak.hpp"
#include "soak_server.hpp"
#include "support.hpp"

namespace soak {

using support::contains;
using support::printed;
using Answer = ex::Result<ex::HttpResponse>;

constexpr std::chrono::milliseconds usual_timeout{2000};
constexpr std::chrono::milliseconds longest_overrun{20'000};

/// One call, as the client's side of it has seen it. Its request carries it as `context`.
struct Call {
  Call(const Plan& made, Slip& written_on, Count& counts_them) : plan(made), slip(written_on), alive(counts_them) {
    ++alive;
    if (plan.cancelled_before()) cancel.cancel();
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { --alive; }

  [[nodiscard]] ex::HttpRequest request(const std::shared_ptr<Call>& self) const {
    auto made = integration::api_call(plan.method(), plan.path());
    if (plan.has_body()) made.body = ex::Body(plan.body());
    made.idempotent = plan.idempotent();
    made.timeout = plan.timeout();
    made.max_response_bytes = Answers::max_answer;
    if (may_be_cancelled()) made.cancel = cancel.token();
    made.context = self;
    return made;
  }
  [[nodiscard]] bool may_be_cancelled() const { return plan.cancelled_before() || plan.cancelled_after(); }
  [[nodiscard]] Steady deadline() const { return begun + plan.timeout().value_or(usual_timeout); }

  const Plan plan;
  Slip& slip;
  Count& alive;
  const ex::CancelSource cancel;
  const Steady begun = now();

  // by the events
  Count started;
  Count finished;
  Count answered;    ///< With any status.
  Count unsent;      ///< Of which nothing was sent.
  Count rejected;    ///< Answered 401.
  Count concluded;   ///< The call itself.
  Mark turned_away;  ///< The first attempt without an answer had a connection that broke before anything was sent.

  Count told;  ///< How often its outcome was told.
};

/// Judges what the client tells.
class Watch : public Findings {
 public:
  void look_at(const ex::Event& event) {
    ++events_.at(static_cast<std::size_t>(event.kind));
    no_secret_or_id_in(printed(event));
    if (event.context != nullptr) look_at(event, *static_cast<Call*>(event.context));
  }

  /// `client_ends`: all of its calls may have been cancelled.
  void judge(Call& call, const Answer& answer, bool client_ends) {
    if (++call.told != 1) return note("an outcome was told twice");
    expect(now() < call.deadline() + longest_overrun, "a call took too long");
    if (answer) {
      judge_success(call, *answer);
    } else {
      judge_failure(call, answer.error(), client_ends);
    }
    judge_counts(call);
    attempts += call.started;
    answered += call.answered;
    call.slip.sent = call.started - call.unsent;
    call.slip.over = true;
  }

  [[nodiscard]] std::uint64_t told(ex::EventKind kind) const { return events_.at(static_cast<std::size_t>(kind)); }
  [[nodiscard]] std::uint64_t told(ex::ErrorKind kind) const { return failures_.at(static_cast<std::size_t>(kind)); }

  [[nodiscard]] std::uint64_t failures() const {
    return std::accumulate(failures_.begin(), failures_.end(), std::uint64_t{0});
  }

  Count successes;
  Count replayed;     ///< Of these, after a 401.
  Count turned_away;  ///< Calls that failed after a connection had broken before anything was sent.
  Count repeated;     ///< Of these, after other trouble.
  Count attempts;     ///< Of the calls that are over, as their events have told ...
  Count answered;     ///< ... and those of them that were answered.

 private:
  void no_secret_in(const std::string& text) {
    if (endurance::holds_a_secret(text)) note("a secret was told: " + text);
  }
  void no_secret_or_id_in(const std::string& text) {
    no_secret_in(text);
    if (contains(text, Plan::id_begins)) note("an id was told: " + text);
  }

  void look_at(const ex::Event& event, Call& call) {
    if (event.kind == ex::EventKind::callback_failed) return;
    expect(call.told == 0, "an event was told after the outcome");
    expect(call.concluded == 0, "an event was told after the call's end");
    switch (event.kind) {
      case ex::EventKind::attempt_started:
        expect(++call.started == call.finished + 1, "an attempt began before the last one's end");
        break;
      case ex::EventKind::attempt_finished:
        expect(++call.finished == call.started, "an attempt ended twice");
        if (event.http_status != 0) ++call.answered;
        if (event.http_status == 401) ++call.rejected;
        if (event.error != nullptr && event.error->nothing_sent) {
          ++call.unsent;
          const bool first = call.finished == call.answered + 1;
          if (first && event.error->kind == ex::ErrorKind::connection) call.turned_away = true;
        }
        break;
      case ex::EventKind::call_finished:
        ++call.concluded;
        break;
      default:
        break;
    }
    expect(static_cast<std::uint64_t>(event.attempt) == call.started, "an event has the wrong attempt's number");
  }

  void judge_success(const Call& call, const ex::HttpResponse& response) {
    ++successes;
    if (call.rejected != 0) ++replayed;
    if (call.started > 1 + call.rejected) ++repeated;
    expect(response.status == 200, "a success with the wrong status");
    expect(response.body == call.plan.answer(), "the answer is another call's");
    bool met_well = false;
    for (const auto mood : {Mood::fine, Mood::chunked, Mood::last, Mood::slow}) {
      met_well = met_well || call.slip.has_met_with(mood);
    }
    expect(met_well, "a success that the server knows nothing of");
  }

  void judge_failure(const Call& call, const ex::Error& error, bool client_ends) {
    ++failures_.at(static_cast<std::size_t>(error.kind));
    no_secret_or_id_in(printed(error));
    no_secret_in(support::all_text(error));
    expect(static_cast<std::uint64_t>(error.attempts) == call.started, "an error has the wrong number of attempts");
    if (error.kind == ex::ErrorKind::connection && call.turned_away) {
      ++turned_away;
    } else if (!has_reason(call, error, client_ends)) {
      note("no reason for " + printed(error));
    }
  }

  static bool has_reason(const Call& call, const ex::Error& error, bool client_ends) {
    if (error.kind == ex::ErrorKind::timeout) return now() >= call.deadline();
    if (error.kind == ex::ErrorKind::cancelled) return client_ends || call.cancel.token().cancelled();
    for (const auto& manner : manners) {
      const bool gave_it = manner.reason == error.kind && call.slip.has_met_with(manner.mood);
      if (gave_it && error.http_status == (error.transport_code == 0 ? manner.status : 0)) return true;
    }
    return false;
  }

  void judge_counts(const Call& call) {
    const Slip& slip = call.slip;
    expect(call.started == call.finished, "an attempt's end was not told");
    expect(call.concluded == 1, "a call's end was not told once");
    expect(call.answered <= slip.received, "more answers than requests");
    expect(call.rejected <= slip.refused, "more 401s than the server has sent");
    expect(slip.received <= call.started - call.unsent + slip.hung_up, "more requests than attempts");
  }

  std::array<Count, ex::detail::error_kinds.size()> failures_;
  std::array<Count, static_cast<std::size_t>(ex::EventKind::callback_failed) + 1> events_;
};

}  // namespace soak
