// SPDX-License-Identifier: MIT

// ExhibitorClient for a long time under load, over real sockets: 256 asynchronous calls in flight and some threads with
// blocking ones, against an API that misbehaves as lots say, which are the same in every run (soak_server.hpp). Every
// call is answered once, for a reason that the server gave, with its own answer; both sides count the same; and neither
// memory nor descriptors grow.
//
// EXHIBITOR_SOAK_SECONDS says for how long; tests/release.sh lets it go on for ten minutes.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "endurance.hpp"
#include "fixtures.hpp"
#include "integration.hpp"
#include "soak.hpp"
#include "soak_memory.hpp"
#include "soak_server.hpp"
#include "soak_watch.hpp"

using namespace soak;
using namespace std::chrono_literals;
using endurance::Footprint;

namespace {

constexpr std::size_t calls_in_flight = 256;
constexpr std::size_t requests_in_flight = 192;  // fewer, so that some wait for their turn
constexpr unsigned blocking_threads = 3;
// Of each client, so that everything is met with on the slowest machine, too.
constexpr std::uint64_t enough_calls = 2500;

/// Cancels calls when their time has come, or before.
class Canceller {
 public:
  Canceller()
      : thread_([this] {
          std::unique_lock<std::mutex> lock(mutex_);
          while (!changed_.wait_for(lock, 1ms, [this] { return stopping_; })) {
            lock.unlock();
            while (cancel_one(now())) {
            }
            lock.lock();
          }
        }) {}
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;
  ~Canceller() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void add(const Call& call) {
    if (!call.plan.cancelled_after()) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    sources_.emplace(call.begun + *call.plan.cancelled_after(), call.cancel);
  }
  /// The next one whose time comes by then; false when there is none.
  bool cancel_one(Steady due) {
    ex::CancelSource source;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (sources_.empty() || sources_.begin()->first > due) return false;
      source = sources_.begin()->second;
      sources_.erase(sources_.begin());
    }
    source.cancel();
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Steady, ex::CancelSource> sources_;
  bool stopping_ = false;
  std::thread thread_;
};

/// What the clients share: the server, the issuer, and those who watch.
class World {
 public:
  std::shared_ptr<Call> call() {
    const Plan plan(++calls_made);
    auto made = std::make_shared<Call>(plan, ledger.open(plan), calls_alive);
    canceller.add(*made);
    return made;
  }

  /// `ended`: the client is gone, and nothing more is to be heard of it.
  [[nodiscard]] std::unique_ptr<ex::ExhibitorClient> client(const std::shared_ptr<Mark>& ended) {
    ex::ClientOptions options = integration::client_options(issuer);
    options.timeout = usual_timeout;
    options.retry.first_pause = 4ms;
    options.retry.budget = 1'000'000'000;
    options.curl.max_in_flight = requests_in_flight;
    options.on_event = [this, ended](const ex::Event& event) {
      watch.expect(!*ended, "an event was told after the client's end");
      watch.look_at(event);
    };
    const ex::Endpoints endpoints{issuer.issuer_url(), api_url()};
    const auto credentials = ex::credentials(sandbox::Options().client_id, ex::Secret(secret()));
    return std::make_unique<ex::ExhibitorClient>(endpoints, credentials, options);
  }

  Watch watch;
  Ledger ledger{watch};
  Count calls_made;
  Count calls_alive;
  Count thrown;  ///< By completions.

 private:
  static std::string secret() { return std::string(endurance::planted) + " secret"; }
  [[nodiscard]] std::string api_url() const { return "https://127.0.0.1:" + std::to_string(socket_.port()); }
  [[nodiscard]] sandbox::Options issuer_options() const {
    sandbox::Options options;
    options.client_secret = secret();
    options.token_lifetime = 2s;
    options.audience = api_url();
    return options;
  }

  integration::BoundSocket socket_;

 public:
  sandbox::Sandbox issuer{issuer_options()};
  Server server{issuer, socket_, ledger, watch};
  Canceller canceller;
};

/// One client from its making to its end.
class Shift {
 public:
  explicit Shift(World& world) : world_(world) {
    for (std::size_t i = 0; i < calls_in_flight; ++i) call_asynchronously();
    for (unsigned i = 0; i < blocking_threads; ++i) {
      threads_.push_back(support::in_background([this] {
        while (!blocking_ends_) call_and_wait();
      }));
    }
  }
  Shift(const Shift&) = delete;
  Shift& operator=(const Shift&) = delete;

