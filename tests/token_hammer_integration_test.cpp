// TokenProvider with everything happening at once, over real sockets: many threads, an issuer that misbehaves, secrets
// that are rotated, and providers that come and go. What it does one thing at a time is in token_provider_test.cpp.
// EXHIBITOR_HAMMER_SECONDS says for how long.
#include <httplib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "endurance.hpp"
#include "fixtures.hpp"
#include "integration.hpp"
#include "support.hpp"

using namespace std::chrono_literals;
using endurance::Count;
using endurance::Findings;
using endurance::Footprint;
using endurance::Mark;
using endurance::planted;
using endurance::Relaxed;
using integration::endpoints_of;
using integration::trusting;
using support::printed;

namespace {

namespace ex = movio::exhibitor;
using Steady = ex::Clock::Steady;
using Token = ex::Result<ex::AccessToken>;

Steady now() { return std::chrono::steady_clock::now(); }

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

/// The client secret at its two ends, which are changed one after the other: for a while the issuer refuses it.
class Secrets {
 public:
  explicit Secrets(sandbox::Sandbox& issuer) : issuer_(issuer) {}

  static std::string named(int generation) { return std::string(planted) + " secret+&=" + std::to_string(generation); }

  [[nodiscard]] ex::ClientCredentials current() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return {sandbox::Options().client_id, ex::Secret(named(generation_))};
  }

  /// By one thread at a time.
  void rotate(bool issuer_first, std::chrono::microseconds gap) {
    const int next = ++latest_;
    if (issuer_first) {
      issuer_.set_client_secret(named(next));
    } else {
      hand_out(next);
    }
    std::this_thread::sleep_for(gap);
    issuer_.set_client_secret(named(next));
    hand_out(next);
  }

 private:
  void hand_out(int generation) {
    const std::lock_guard<std::mutex> lock(mutex_);
    generation_ = generation;
  }

  sandbox::Sandbox& issuer_;
  int latest_ = 0;
  mutable std::mutex mutex_;
  int generation_ = 0;  ///< Guarded by the mutex.
};

/// What a provider owes to those who call it, and what it has asked of the issuer; outlives the provider.
struct Account {
  Account(Watch& tells, std::size_t number_of_it, std::chrono::milliseconds waits_for_answers)
      : watch(tells), number(number_of_it), patience(waits_for_answers) {}

  Watch& watch;
  const std::size_t number;
  const std::chrono::milliseconds patience;
  ex::TokenProvider* provider = nullptr;

  Count promised;  ///< Completions that it was given ...
  Count told;      ///< ... and that have returned.
  Mark in_source;
  Mark ends;   ///< The destructor runs or has run.
  Mark ended;  ///< The destructor has returned, and nobody is told anything any more.

  Count minted;      ///< By the events.
  Count unanswered;  ///< Requests that may not have come to the issuer.
  Count received;    ///< By the issuer.
  Relaxed<int> at_issuer;
  ex::TokenStatus last;             ///< Before its end.
  std::atomic<bool> closed{false};  ///< Nothing above changes any more but what the issuer receives.
};

/// The accounts of all providers; each tells its number to the issuer.
class Accounts {
 public:
  std::shared_ptr<Account> open(Watch& watch, std::chrono::milliseconds patience) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return accounts_.emplace_back(std::make_shared<Account>(watch, accounts_.size(), patience));
  }
  [[nodiscard]] std::shared_ptr<Account> of(const httplib::Request& asked) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return accounts_.at(std::stoul(asked.get_param_value("account")));
  }
  [[nodiscard]] bool closed() const {
    const auto accounts = all();
    return std::all_of(accounts.begin(), accounts.end(), [](const auto& account) { return account->closed.load(); });
  }
  [[nodiscard]] std::uint64_t received() const {
    std::uint64_t sum = 0;
    for (const auto& account : all()) sum += account->received;
    return sum;
  }
  [[nodiscard]] std::vector<std::shared_ptr<Account>> all() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return accounts_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Account>> accounts_;
};

constexpr std::chrono::milliseconds impatient = 20ms;
constexpr std::chrono::milliseconds patient = 30s;

