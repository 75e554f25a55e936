// SPDX-License-Identifier: MIT

// A year of a process that uses its token once a minute, while the issuer, the clocks and the secret do their worst.
// Every use is checked against what the simulated issuer knows.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iostream>
#include <memory>
#include <movio/exhibitor/token/provider.hpp>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "simulated_issuer.hpp"
#include "simulation.hpp"

namespace ex = movio::exhibitor;
using simulation::Duration;
using simulation::Issuer;
using simulation::Minted;
using simulation::most_within;
using simulation::Outage;
using simulation::Process;
using namespace std::chrono_literals;

namespace {

constexpr Duration day = 24h;

class Year : public Process {
 public:
  /// Something that happens when the token has come to some age.
  struct Incident {
    Duration token_age;
    std::function<void(Year&)> happen;
  };

  Year() : Process(std::make_shared<simulation::Clock>()) {}

  /// The incidents come at even distances, each when the one before is over.
  void live(const std::vector<Incident>& plan) {
    const Duration gap = 365 * day / (plan.size() + 1);
    auto next = plan.begin();
    while (clock->uptime() < 365 * day) {
      const bool due = next != plan.end() && clock->uptime() >= gap * (next - plan.begin() + 1);
      if (due && token_is_of_age(next->token_age)) (next++)->happen(*this);
      use();
      clock->run_for(clock->uptime() < hurried_until_ ? hurried_pace_ : 1min);
    }
    clock->run_for(1min);  // what is under way comes to its end
    REQUIRE(next == plan.end());
  }

  void fail(const Outage& outage) {
    issuer->fail(outage);
    hurry(std::clamp<Duration>(outage.length / 1800, 1s, 1min), outage.length + 10min);
  }
  void suspend(Duration length) {
    clock->suspend(length);
    excuse();
  }
  void step_wall(Duration by) {
    clock->step_wall(by);
    if (by > 0s) ++reasons_to_mint_;
    excuse();
  }
  void invalidate() {
    provider.invalidate(*last_token_);
    issuer->drop_last();
    ++reasons_to_mint_;
    excuse();
  }
  void refuse_old_secret() {
    issuer->accept(++accepted_secret_);
    excuse();
  }
  void mount_new_secret() {
    mount(accepted_secret_);
    issuer->peace().to = std::min(issuer->peace().to, clock->uptime() + 1s);  // it is looked for once a second
    excuse();
  }

  void hurry(Duration pace, Duration length) {
    hurried_pace_ = pace;
    hurried_until_ = clock->uptime() + length;
  }
  void at_renewal(std::function<void(Year&)> task) {
    issuer->upon_next_request([this, task = std::move(task)] { task(*this); });
  }
  void after(Duration delay, std::function<void(Year&)> task) {
    clock->after(delay, [this, task = std::move(task)] { task(*this); });
  }

  void print() const {
    const auto dead_in_an_hour = most_within(1h, issuer->dead_requests());
    std::cout << "A year in a test\n"
              << "  tokens minted  " << issuer->minted().size() << ", forced " << issuer->forced() << '\n'
              << "  uses           " << uses_ << ", waited " << waited_ << ", failed " << failed_ << '\n'
              << "  longest wait   " << longest_wait_ / 1ms << " ms\n"
              << "  requests       " << issuer->requests().size() << ", to a dead issuer "
              << issuer->dead_requests().size() << ", in an hour at most " << dead_in_an_hour << '\n'
              << "  longest burst  " << most_within(1min, issuer->requests()) << " requests in a minute" << std::endl;
  }

  [[nodiscard]] Duration longest_wait() const { return longest_wait_; }
  /// What may cost a token each: one that was invalidated, and a wall clock that was set forward.
  [[nodiscard]] std::size_t reasons_to_mint() const { return reasons_to_mint_; }

