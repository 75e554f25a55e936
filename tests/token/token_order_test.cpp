// SPDX-License-Identifier: MIT

// Orders of events that threads seldom meet by chance, each forced.
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <movio/exhibitor/testing.hpp>
#include <movio/exhibitor/token/provider.hpp>
#include <string>
#include <thread>
#include <utility>

#include "background.hpp"
#include "catch.hpp"
#include "fixtures.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using fixtures::no_deadline;
using fixtures::outcome;
using fixtures::Rig;
using fixtures::said;
using Token = ex::Result<ex::AccessToken>;
using namespace std::chrono_literals;

namespace {

/// A clock on which something happens in the very moment in which a waiter finds its time to be over.
class ClockWithMoment : public fixtures::WatchedClock {
 public:
  void at_deadline(ex::Clock::Steady deadline, std::function<void()> happens) {
    deadline_ = deadline;
    happens_ = std::move(happens);
  }

  [[nodiscard]] Steady now() const noexcept override {
    const Steady time = WatchedClock::now();
    if (happens_ && time >= deadline_) std::exchange(happens_, nullptr)();
    return time;
  }

 private:
  Steady deadline_{};
  mutable std::function<void()> happens_;
};

/// A clock on which something happens the next time that a token's age is looked at.
class ClockAtAge : public fixtures::WatchedClock {
 public:
  void at_next_look(std::function<void()> happens) { happens_ = std::move(happens); }

  [[nodiscard]] ex::Moment moment() const noexcept override {
    if (happens_) std::exchange(happens_, nullptr)();
    return WatchedClock::moment();
  }

 private:
  mutable std::function<void()> happens_;
};

struct OrderRig : Rig {
  OrderRig() { options.clock = clock_with_moment; }
  std::shared_ptr<ClockWithMoment> clock_with_moment = std::make_shared<ClockWithMoment>();
};

}  // namespace

TEST_CASE("token order - a waiter whose deadline passes as the fetch completes gets the token", "[token_order]") {
  const OrderRig rig;
  const auto provider = rig.provider();
  rig.transport->hold();
  const auto deadline = rig.clock_with_moment->now() + 1s;
  std::thread completion;
  rig.clock_with_moment->at_deadline(deadline, [&] {
    // the waiter is between "no outcome yet" and giving up; the fetch completes there, and cannot notify it
    completion = std::thread([&] { rig.transport->release(); });
    fixtures::await([&] { return !provider->status().fetching; });
  });
  auto waiting = support::in_background([&] { return provider->token(deadline); });
  rig.clock_with_moment->await_waiting(1);
  rig.clock_with_moment->advance(1s);
  CHECK(said(outcome(waiting)) == "fake-token-1");
  completion.join();
  CHECK(rig.minted() == 1);
}

TEST_CASE("token order - a waiter whose deadline passes as the fetch fails gets a timeout", "[token_order]") {
  const OrderRig rig;
  const auto provider = rig.provider();
  rig.transport->answer_token(ex::json_response(503));
  rig.transport->hold();
  const auto deadline = rig.clock_with_moment->now() + 1s;
  std::thread completion;
  rig.clock_with_moment->at_deadline(deadline, [&] {
    completion = std::thread([&] { rig.transport->release(); });
    fixtures::await([&] { return !provider->status().fetching; });
  });
  auto waiting = support::in_background([&] { return provider->token(deadline); });
  rig.clock_with_moment->await_waiting(1);
  rig.clock_with_moment->advance(1s);
  CHECK(said(outcome(waiting)) == "timeout");
  completion.join();
}

TEST_CASE("token order - a waiter that gives up just before the fetch completes leaves a token for the next",
          "[token_order]") {
  const Rig rig;
  const auto provider = rig.provider();
  rig.transport->hold();
  auto waiting = support::in_background([&] { return provider->token(rig.clock->now() + 1s); });
  rig.clock->await_waiting(1);
  rig.clock->advance(1s);
  CHECK(said(outcome(waiting)) == "timeout");
  CHECK(provider->status().waiters == 0);
  rig.transport->release();
  CHECK(said(provider->token()) == "fake-token-1");
  CHECK(rig.minted() == 1);
}

TEST_CASE("token order - a token invalidated during its renewal: the renewal goes to everybody", "[token_order]") {
  const Rig rig;
  const auto provider = rig.provider();
  const auto first = provider->token();
  rig.clock->advance(23h);
  rig.transport->hold();
  CHECK(said(provider->token()) == "fake-token-1");
  provider->invalidate(*first);
  auto waiting = provider->token_async();
  CHECK(rig.minted() == 2);
  rig.transport->release();
  CHECK(said(waiting.get()) == "fake-token-2");
  CHECK(said(provider->token()) == "fake-token-2");
}

TEST_CASE("token order - a late 401 for the token before does not touch the renewed one", "[token_order]") {
  const Rig rig;
  const auto provider = rig.provider();
  const auto first = provider->token();
  rig.clock->advance(23h);
  CHECK(provider->token());
  const auto second = provider->token();
  CHECK(said(second) == "fake-token-2");
  CHECK(provider->reject(*first));
  provider->invalidate(*first);
  CHECK(provider->token()->same_as(*second));
  CHECK(rig.minted() == 2);
}

