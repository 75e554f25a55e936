// SPDX-License-Identifier: MIT
#include <future>
#include <memory>
#include <movio/exhibitor/testing.hpp>
#include <movio/exhibitor/token/provider.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using fixtures::no_deadline;
using fixtures::outcome;
using fixtures::Rig;
using fixtures::said;
using Token = ex::Result<ex::AccessToken>;
using namespace std::chrono_literals;

namespace {

/// Writes down what a completion is told, a word for each time.
ex::TokenProvider::Completion writing_down(std::string& told) {
  return [&told](const Token& token) { told += said(token) + ' '; };
}

}  // namespace

TEST_CASE("token async - a token at hand is given at once, in the calling thread", "[token_async]") {
  const Rig rig;
  const auto provider = rig.provider();
  CHECK(provider->token());
  std::string told;
  provider->token_async(writing_down(told));
  CHECK(told == "fake-token-1 ");
  CHECK(said(provider->token_async().get()) == "fake-token-1");
}

TEST_CASE("token async - shares the one exchange with those who block", "[token_async]") {
  const Rig rig;
  const auto provider = rig.provider();
  std::string told;
  rig.transport->hold();
  provider->token_async(writing_down(told));
  auto future = provider->token_async();
  auto blocked = support::in_background([&] { return provider->token(); });
  rig.clock->await_waiting(1);
  CHECK(provider->status().waiters == 3);
  CHECK(told.empty());
  rig.transport->release();
  CHECK(told == "fake-token-1 ");
  CHECK(said(future.get()) == "fake-token-1");
  CHECK(said(outcome(blocked)) == "fake-token-1");
  CHECK(rig.minted() == 1);
}

TEST_CASE("token async - a failure is told once, and a remembered one at once", "[token_async]") {
  const Rig rig;
  const auto provider = rig.provider();
  std::string told;
  rig.transport->answer_token(ex::json_response(503));
  provider->token_async(writing_down(told));
  provider->token_async(writing_down(told));
  CHECK(told == "issuer_unavailable issuer_unavailable ");
  CHECK(rig.minted() == 1);
}

TEST_CASE("token async - configuration faults, late deadlines and early cancellations are told at once",
          "[token_async]") {
  Rig rig;
  std::string told;
  const ex::CancelSource cancelled;
  cancelled.cancel();
  const auto provider = rig.provider();
  provider->token_async(writing_down(told), no_deadline, cancelled.token());
  provider->token_async(writing_down(told), rig.clock->now());
  rig.endpoints.issuer_url.clear();
  rig.provider()->token_async(writing_down(told));
  CHECK(told == "cancelled timeout invalid_argument ");
  CHECK(rig.minted() == 0);
}

TEST_CASE("token async - a deadline that passes is told once, and the others wait on", "[token_async]") {
  const Rig rig;
  const auto provider = rig.provider();
  std::string hurried;
  std::string patient;
  rig.transport->hold();
  provider->token_async(writing_down(hurried), rig.clock->now() + 1s);
  provider->token_async(writing_down(patient), no_deadline);
  rig.clock->advance(1s);
  rig.transport->run_delayed_tasks();
  CHECK(hurried == "timeout ");
  CHECK(patient.empty());
  rig.transport->release();
  CHECK(hurried == "timeout ");
  CHECK(patient == "fake-token-1 ");
  rig.transport->run_delayed_tasks();
  CHECK(patient == "fake-token-1 ");
}

TEST_CASE("token async - a deadline after the outcome has no effect", "[token_async]") {
  const Rig rig;
  const auto provider = rig.provider();
  std::string told;
  provider->token_async(writing_down(told));
  rig.clock->advance(1h);
  rig.transport->run_delayed_tasks();
  CHECK(told == "fake-token-1 ");
}

TEST_CASE("token async - a cancellation is told once, by whoever cancels, and the others wait on", "[token_async]") {
  const Rig rig;
  const auto provider = rig.provider();
  std::string impatient;
  std::string patient;
  const ex::CancelSource source;
  rig.transport->hold();
  provider->token_async(writing_down(impatient), no_deadline, source.token());
  provider->token_async(writing_down(patient), no_deadline);
  source.cancel();
  CHECK(impatient == "cancelled ");
  rig.transport->release();
  CHECK(impatient == "cancelled ");
  CHECK(patient == "fake-token-1 ");
}

TEST_CASE("token async - a cancellation after the outcome has no effect", "[token_async]") {
  const Rig rig;
  const auto provider = rig.provider();
  std::string told;
  const ex::CancelSource source;
  rig.transport->hold();
  provider->token_async(writing_down(told), no_deadline, source.token());
  rig.transport->release();
  source.cancel();
  CHECK(told == "fake-token-1 ");
}

TEST_CASE("token async - destroying the provider completes every waiter, and none afterwards", "[token_async]") {
  const Rig rig;
  auto provider = rig.provider();
  std::string told;
  const ex::CancelSource source;
  rig.transport->hold();
  provider->token_async(writing_down(told), rig.clock->now() + 1s, source.token());
  provider.reset();
  CHECK(told == "cancelled ");
  source.cancel();
  rig.clock->advance(1h);
  rig.transport->run_delayed_tasks();
  rig.transport->release();
  CHECK(told == "cancelled ");
}

TEST_CASE("token async - a completion may end the provider, ask again, or throw", "[token_async]") {
  const Rig rig;
  auto provider = rig.provider();
  std::string told;
  rig.transport->hold();
  SECTION("throw, and the next one is told all the same") {
    provider->token_async([](const Token&) { throw std::runtime_error("a completion's failure"); });
    provider->token_async(writing_down(told));
    rig.transport->release();
    CHECK(told == "fake-token-1 ");
  }
  SECTION("ask again") {
    provider->token_async([&](const Token&) { provider->token_async(writing_down(told)); });
    rig.transport->release();
    CHECK(told == "fake-token-1 ");
  }
  SECTION("end it, when it has waited") {
    provider->token_async([&](const Token& token) {
      provider.reset();
      told = said(token);
    });
    rig.transport->release();
    CHECK(told == "fake-token-1");
  }
  SECTION("end it, when it has not waited") {
    rig.transport->release();
    CHECK(provider->token());
    provider->token_async([&](const Token& token) {
      provider.reset();
      told = said(token);
    });
    CHECK(told == "fake-token-1");
  }
}

TEST_CASE("token async - needs no thread that may wait", "[token_async]") {
  class EngineThread : public ex::FakeTransport {
   public:
    [[nodiscard]] bool may_block() const noexcept override { return false; }
  };
  Rig rig;
  rig.transport = std::make_shared<EngineThread>();
  std::string told;
  rig.provider()->token_async(writing_down(told));
  CHECK(told == "fake-token-1 ");
}