 private:
  void use() {
    const ex::Moment now = clock->moment();
    const auto begun = clock->now();
    const auto failures = issuer->failures();
    const auto refusals = issuer->refusals();
    const Duration peace_until = issuer->peace().to;
    const bool had_token = !issuer->minted().empty() && issuer->minted().back().usable(now);

    const auto token = provider.token();
    const Duration waited = clock->now() - begun;
    count(token.has_value(), waited);
    if (waited == 0s && token) {
      check_cached(now);
    } else {
      faults->add_if(had_token, "a call waits or fails though there is a valid token");
      faults->add_if(now.uptime >= excused_until(), "a call waits or fails and nothing has happened for hours");
    }
    if (token) return check_given(*token);
    faults->add_if(failures == issuer->failures() && now.uptime >= peace_until,
                   "a call fails though the issuer may be asked again");
    faults->add_if(refusals != issuer->refusals() && issuer->accepts_expected(),
                   "a call fails though the source gives the new secret");
  }

  void count(bool success, Duration waited) {
    ++uses_;
    if (waited > 0s) ++waited_;
    if (!success) ++failed_;
    longest_wait_ = std::max(longest_wait_, waited);
  }

  /// A token that was there already.
  void check_cached(const ex::Moment& now) {
    const Minted& last = issuer->minted().back();
    faults->add_if(!last.usable(now), "a token is given that one of the clocks takes for expired");
    const bool may_renew = now.uptime >= issuer->peace().to && now.uptime >= issuer->last_answer() + 1s;
    faults->add_if(last.age(now) >= Issuer::last_renewal && may_renew && !issuer->busy(),
                   "a renewal is due and not begun");
  }

  void check_given(const ex::AccessToken& token) {
    faults->add_if(!issuer->minted().back().accepted(clock->moment()),
                   "a token is given that the issuer takes for dead");
    if (minted_when_seen_ == issuer->minted().size() && token.same_as(*last_token_)) return;
    faults->add_if(!issuer->is_last(token), "a token is given that is not the last one");
    minted_when_seen_ = issuer->minted().size();
    last_token_ = token;
  }

  /// For three hours after something happened; a token that expires later than that should have been renewed before.
  [[nodiscard]] Duration excused_until() const { return std::max(excused_, issuer->down_until()) + 3h; }
  void excuse() { excused_ = clock->uptime(); }

  [[nodiscard]] bool token_is_of_age(Duration age) const {
    const Duration is = clock->uptime() - issuer->minted().back().begun.uptime;
    return is >= age && is < age + 1h;
  }