/// An issuer that does its work half of the time.
class MoodyIssuer {
 public:
  using Request = httplib::Request;
  using Response = httplib::Response;

  explicit MoodyIssuer(const Accounts& accounts) : accounts_(accounts) {}

  bool answers(const Request& asked, Response& answer) {
    const auto account = accounts_.of(asked);
    ++account->received;
    const bool alone = ++account->at_issuer == 1;
    account->watch.expect(alone || account->patience == impatient, "two requests of one provider at the same time");
    if (dice_.one_in(4)) std::this_thread::sleep_for(dice_.up_to(30ms));
    --account->at_issuer;
    if (dice_.one_in(2)) return false;
    if (account->patience == impatient && dice_.one_in(8)) return begins_to_answer(answer);
    moods_[dice_.below(static_cast<unsigned>(moods_.size()))](asked, answer);
    return true;
  }
  [[nodiscard]] std::uint64_t tokens() const { return tokens_; }

 private:
  using Mood = std::function<void(const Request&, Response&)>;

  static Mood status(int code, const char* retry_after = nullptr) {
    return [code, retry_after](const Request&, Response& answer) {
      answer.status = code;
      if (retry_after != nullptr) answer.set_header("Retry-After", retry_after);
    };
  }
  static Mood page(const char* content, const char* type) {
    return [content, type](const Request&, Response& answer) { answer.set_content(content, type); };
  }
  static Mood refusal(int code, const char* error) {
    return [code, error](const Request& asked, Response& answer) {
      const std::string sent = asked.get_header_value("Authorization") + ' ' + asked.body;
      answer.status = code;
      answer.set_content(nlohmann::json{{"error", error}, {"error_description", sent}}.dump(), "application/json");
    };
  }
  static void wrong_audience(const Request&, Response& answer) {
    const auto token = fixtures::jwt(nlohmann::json{{"aud", "https://elsewhere.example"}});
    answer.set_content(fixtures::token_answer({{"access_token", token}}).body, "application/json");
  }
  /// The rest of the answer never comes.
  static bool begins_to_answer(Response& answer) {
    answer.set_content_provider(100, "application/json", [](std::size_t, std::size_t, auto&) { return false; });
    return true;
  }
  Mood token_for(std::chrono::seconds lifetime) {
    return [this, lifetime](const Request&, Response& answer) {
      const auto token = std::string(planted) + "-token-" + std::to_string(++tokens_);
      const nlohmann::json members{{"access_token", token}, {"expires_in", lifetime.count()}};
      answer.set_content(fixtures::token_answer(members).body, "application/json");
    };
  }

  const Accounts& accounts_;
  Dice dice_{1};
  Count tokens_;
  const std::vector<Mood> moods_{token_for(1s),
                                 token_for(1s),
                                 token_for(1h),
                                 status(500),
                                 status(503),
                                 status(429, "0"),
                                 status(429, "1"),
                                 status(429, "PLANTED soon"),
                                 page(R"({"access_token":"PLANTED-cut-off)", "application/json"),
                                 page(R"({"access_token":"PLANTED\u0000","token_type":"Bearer"})", "application/json"),
                                 page("<html>PLANTED: sign in to the airport's network</html>", "text/html"),
                                 page("", "application/json"),
                                 refusal(401, "invalid_client"),
                                 refusal(403, "access_denied"),
                                 wrong_audience};
};

/// The machine's clock on a machine that is often suspended, so that tokens grow old and failures are forgotten.
class JumpingClock : public ex::SystemClock {
 public:
  [[nodiscard]] ex::Moment moment() const noexcept override {
    auto moment = SystemClock::moment();
    moment.uptime += std::chrono::seconds(suspended_);
    moment.wall += std::chrono::seconds(suspended_);
    return moment;
  }
  void suspend(std::chrono::seconds duration) { suspended_ += duration.count(); }

 private:
  Relaxed<std::int64_t> suspended_;
};