TEST_CASE("token order - a thread that is late to begin a renewal does not renew the new token", "[token_order]") {
  Rig rig;
  const auto clock = std::make_shared<ClockAtAge>();
  rig.options.clock = clock;
  const auto provider = rig.provider();
  CHECK(provider->token());
  clock->advance(23h);
  clock->at_next_look([&] { CHECK(provider->token()); });  // another thread renews it just then
  CHECK(said(provider->token()) == "fake-token-1");
  CHECK(said(provider->token()) == "fake-token-2");
  CHECK(rig.minted() == 2);
}

TEST_CASE("token order - a caller that begins to wait after the provider was destroyed gets an error",
          "[token_order]") {
  class EndingAsACallBegins : public ex::FakeTransport {
   public:
    [[nodiscard]] bool may_block() const noexcept override {
      end();
      return true;
    }
    std::function<void()> end;
  };
  Rig rig;
  const auto transport = std::make_shared<EndingAsACallBegins>();
  rig.transport = transport;
  auto provider = rig.provider();
  const auto deadline = rig.clock->now() + 1s;
  transport->end = [&] {
    provider.reset();
    rig.clock->advance(1s);  // or else it would wait for ever if it waited
  };
  CHECK(said(provider->token(deadline)) == "cancelled");
  CHECK(rig.minted() == 0);
}

TEST_CASE("token order - two 401 for one token cost one other token, whichever is first", "[token_order]") {
  const Rig rig;
  const auto provider = rig.provider();
  const auto first = provider->token();
  SECTION("both before the new one is asked for") {
    CHECK(provider->reject(*first));
    CHECK(provider->reject(*first));
    CHECK(said(provider->token()) == "fake-token-2");
  }
  SECTION("the second while it is being fetched") {
    CHECK(provider->reject(*first));
    rig.transport->hold();
    auto waiting = provider->token_async();
    CHECK(provider->reject(*first));
    rig.transport->release();
    CHECK(said(waiting.get()) == "fake-token-2");
  }
  SECTION("the second when it is there") {
    CHECK(provider->reject(*first));
    CHECK(said(provider->token()) == "fake-token-2");
    CHECK(provider->reject(*first));
  }
  CHECK(said(provider->token()) == "fake-token-2");
  CHECK(rig.minted() == 2);
}

TEST_CASE("token order - a waiter cancelled by another one's completion, as the fetch completes, gets its outcome",
          "[token_order]") {
  const Rig rig;
  const auto provider = rig.provider();
  const ex::CancelSource source;
  std::string told;
  rig.transport->hold();
  provider->token_async([&](const Token&) { source.cancel(); }, no_deadline);
  provider->token_async([&](const Token& token) { told += said(token) + ' '; }, no_deadline, source.token());
  rig.transport->release();
  CHECK(told == "fake-token-1 ");
}

TEST_CASE("token order - the provider's destructor waits for a running completion", "[token_order]") {
  const Rig rig;
  auto provider = rig.provider();
  std::promise<void> told;
  std::promise<void> go_on;
  std::atomic<bool> completion_ended{false};
  rig.transport->hold();
  provider->token_async([&](const Token&) {
    told.set_value();
    go_on.get_future().wait();
    completion_ended = true;
  });
  std::thread completion([&] { rig.transport->release(); });
  told.get_future().wait();
  auto ended_after_completion = support::in_background([&] {
    provider.reset();
    return completion_ended.load();
  });
  CHECK(ended_after_completion.wait_for(20ms) == std::future_status::timeout);
  go_on.set_value();
  CHECK(outcome(ended_after_completion));
  completion.join();
}

TEST_CASE("token order - the provider's destructor waits for a running cancellation", "[token_order]") {
  const Rig rig;
  auto provider = rig.provider();
  const ex::CancelSource source;
  std::promise<void> told;
  std::promise<void> go_on;
  std::atomic<bool> completion_ended{false};
  rig.transport->hold();
  provider->token_async(
      [&](const Token&) {
        told.set_value();
        go_on.get_future().wait();
        completion_ended = true;
      },
      no_deadline, source.token());
  std::thread cancelling([&] { source.cancel(); });
  told.get_future().wait();
  auto ended_after_completion = support::in_background([&] {
    provider.reset();
    return completion_ended.load();
  });
  CHECK(ended_after_completion.wait_for(20ms) == std::future_status::timeout);
  go_on.set_value();
  CHECK(outcome(ended_after_completion));
  cancelling.join();
}

TEST_CASE("token order - a fetch that runs out of memory completes all the same", "[token_order]") {
  class OutOfMemory : public ex::FakeTransport {
   public:
    void start(ex::TransportRequest request, Completion completion) override {
      if (empty) throw std::bad_alloc();
      FakeTransport::start(std::move(request), std::move(completion));
    }
    bool empty = true;
  };
  Rig rig;
  const auto transport = std::make_shared<OutOfMemory>();
  rig.transport = transport;
  const auto provider = rig.provider();
  CHECK(said(provider->token()) == "overloaded");
  transport->empty = false;
  CHECK(said(provider->token()) == "fake-token-1");
}

TEST_CASE("token hit - costs no memory, and no wait for a fetch under way", "[token_order]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(provider->token());
  rig.clock->advance(23h);
  rig.transport->hold();
  CHECK(provider->token());  // begins a renewal, which hangs
  const auto before = support::allocations();
  for (int i = 0; i < 100; ++i) {
    const auto token = provider->token();
    const auto line = token->authorization_line();
    if (!line || line->reveal() != "Authorization: Bearer fake-token-1") std::abort();
  }
  CHECK(support::allocations() == before);
}
