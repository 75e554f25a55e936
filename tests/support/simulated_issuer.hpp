// SPDX-License-Identifier: MIT
#pragma once

// The issuer of a simulated machine, which keeps books of its own, and a process that asks it.
#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <movio/exhibitor/detail/text/encoding.hpp>
#include <movio/exhibitor/testing.hpp>
#include <movio/exhibitor/token/provider.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fixtures.hpp"
#include "simulation.hpp"

namespace simulation {

/// A time in which the issuer gives no tokens, and how it fails to.
struct Outage {
  enum class Kind { refuses_connections, answers_503, hangs, throttles };
  enum class Form { seconds, date, quota };
  Kind kind;
  Duration length;
  std::chrono::seconds retry_after{};  ///< What it asks for when it throttles, and in which form.
  Form form = Form::seconds;
};

/// What a failure asks of the machine, reckoned apart from the library: not to ask the issuer before `from`, and to ask
/// it when a call comes at `to` or later.
struct Peace {
  Duration from{};
  Duration to{};
  std::string disturbed_with;  ///< The `Authorization` that failed; another one need not wait.
  int failures = 0;

  void begin(Duration now, Duration asked_for, std::string authorization) {
    const Duration step = std::min<Duration>(300s, 1s * (1 << std::min(failures++, 9)));
    asked_for = std::clamp<Duration>(asked_for, 0s, 1h);
    from = now + std::max(step / 2, asked_for);
    to = now + std::max(step, asked_for);
    disturbed_with = std::move(authorization);
  }
};

/// A token as the issuer knows it.
struct Minted {
  ex::Moment begun;      ///< When it was asked for, by the machine's clocks.
  bool dropped = false;  ///< The machine was told to forget it.

  static constexpr Duration life = 24h;

  [[nodiscard]] bool accepted(const ex::Moment& now) const { return now.uptime < begun.uptime + life; }
  [[nodiscard]] Duration age(const ex::Moment& now) const {
    return std::max<Duration>(now.uptime - begun.uptime, now.wall - begun.wall);
  }
  [[nodiscard]] bool usable(const ex::Moment& now) const { return !dropped && age(now) < life - 1min; }
};

inline ex::ClientCredentials credentials(int generation) {
  return {"client-1", ex::Secret("secret-" + std::to_string(generation))};
}

/// The issuer as one machine sees it, and the network between them. Credentials go by their generation.
class Issuer : public ex::Transport {
 public:
  static constexpr Duration latency = 250ms;
  static constexpr Duration usable_life = 24h - 1min;
  static constexpr Duration first_renewal = usable_life * 9 / 10;        ///< A renewal begins then at the earliest, ...
  static constexpr Duration last_renewal = usable_life * 19 / 20 + 1ms;  ///< ... and by then if the token is used.

  Issuer(std::shared_ptr<Clock> clock, std::shared_ptr<Faults> faults)
      : clock_(std::move(clock)), faults_(std::move(faults)) {}

  void fail(const Outage& outage) {
    outage_ = outage;
    down_until_ = clock_->uptime() + outage.length;
  }
  void accept(int generation) { accepted_ = authorization_with(generation); }
  /// The machine's source gives these from now on.
  void expect(int generation) { expected_ = authorization_with(generation); }

  /// Runs when the next request comes, before it is looked at.
  void upon_next_request(Clock::Task task) { upon_next_request_ = std::move(task); }

  void start(ex::TransportRequest request, Completion completion) override {
    if (upon_next_request_) std::exchange(upon_next_request_, nullptr)();
    const Exchange exchange{clock_->moment(), std::string(request.authorization->reveal()),
                            down() ? outage_ : std::nullopt};
    faults_->add_if(exchange.begun.uptime < peace_.from && exchange.authorization == peace_.disturbed_with,
                    "the issuer is not left in peace");
    faults_->add_if(exchange.authorization != expected_, "credentials are sent that the source no longer gives");
    requests_.push_back(exchange.begun.uptime);
    if (exchange.outage) dead_requests_.push_back(exchange.begun.uptime);
    const bool hangs = exchange.outage && exchange.outage->kind == Outage::Kind::hangs;
    run_after(hangs ? *request.timeout : latency,
              [this, exchange, completion = std::move(completion)] { completion(answer(exchange)); });
  }
  bool after(std::chrono::milliseconds delay, Task task) override {
    run_after(delay, std::move(task));
    return true;
  }

  [[nodiscard]] bool down() const { return clock_->uptime() < down_until_; }
  [[nodiscard]] Duration down_until() const { return down_until_; }
  [[nodiscard]] bool busy() const { return under_way_ != 0; }
  [[nodiscard]] Duration last_answer() const { return last_answer_; }
  [[nodiscard]] std::size_t failures() const { return failures_; }
  [[nodiscard]] std::size_t refusals() const { return refusals_; }  ///< Failures too.
  [[nodiscard]] bool accepts_expected() const { return accepted_ == expected_; }
  [[nodiscard]] const Times& requests() const { return requests_; }
  [[nodiscard]] const Times& dead_requests() const { return dead_requests_; }
  [[nodiscard]] const std::vector<Minted>& minted() const { return minted_; }
  /// How many were minted because the one before was dropped or a wrong wall clock had aged it.
  [[nodiscard]] std::size_t forced() const { return forced_; }
  [[nodiscard]] Peace& peace() { return peace_; }

  /// The machine forgets its token.
  void drop_last() { minted_.back().dropped = true; }
  /// Whether this is the last token minted.
  [[nodiscard]] bool is_last(const ex::AccessToken& token) const { return token.reveal() == name_of(minted_.size()); }