/// A provider, and whoever asks it holds it.
class Tenant {
 public:
  Tenant(ex::Endpoints endpoints, const Secrets& secrets, std::shared_ptr<Account> account,
         std::shared_ptr<ex::Transport> transport, unsigned seed)
      : account_(std::move(account)) {
    const auto dice = std::make_shared<Dice>(seed);
    ex::TokenOptions options;
    options.clock = clock_;
    options.on_event = hook();
    if (dice->one_in(2)) options.client_authentication = ex::ClientAuthentication::post;
    options.timeout = account_->patience;
    endpoints.issuer_url += "?account=" + std::to_string(account_->number);
    provider_ =
        std::make_unique<ex::TokenProvider>(std::move(endpoints), source(secrets, dice), options, std::move(transport));
    account_->provider = provider_.get();
  }
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;

  /// By whoever lets go of it last: no call is under way, but a fetch and completions may be.
  ~Tenant() {
    account_->last = provider_->status();
    account_->ends = true;
    provider_.reset();
    account_->ended = true;
    account_->watch.expect(account_->told == account_->promised, "the destructor returned before everybody was told");
    account_->closed = true;
  }

  [[nodiscard]] ex::TokenProvider& provider() const { return *provider_; }
  [[nodiscard]] JumpingClock& clock() const { return *clock_; }
  [[nodiscard]] const std::shared_ptr<Account>& account() const { return account_; }

 private:
  [[nodiscard]] ex::EventHook hook() const {
    return [account = account_](const ex::Event& event) {
      Watch& watch = account->watch;
      watch.expect(!account->ended, "an event was told after the destructor had returned");
      watch.look_at(event);
      if (event.kind == ex::EventKind::token_minted) ++account->minted;
      if (event.error == nullptr) return;
      watch.no_secret_in(printed(account->provider->status()));
      watch.expect(event.error->kind != ex::ErrorKind::cancelled, "an exchange that the destructor ended was told of");
      if (event.error->nothing_sent || event.error->transport_code != 0) ++account->unanswered;
    };
  }

  [[nodiscard]] ex::CredentialSource source(const Secrets& secrets, const std::shared_ptr<Dice>& dice) const {
    return [account = account_, &secrets, dice]() -> ex::Result<ex::ClientCredentials> {
      account->watch.expect(!account->in_source, "the source was asked twice at the same time");
      account->in_source = true;
      if (dice->one_in(8)) std::this_thread::sleep_for(dice->up_to(2ms));
      account->watch.expect(!account->ended, "the source was asked after the destructor had returned");
      account->in_source = false;
      if (dice->one_in(40)) throw std::runtime_error(planted);
      if (dice->one_in(40)) return ex::detail::make_error(ex::ErrorKind::storage, "the vault is sealed");
      return secrets.current();
    };
  }

  std::shared_ptr<Account> account_;
  std::shared_ptr<JumpingClock> clock_ = std::make_shared<JumpingClock>();
  std::unique_ptr<ex::TokenProvider> provider_;
};

/// A completion, and what it does besides.
struct Call {
  Call(std::shared_ptr<Account> owed_by, Terms agreed) : account(std::move(owed_by)), terms(std::move(agreed)) {}

  const std::shared_ptr<Account> account;
  const Terms terms;
  const Steady begun = now();
  std::chrono::microseconds dawdles{};
  std::shared_ptr<Tenant> holds;  ///< Lets go of it at its end, which may be the provider's.
  bool asks_again = false;
  bool throws = false;
  Count times;
  Mark waits;  ///< It was not told at once.

  static void make(ex::TokenProvider& provider, const std::shared_ptr<Call>& call) {
    ++call->account->promised;
    provider.token_async([call](const Token& outcome) { call->complete(outcome); }, call->terms.deadline,
                         call->terms.cancel);
    call->waits = true;
  }

  void complete(const Token& outcome) {
    Watch& watch = account->watch;
    if (++times != 1) return watch.note("a completion was called twice");
    watch.expect(!account->ended, "a completion was called after the destructor had returned");
    watch.judge(outcome, terms, account->ends);
    if (waits && !outcome && !account->ends) count(outcome.error().kind);
    std::this_thread::sleep_for(dawdles);
    if (asks_again) make(*account->provider, std::make_shared<Call>(account, terms));
    ++account->told;
    holds.reset();
    if (throws) throw std::runtime_error(planted);
  }

