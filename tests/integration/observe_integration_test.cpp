// SPDX-License-Identifier: MIT
#include <httplib.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "integration.hpp"
#include "observe/traceparent.hpp"
#include "sandbox/answer.hpp"

using namespace integration;

namespace {

/// Runs one call that is answered 503 first, asynchronously or not; gives the traceparents that the API was sent.
std::vector<std::string> sent_in_a_retried_call(bool async, ex::HttpRequest traced, const ex::EventHook& hook) {
  std::mutex mutex;
  std::vector<std::string> received;
  sandbox::Sandbox server;
  server.intercept_api([&](const httplib::Request& asked, httplib::Response& answer) {
    const std::lock_guard<std::mutex> lock(mutex);
    received.push_back(asked.get_header_value("traceparent"));
    sandbox::answer_json(answer, received.size() == 1 ? 503 : 200, nlohmann::json::object());
    return true;
  });
  auto options = client_options(server);
  options.retry.first_pause = std::chrono::milliseconds(1);
  options.on_event = hook;
  const auto client = client_for(server, options);
  CHECK((async ? client.send_async(std::move(traced)).get() : client.send(std::move(traced))));
  return received;
}

}  // namespace

TEST_CASE("observe - every attempt carries the span's traceparent, and the hook closes the span", "[observe]") {
  const bool async = GENERATE(false, true);
  auto traced = api_call("DELETE", "/members/m1");
  const auto span = observe::trace(traced);
  std::vector<const observe::Span*> closed;
  const auto received = sent_in_a_retried_call(async, std::move(traced), [&](const ex::Event& event) {
    observe::trace_event(event, [&](const observe::Span& over) { closed.push_back(&over); });
  });
  CHECK(received == std::vector<std::string>(2, span->traceparent()));
  CHECK(closed == std::vector<const observe::Span*>{span.get()});
  CHECK(span->name == "DELETE /members/{id}");
  CHECK(span->http_status == 200);
  REQUIRE(span->attempts.size() == 2);
  CHECK(span->attempts[0].outcome == "503");
  CHECK(span->attempts[1].outcome == "200");
}
