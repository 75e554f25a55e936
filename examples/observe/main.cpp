// SPDX-License-Identifier: MIT

// Three observers on the one event hook: log lines, spans of a trace, and numbers for Prometheus. The calls go to a
// sandbox inside this program.

#include <atomic>
#include <exception>
#include <iostream>
#include <memory>
#include <movio/exhibitor.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>

#include "observe/log_lines.hpp"
#include "observe/prometheus.hpp"
#include "observe/traceparent.hpp"
#include "sandbox/answer.hpp"
#include "sandbox/server.hpp"

namespace {

namespace ex = movio::exhibitor;

/// What watches a client. It lives as long as the last call, so the hook shares it.
struct Observers {
  observe::LineLogger logger{std::cout};
  observe::PrometheusMetrics metrics;

  void operator()(const ex::Event& event) {
    observe::log_event(logger, event);
    metrics.observe(event);
    observe::trace_event(event, [this](const observe::Span& span) {
      std::ostringstream text;
      text << span;
      logger.log(observe::Level::info, text.str());
    });
  }
};

ex::ExhibitorClient client_for(const sandbox::Sandbox& server, const std::shared_ptr<Observers>& observers) {
  const sandbox::Options defaults;
  ex::ClientOptions options;
  options.curl.ca_file = server.ca_file();
  options.on_event = [observers](const ex::Event& event) { (*observers)(event); };
  return {ex::Endpoints{server.issuer_url(), server.api_url()},
          ex::credentials(defaults.client_id, ex::Secret(defaults.client_secret)), options};
}

/// Sends a request as a part of the trace; gives the outcome's name.
std::string_view send(const ex::ExhibitorClient& client, const std::string& trace_id, const char* method,
                      std::string target, std::string body = {}) {
  ex::HttpRequest request;
  request.method = method;
  request.path = std::move(target);
  if (!body.empty()) request.body = ex::Body(std::move(body));
  observe::trace(request, trace_id);
  const auto result = client.send(std::move(request));
  return result ? "ok" : ex::to_string(result.error().kind);
}

/// Whether everything went as it should.
bool run() {
  sandbox::Sandbox server;
  const auto observers = std::make_shared<Observers>();
  const auto client = client_for(server, observers);
  const std::string trace_id = observe::new_trace_id();

  const auto put = send(client, trace_id, "PUT", "/members",
                        R"([{"member_id": "member1", "gender": "FEMALE", "status": "ACTIVATED"}])");
  const auto unknown = send(client, trace_id, "GET", "/seats/" + ex::path_segment("row 7"));
  server.intercept_api([busy = std::make_shared<std::atomic<bool>>(true)](const auto&, httplib::Response& response) {
    if (!busy->exchange(false)) return false;
    sandbox::answer_json(response, 503, {{"message", "Try again"}});
    return true;
  });
  const auto retried = send(client, trace_id, "DELETE", "/members/" + ex::path_segment("member1"));

  std::cout << observers->metrics.text() << std::flush;
  return put == "ok" && unknown == "not_found" && retried == "ok" && std::cout.good();
}

}  // namespace

int main() {
  try {
    return run() ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "exhibitor-observe: " << error.what() << '\n';
    return 1;
  }
}