  void count(ex::ErrorKind kind) const {
    if (kind == ex::ErrorKind::timeout && terms.deadline - begun > 5ms) ++account->watch.left_in_time;
    if (kind == ex::ErrorKind::cancelled && now() < terms.deadline) ++account->watch.left_by_cancellation;
  }
};

/// Everything that the threads meet at.
class World {
 public:
  static constexpr unsigned plots = 6;

  World() {
    server.intercept_token([this](const auto& asked, auto& answer) { return issuer.answers(asked, answer); });
    for (unsigned plot = 0; plot < plots; ++plot) let(plot);
  }

  [[nodiscard]] std::shared_ptr<Tenant> tenant_of(unsigned plot) const {
    const std::lock_guard<std::mutex> lock(mutexes_[plot]);
    return tenants_[plot];
  }
  /// A new tenant, in place of the one that is there.
  void let(unsigned plot) {
    const auto transport = dice_.one_in(4) ? own_transport() : transport_;
    const auto endpoints = dice_.one_in(16) ? endpoints_that_hang_up() : endpoints_of(server);
    const auto account = accounts.open(watch, dice_.one_in(8) ? impatient : patient);
    move_in(plot, std::make_shared<Tenant>(endpoints, secrets, account, transport, dice_.below(1'000'000)));
  }
  void clear() {
    for (unsigned plot = 0; plot < plots; ++plot) move_in(plot, nullptr);
    transport_.reset();
    fixtures::await([this] { return accounts.closed(); });  // a completion may hold a tenant still
  }

  [[nodiscard]] ex::CancelToken cancel_token(unsigned which) const {
    const std::lock_guard<std::mutex> lock(cancel_mutex_);
    return cancel_sources_[which % cancel_sources_.size()].token();
  }
  void cancel(unsigned which) {
    ex::CancelSource source;
    {
      const std::lock_guard<std::mutex> lock(cancel_mutex_);
      std::swap(source, cancel_sources_[which % cancel_sources_.size()]);
    }
    source.cancel();
  }

  Watch watch;
  Accounts accounts;
  MoodyIssuer issuer{accounts};
  sandbox::Sandbox server{with_planted_secret()};
  Secrets secrets{server};

 private:
  static sandbox::Options with_planted_secret() {
    sandbox::Options options;
    options.client_secret = Secrets::named(0);
    return options;
  }
  [[nodiscard]] std::shared_ptr<ex::Transport> own_transport() const {
    return std::make_shared<ex::CurlTransport>(trusting(server));
  }
  [[nodiscard]] ex::Endpoints endpoints_that_hang_up() const {
    return {"https" + hangs_up_.url().substr(std::string("http").size()), server.api_url()};
  }
  void move_in(unsigned plot, std::shared_ptr<Tenant> next) {
    const std::lock_guard<std::mutex> lock(mutexes_[plot]);
    tenants_[plot].swap(next);
  }

  integration::RawServer hangs_up_{[](int) {}};
  Dice dice_{2};
  std::shared_ptr<ex::Transport> transport_ = own_transport();
  mutable std::array<std::mutex, plots> mutexes_;
  std::array<std::shared_ptr<Tenant>, plots> tenants_;
  mutable std::mutex cancel_mutex_;
  std::array<ex::CancelSource, 4> cancel_sources_;
};

/// Calls everything that a provider has, in an order drawn by lot.
class Caller {
 public:
  Caller(World& world, unsigned seed) : world_(world), dice_(seed) {}

  void run(Steady until) {
    while (now() < until) {
      const auto tenant = world_.tenant_of(dice_.below(World::plots));
      for (unsigned left = 1 + dice_.below(4); left > 0; --left) act(tenant);
      if (futures_.size() > 8) collect();
    }
    collect();
  }

 private:
  struct Promised {
    Terms terms;
    std::future<Token> token;
    std::shared_ptr<Account> account;
  };

  static constexpr auto longest_call = 20s;  // less than the patient wait