  int accepted_secret_ = 1;
  std::optional<ex::AccessToken> last_token_;
  std::size_t minted_when_seen_ = 0;
  std::size_t reasons_to_mint_ = 0;
  Duration excused_{};
  Duration hurried_until_{};
  Duration hurried_pace_{};
  std::size_t uses_ = 0;
  std::size_t waited_ = 0;
  std::size_t failed_ = 0;
  Duration longest_wait_{};
};

using Plan = std::vector<Year::Incident>;

/// Every way to fail, for so long; once while the token is young, once from the moment in which its renewal begins.
void add_outages(Plan& plan) {
  for (const auto kind : {Outage::Kind::refuses_connections, Outage::Kind::answers_503, Outage::Kind::hangs}) {
    for (const Duration length : {Duration(5min), Duration(5h), 3 * day}) {
      const auto fail = [outage = Outage{kind, length}](Year& year) { year.fail(outage); };
      plan.push_back({2h, fail});
      plan.push_back({2h, [fail](Year& year) { year.at_renewal(fail); }});
    }
  }
}

/// The issuer asks to be left in peace, for longer than an hour too; with a token that is due for renewal, and without.
void add_throttling(Plan& plan) {
  for (const std::chrono::seconds retry_after : {30s, 1200s, 410400s}) {
    for (const auto form : {Outage::Form::seconds, Outage::Form::date, Outage::Form::quota}) {
      const Outage outage{Outage::Kind::throttles, std::min<Duration>(retry_after, 3h), retry_after, form};
      const auto fail = [outage](Year& year) { year.fail(outage); };
      plan.push_back({2h, [fail](Year& year) { year.at_renewal(fail); }});
      plan.push_back({2h, [fail](Year& year) {
                        year.invalidate();
                        fail(year);
                      }});
    }
  }
}

void add_suspends(Plan& plan) {
  for (const Duration length : {Duration(90s), Duration(5h), Duration(30h), 4 * day}) {
    const auto suspend = [length](Year& year) { year.suspend(length); };
    plan.push_back({2h, suspend});
    plan.push_back({20h, suspend});
  }
  const auto in_flight = [](Year& year) { year.after(Issuer::latency / 2, [](Year& it) { it.suspend(20min); }); };
  plan.push_back({2h, [in_flight](Year& year) { year.at_renewal(in_flight); }});
  plan.push_back({2h, [in_flight](Year& year) {
                    year.invalidate();
                    in_flight(year);
                  }});
  plan.push_back({2h, [](Year& year) {
                    year.invalidate();
                    year.fail({Outage::Kind::answers_503, 5h});
                    year.after(1h, [](Year& it) { it.suspend(2h); });
                  }});
}

void add_wall_steps(Plan& plan) {
  for (const Duration by : {Duration(5min), Duration(3h), 2 * day}) {
    for (const Duration token_age : {Duration(2h), Duration(20h)}) {
      plan.push_back({token_age, [by](Year& year) { year.step_wall(by); }});
      plan.push_back({token_age, [by](Year& year) { year.step_wall(-by); }});
    }
  }
  for (const Duration by : {2 * day, -2 * day}) {
    const auto in_flight = [by](Year& year) { year.after(Issuer::latency / 2, [by](Year& it) { it.step_wall(by); }); };
    plan.push_back({2h, [in_flight](Year& year) { year.at_renewal(in_flight); }});
  }
}

/// The wall clock is wrong when a Retry-After comes, which means something else if it is a date; or it becomes so.
void add_wall_steps_and_throttling(Plan& plan) {
  constexpr Outage asks_for_a_while{Outage::Kind::throttles, 20min, 20min, Outage::Form::date};
  constexpr Outage asks_for_long{Outage::Kind::throttles, 2h, 2h};
  for (const Duration by : {2 * day, -2 * day}) {
    plan.push_back({2h, [by, asks_for_a_while](Year& year) {
                      year.step_wall(by);
                      year.invalidate();
                      year.fail(asks_for_a_while);
                      year.after(2h, [by](Year& it) { it.step_wall(-by); });
                    }});
    plan.push_back({2h, [by, asks_for_long](Year& year) {
                      year.invalidate();
                      year.fail(asks_for_long);
                      year.after(10min, [by](Year& it) { it.step_wall(by); });
                      year.after(4h, [by](Year& it) { it.step_wall(-by); });
                    }});
  }
}

void rotate(Year& year) {
  year.refuse_old_secret();
  year.mount_new_secret();
}
void rotate_slowly(Year& year) {
  year.refuse_old_secret();
  year.hurry(100ms, 3min);
  year.after(90s, [](Year& it) { it.mount_new_secret(); });
}

/// At one moment, between two exchanges and in the midst of one; and with the issuer being first by 90 seconds.
void add_rotations(Plan& plan) {
  plan.push_back({2h, rotate});
  plan.push_back({2h, [](Year& year) {
                    year.invalidate();
                    year.after(Issuer::latency / 2, rotate);
                  }});
  plan.push_back({2h, [](Year& year) {
                    year.invalidate();
                    rotate_slowly(year);
                  }});
  plan.push_back({2h, [](Year& year) { year.at_renewal(rotate_slowly); }});
}

Plan plan_of_the_year() {
  Plan plan;
  add_outages(plan);
  add_throttling(plan);
  add_suspends(plan);
  add_wall_steps(plan);
  add_wall_steps_and_throttling(plan);
  add_rotations(plan);
  return plan;
}

}  // namespace

TEST_CASE("token year - no caller waits needlessly, and the issuer gets few requests", "[token_year]") {
  Year year;
  year.live(plan_of_the_year());
  year.print();
  const Issuer& issuer = *year.issuer;

  INFO(year.faults->text());
  CHECK(year.faults->text().empty());
  CHECK(issuer.forced() <= year.reasons_to_mint());
  CHECK(static_cast<double>(issuer.minted().size() - issuer.forced()) <= 1.15 * 365);
  CHECK(most_within(1h, issuer.dead_requests()) <= 60);
  CHECK(year.longest_wait() <= 30s);
  CHECK(*year.rotations_seen == 4);
  CHECK(*year.source_asked <= issuer.requests().size() + issuer.refusals() + 2 * 90);
  CHECK(year.provider.status().minted == issuer.minted().size());
  CHECK(year.provider.status().exchanges == issuer.requests().size());
}