 private:
  struct Exchange {
    ex::Moment begun;
    std::string authorization;
    std::optional<Outage> outage;  ///< The one that it met.
  };

  static std::string authorization_with(int generation) {
    const auto [id, secret] = credentials(generation);
    return "Authorization: Basic " + ex::detail::base64_encode(id + ':' + std::string(secret.reveal()));
  }
  static std::string name_of(std::size_t number) { return "simulated-" + std::to_string(number); }

  void run_after(Duration delay, Task task) {
    ++under_way_;
    clock_->after(delay, [this, task = std::move(task)] {
      --under_way_;
      task();
    });
  }

  ex::Result<ex::HttpResponse> answer(const Exchange& exchange) {
    last_answer_ = clock_->uptime();
    if (exchange.outage) return failure(exchange, *exchange.outage);
    if (exchange.authorization != accepted_) {
      ++refusals_;
      note_failure(exchange, 0s);
      return ex::json_response(401, R"({"error":"invalid_client"})");
    }
    return mint(exchange.begun);
  }

  ex::Result<ex::HttpResponse> failure(const Exchange& exchange, const Outage& outage) {
    using ex::detail::make_error;
    if (outage.kind == Outage::Kind::throttles) return throttled(exchange, outage);
    note_failure(exchange, 0s);
    if (outage.kind == Outage::Kind::answers_503) return ex::json_response(503);
    if (outage.kind == Outage::Kind::hangs) return make_error(ex::ErrorKind::timeout, "no answer in time");
    return make_error(ex::ErrorKind::connection, "connection refused");
  }

  ex::HttpResponse throttled(const Exchange& exchange, const Outage& outage) {
    const auto whole = [](auto time) { return std::chrono::floor<std::chrono::seconds>(time); };
    const auto until = whole(clock_->true_wall() + outage.retry_after);
    const std::string seconds = std::to_string(outage.retry_after.count());
    Duration asked_for = outage.retry_after;
    ex::Headers headers;
    if (outage.form == Outage::Form::seconds) headers.add("Retry-After", seconds);
    if (outage.form == Outage::Form::quota) headers.add("Auth0-Client-Quota-Limit", "b=per_day;q=9;r=0;t=" + seconds);
    if (outage.form == Outage::Form::date) {
      headers.add("Retry-After", http_date(until));
      asked_for = until - whole(exchange.begun.wall);  // as the machine reads it
    }
    note_failure(exchange, asked_for);
    return ex::json_response(429, "{}", headers);
  }

  void note_failure(const Exchange& exchange, Duration retry_after) {
    ++failures_;
    peace_.begin(clock_->uptime(), retry_after, exchange.authorization);
  }

  static std::string http_date(std::chrono::system_clock::time_point time) {
    const auto seconds = std::chrono::system_clock::to_time_t(time);
    tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    const auto size = ::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text.data(), size};
  }

  ex::HttpResponse mint(const ex::Moment& begun) {
    if (!minted_.empty()) {
      const Minted& before = minted_.back();
      faults_->add_if(!before.dropped && before.age(begun) < first_renewal, "a token is minted without need");
      if (begun.uptime - before.begun.uptime < first_renewal) ++forced_;
    }
    minted_.push_back({begun});
    peace_ = {};
    return fixtures::token_answer({{"access_token", name_of(minted_.size())}, {"expires_in", Minted::life / 1s}});
  }

  const std::shared_ptr<Clock> clock_;
  const std::shared_ptr<Faults> faults_;
  std::optional<Outage> outage_;
  Duration down_until_{};
  std::string accepted_;
  std::string expected_;
  Clock::Task upon_next_request_;
  Times requests_;
  Times dead_requests_;
  std::vector<Minted> minted_;
  std::size_t forced_ = 0;
  std::size_t failures_ = 0;
  std::size_t refusals_ = 0;
  std::size_t under_way_ = 0;
  Duration last_answer_{};
  Peace peace_;
};

/// A process with a provider, and the secret that is mounted into it.
struct Process {
  explicit Process(std::shared_ptr<Clock> on) : clock(std::move(on)) {
    issuer->accept(*secret);
    mount(*secret);
  }

  /// Puts a secret where the source reads it.
  void mount(int generation) {
    *secret = generation;
    issuer->expect(generation);
  }

  [[nodiscard]] ex::CredentialSource source() const {
    return [secret = secret, asked = source_asked]() -> ex::Result<ex::ClientCredentials> {
      ++*asked;
      return credentials(*secret);
    };
  }
  [[nodiscard]] ex::TokenOptions options() const {
    ex::TokenOptions chosen;
    chosen.clock = clock;
    chosen.on_event = [seen = rotations_seen](const ex::Event& event) {
      if (event.kind == ex::EventKind::credentials_rotated) ++*seen;
    };
    return chosen;
  }

  std::shared_ptr<Clock> clock;
  std::shared_ptr<Faults> faults = std::make_shared<Faults>(clock);
  std::shared_ptr<Issuer> issuer = std::make_shared<Issuer>(clock, faults);
  std::shared_ptr<int> secret = std::make_shared<int>(1);
  std::shared_ptr<std::size_t> source_asked = std::make_shared<std::size_t>(0);
  std::shared_ptr<std::size_t> rotations_seen = std::make_shared<std::size_t>(0);
  ex::TokenProvider provider{{fixtures::issuer_url, fixtures::api_url}, source(), options(), issuer};
};

}  // namespace simulation