  template <class Ask>
  auto asked(const Terms& terms, Ask ask) {
    const auto begun = now();
    const auto outcome = ask();
    world_.watch.judge(outcome, terms);
    world_.watch.expect(now() - begun < longest_call, "a call took too long");
    return outcome;
  }

  void act(const std::shared_ptr<Tenant>& tenant) {
    ex::TokenProvider& provider = tenant->provider();
    switch (dice_.below(13)) {
      case 0:
        return keep(asked(usual_terms(*tenant), [&] { return provider.token(); }));
      case 1:
        return wait_with_terms(provider);
      case 2:
      case 3:
      case 4:
        return call_back(tenant);
      case 5:
        return futures_.push_back({usual_terms(*tenant), provider.token_async(), tenant->account()});
      case 6:
        return static_cast<void>(asked(usual_terms(*tenant), [&] { return provider.authorization(); }));
      case 7:
      case 8:
        return drop_token(provider);
      case 9:
        return read_status(provider);
      case 10:
        return read_ledger(provider);
      default:
        tenant->clock().suspend(some_time(provider.status()));
    }
  }

  /// Until the token is to be renewed, or until a failure may be forgotten.
  std::chrono::seconds some_time(const ex::TokenStatus& status) {
    if (status.has_token && !dice_.one_in(4)) return status.renewal_in + 1s;
    return std::chrono::seconds(dice_.below(dice_.one_in(8) ? 4000 : 4));
  }

  void keep(const Token& outcome) {
    if (outcome) token_ = *outcome;
  }

  /// A provider waits a little longer than an exchange may take.
  static Terms usual_terms(const Tenant& tenant) { return {now() + tenant.account()->patience, {}}; }

  Terms some_terms() {
    Terms terms;
    if (!dice_.one_in(4)) terms.deadline = now() + dice_.up_to(30ms);
    if (!dice_.one_in(4)) terms.cancel = world_.cancel_token(dice_.below(4));
    return terms;
  }

  void wait_with_terms(ex::TokenProvider& provider) {
    const Terms terms = some_terms();
    keep(asked(terms, [&] { return provider.token(terms.deadline, terms.cancel); }));
  }

  void call_back(const std::shared_ptr<Tenant>& tenant) {
    const auto call = std::make_shared<Call>(tenant->account(), some_terms());
    if (dice_.one_in(2)) call->dawdles = dice_.up_to(2ms);
    if (dice_.one_in(8)) call->holds = tenant;
    call->asks_again = dice_.one_in(8);
    call->throws = dice_.one_in(8);
    Call::make(tenant->provider(), call);
  }

  void collect() {
    for (auto& [terms, token, account] : futures_) {
      const Token outcome = fixtures::outcome(token);
      world_.watch.judge(outcome, terms, account->ends);
    }
    futures_.clear();
  }

  /// As one does who was answered 401, or for no reason.
  void drop_token(ex::TokenProvider& provider) {
    if (!token_) return;
    if (dice_.one_in(2)) return provider.invalidate(*token_);
    if (!provider.reject(*token_)) return;
    if (dice_.one_in(16)) provider.confirm_rejection(*token_);
  }

  void read_status(const ex::TokenProvider& provider) {
    const auto status = provider.status();
    world_.watch.no_secret_in(printed(status));
    world_.watch.expect(status.minted <= status.exchanges, "more tokens than requests for them");
    world_.watch.expect(!status.has_token || status.fingerprint.size() == 8, "a token without a name");
    if (status.last_error) world_.watch.no_secret_in(support::all_text(*status.last_error));
  }

  void read_ledger(const ex::TokenProvider& provider) {
    for (const auto& entry : provider.ledger()) {
      world_.watch.expect(entry.fingerprint.size() == 8, "a token without a name in the ledger");
      world_.watch.no_secret_in(entry.key_id + ' ' + entry.token_id);
    }
  }

  World& world_;
  Dice dice_;
  std::optional<ex::AccessToken> token_;
  std::vector<Promised> futures_;
};

/// Does something over and over, with pauses.
template <class Action>
std::future<void> again_and_again(Steady until, unsigned seed, std::chrono::milliseconds longest_pause, Action action) {
  return std::async(std::launch::async, [=] {
    Dice dice(seed);
    while (now() < until) {
      action(dice);
      std::this_thread::sleep_for(dice.up_to(longest_pause));
    }
  });
}