  /// Destroys the client with all calls in flight.
  void end_at_once() {
    end_blocking();
    end_chains();
    const std::uint64_t in_flight = promised_ - told_;
    world_.watch.expect(in_flight > calls_in_flight / 2, "hardly anything was in flight at the client's end");
    client_ends_ = true;
    end_client();
    world_.watch.expect(promised_ == told_, "the destructor returned before every call was told");
  }

  /// Waits for the calls that are in flight; then cancels some, blocking ones as well.
  void end_in_order() {
    end_chains();
    world_.watch.expect(client_->drain(now() + fixtures::patience).has_value(), "drain: not all calls came to an end");
    world_.watch.expect(promised_ == told_, "drain returned before every call was told");
    for (std::size_t i = 0; i < calls_in_flight; ++i) call_asynchronously(true);
    const auto cancelled_before = world_.watch.told(ex::ErrorKind::cancelled);
    client_ends_ = true;
    client_->cancel_all();
    world_.watch.expect(client_->drain(now() + fixtures::patience).has_value(), "drain: not all calls were cancelled");
    world_.watch.expect(promised_ == told_, "drain returned before every cancelled call was told");
    const auto cancelled = world_.watch.told(ex::ErrorKind::cancelled) - cancelled_before;
    world_.watch.expect(cancelled > calls_in_flight / 2, "cancel_all cancelled hardly anything");
    end_blocking();
    end_client();
  }

  /// How many calls are over.
  [[nodiscard]] std::uint64_t told() const { return told_ + blocking_calls_; }

 private:
  /// A completion makes the next call, and so takes the lock as well: no completion runs inside `send_async`.
  void call_asynchronously(bool last_one = false) {
    const std::lock_guard<std::mutex> lock(chains_);
    if (chains_end_ && !last_one) return;
    const auto call = world_.call();
    ++promised_;
    client_->send_async(call->request(call), [this, call](const Answer& answer) { tell(*call, answer); });
  }

  void tell(Call& call, const Answer& answer) {
    world_.watch.expect(!*ended_, "an outcome was told after the client's end");
    world_.watch.judge(call, answer, client_ends_);
    if (call.plan.cancels_another()) world_.canceller.cancel_one(Steady::max());
    call_asynchronously();
    ++told_;
    if (call.plan.completion_throws()) {
      ++world_.thrown;
      throw std::runtime_error(endurance::planted);
    }
  }

  void call_and_wait() {
    const auto call = world_.call();
    const Answer answer = client_->send(call->request(call));
    world_.watch.judge(*call, answer, client_ends_);
    ++blocking_calls_;
  }

  void end_chains() {
    const std::lock_guard<std::mutex> lock(chains_);
    chains_end_ = true;
  }
  void end_blocking() {
    blocking_ends_ = true;
    for (auto& thread : threads_) fixtures::outcome(thread);
    threads_.clear();
  }

  void end_client() {
    auto ending = support::in_background([this] { client_.reset(); });
    fixtures::outcome(ending);
    *ended_ = true;
  }