/// Of all of them, not of one after the other.
void await_end(std::vector<std::future<void>>& threads) {
  const auto limit = now() + fixtures::patience;
  for (auto& thread : threads) {
    if (thread.wait_until(limit) != std::future_status::ready) fixtures::give_up("a thread hangs");
    thread.get();
  }
}

void hammer(World& world) {
  const auto until = now() + endurance::time_for("EXHIBITOR_HAMMER_SECONDS");
  std::vector<std::future<void>> threads;
  for (unsigned seed = 10; seed < 22; ++seed) {
    threads.push_back(std::async(std::launch::async, [&world, seed, until] { Caller(world, seed).run(until); }));
  }
  threads.push_back(again_and_again(until, 3, 2ms, [&](Dice& dice) { world.cancel(dice.below(4)); }));
  threads.push_back(again_and_again(until, 4, 5ms, [&](Dice& dice) {
    world.let(dice.below(World::plots - 1));  // the last one stays to the end
  }));
  threads.push_back(
      again_and_again(until, 5, 200ms, [&](Dice& dice) { world.secrets.rotate(dice.one_in(2), dice.up_to(20ms)); }));
  std::this_thread::sleep_until(until);
  await_end(threads);
  threads.clear();
  threads.push_back(std::async(std::launch::async, [&world] { world.clear(); }));
  await_end(threads);
}

/// Lets the libraries below open what they open once in a process.
void settle() {
  const sandbox::Sandbox server;
  ex::TokenProvider provider(endpoints_of(server), integration::credentials_of_sandbox(), {},
                             std::make_shared<ex::CurlTransport>(trusting(server)));
  REQUIRE(provider.token());
}

/// What a provider says of itself against what the issuer has seen of it. A fetch that was under way at its end may
/// have taken two requests more, and have landed.
void check_accounting(const Account& account) {
  const std::uint64_t more = account.last.fetching ? 1 : 0;
  INFO(account.last << " unanswered=" << account.unanswered);
  CHECK(account.received <= account.last.exchanges + 2 * more);
  CHECK(account.received + account.unanswered >= account.last.exchanges);
  CHECK(account.minted >= account.last.minted);
  CHECK(account.minted <= account.last.minted + more);
}

}  // namespace

TEST_CASE("token provider - hammered from all sides, it tells everybody once and leaves nothing behind",
          "[token_hammer]") {
  settle();
  const Footprint before;
  {
    World world;
    hammer(world);
    const Watch& watch = world.watch;
    CHECK(watch.broken() == std::set<std::string>());

    // what the last ones asked may come to the issuer after they have ended
    fixtures::await([&] { return world.accounts.received() == world.server.counters().token_requests; });
    std::uint64_t minted = 0;
    for (const auto& account : world.accounts.all()) {
      check_accounting(*account);
      minted += account->minted;
    }
    CHECK(minted <= world.server.counters().tokens_issued + world.issuer.tokens());

    CHECK(watch.tokens() != 0);
    CHECK(watch.left_in_time != 0);
    CHECK(watch.left_by_cancellation != 0);
    for (const auto kind : {ex::ErrorKind::credentials, ex::ErrorKind::storage, ex::ErrorKind::issuer_rejected,
                            ex::ErrorKind::issuer_unavailable, ex::ErrorKind::protocol, ex::ErrorKind::cancelled,
                            ex::ErrorKind::timeout}) {
      INFO(ex::to_string(kind));
      CHECK(watch.told(kind) != 0);
    }
    for (const auto kind : {ex::EventKind::token_minted, ex::EventKind::token_failed, ex::EventKind::renewal_failed,
                            ex::EventKind::token_rejected, ex::EventKind::credentials_rotated}) {
      INFO(ex::to_string(kind));
      CHECK(watch.told(kind) != 0);
    }
  }
  const Footprint after = endurance::footprint_within(before);
  CHECK(after.threads <= before.threads);
  CHECK(after.descriptors <= before.descriptors);
}