  World& world_;
  const std::shared_ptr<Mark> ended_ = std::make_shared<Mark>();
  std::unique_ptr<ex::ExhibitorClient> client_ = world_.client(ended_);
  std::mutex chains_;
  bool chains_end_ = false;  ///< Guarded by the mutex: then no completion uses the client any more.
  Mark client_ends_;
  Mark blocking_ends_;
  Count promised_;
  Count told_;
  Count blocking_calls_;
  std::vector<std::future<void>> threads_;
};

/// Lets the libraries below open what they open once in a process.
void settle() {
  const sandbox::Sandbox server;
  REQUIRE(integration::client_for(server).put("/films", {{{"film_id", "f1"}, {"title", "A Film"}}}));
}

std::string summary(const World& world, const Record& record) {
  constexpr double mebibyte = 1 << 20;
  std::ostringstream out;
  out << "calls=" << world.ledger.calls << " attempts=" << world.watch.attempts << " sent=" << world.ledger.sent
      << " received=" << world.server.received << " answered=" << world.watch.answered
      << " hung_up=" << world.ledger.hung_up << " connections=" << world.server.connections
      << " turned_away=" << world.server.turned_away << " tokens=" << world.watch.told(ex::EventKind::token_minted)
      << "\nsuccesses=" << world.watch.successes << " replayed=" << world.watch.replayed
      << " repeated=" << world.watch.repeated;
  for (const auto& row : ex::detail::error_kinds) out << ' ' << row.name << '=' << world.watch.told(row.kind);
  const auto range = [&](const char* name, double Sample::*what, double unit) {
    out << '\n' << name << ':';
    for (std::size_t fifth = 0; fifth < 5; ++fifth) out << ' ' << record.median(what, fifth) / unit;
    out << ", at most " << record.most(what) / unit;
  };
  range("allocated MiB", &Sample::allocated, mebibyte);
  range("resident MiB", &Sample::resident, mebibyte);
  range("descriptors", &Sample::descriptors, 1);
  range("threads", &Sample::threads, 1);
  return out.str();
}

/// Both sides have counted the same, but for what was on its way when a connection or a call ended.
void check_counts(const World& world) {
  const Watch& watch = world.watch;
  CHECK(world.ledger.calls == world.calls_made);
  CHECK(watch.successes + watch.failures() == world.calls_made);
  CHECK(watch.told(ex::EventKind::call_finished) == world.calls_made);
  CHECK(watch.told(ex::EventKind::attempt_started) == watch.attempts);
  CHECK(watch.told(ex::EventKind::attempt_finished) == watch.attempts);
  CHECK(watch.told(ex::EventKind::callback_failed) == world.thrown);
  CHECK(world.ledger.received == world.server.received);
  CHECK(world.ledger.received >= watch.answered);
  CHECK(world.ledger.received <= world.ledger.sent + world.ledger.hung_up);
  CHECK(world.ledger.sent <= watch.attempts);
  CHECK(watch.turned_away <= world.server.turned_away);
  CHECK(world.calls_alive == 0);
}

void check_that_all_was_met(const Watch& watch) {
  CHECK(watch.successes != 0);
  CHECK(watch.replayed != 0);
  CHECK(watch.repeated != 0);
  for (const auto kind : {ex::ErrorKind::connection, ex::ErrorKind::timeout, ex::ErrorKind::protocol,
                          ex::ErrorKind::too_large, ex::ErrorKind::not_found, ex::ErrorKind::rejected,
                          ex::ErrorKind::rate_limited, ex::ErrorKind::server_error, ex::ErrorKind::cancelled}) {
    INFO(ex::to_string(kind));
    CHECK(watch.told(kind) != 0);
  }
}

/// The bounds are above what varies by chance: a connection takes nearly a tenth of a mebibyte on its two sides, and in
/// the first seconds the heap has not yet found its size. The second client's thread may have a heap of its own, with
/// gaps that were the first one's left behind: what is resident is compared within the second one's time.
void check_flatness(const Record& record, const Footprint& before, std::chrono::milliseconds time) {
  constexpr double mebibyte = 1 << 20;
  const bool settled = time >= 20s;
  CHECK(record.growth(&Sample::allocated, 1) < (settled ? 4 : 8) * mebibyte);
  CHECK(record.growth(&Sample::resident, 3) < (settled ? 8 : 32) * mebibyte);
  CHECK(record.growth(&Sample::threads, 1) < 4);
  constexpr std::size_t connections = requests_in_flight + blocking_threads;  // of which this process has both ends
  CHECK(record.most(&Sample::descriptors) < static_cast<double>(before.descriptors + 2 * connections + 100));
}

}  // namespace

TEST_CASE("soak - every call is answered once under load and trouble, and nothing is left behind", "[soak]") {
  settle();
  const Footprint before;
  const std::chrono::milliseconds time = endurance::time_for("EXHIBITOR_SOAK_SECONDS");
  Record record(time);
  {
    World world;
    {
      Shift first(world);
      record.go_on(time / 2, [&first] { return first.told() >= enough_calls; });
      first.end_at_once();
      Shift second(world);
      record.go_on(time / 2, [&second] { return second.told() >= enough_calls; });
      second.end_in_order();
    }
    fixtures::await([&] { return world.calls_alive == 0; });
    world.ledger.settle_all();
    INFO(summary(world, record));
    CHECK(world.watch.broken() == std::set<std::string>());
    check_counts(world);
    check_that_all_was_met(world.watch);
    check_flatness(record, before, time);
  }
  const Footprint after = endurance::footprint_within(before);
  CHECK(after.threads <= before.threads);
  CHECK(after.descriptors <= before.descriptors);
}
