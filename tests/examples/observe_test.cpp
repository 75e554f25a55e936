// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstddef>
#include <locale>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "observe/log_lines.hpp"
#include "observe/prometheus.hpp"
#include "observe/traceparent.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using namespace std::chrono_literals;
using support::contains;
using support::printed;

namespace {

ex::Event event_of(ex::EventKind kind, std::string_view route = "/films") {
  ex::Event event;
  event.kind = kind;
  event.method = "PUT";
  event.route = route;
  event.attempt = 1;
  return event;
}

ex::Event finished_call(std::chrono::microseconds duration) {
  ex::Event event = event_of(ex::EventKind::call_finished);
  event.http_status = 202;
  event.duration = duration;
  return event;
}

ex::Error error_of(ex::ErrorKind kind, int http_status = 0) {
  ex::Error error;
  error.kind = kind;
  error.http_status = http_status;
  return error;
}

bool has_line(const std::string& text, const std::string& line) { return contains('\n' + text, '\n' + line + '\n'); }

bool is_hexadecimal(const std::string& text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// A locale in which 1234.5 is "1.234,5", for everything that is made while it lives.
class StrangeLocale {
 public:
  StrangeLocale() : before_(std::locale::global(std::locale(std::locale::classic(), new Punctuation))) {}
  StrangeLocale(const StrangeLocale&) = delete;
  StrangeLocale& operator=(const StrangeLocale&) = delete;
  ~StrangeLocale() { std::locale::global(before_); }

 private:
  struct Punctuation : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  std::locale before_;
};

struct Recorder {
  void log(observe::Level level, const std::string& text) { lines.emplace_back(level, text); }
  std::vector<std::pair<observe::Level, std::string>> lines;
};

}  // namespace

TEST_CASE("prometheus - says what each family is before its samples, and counts from 0", "[observe]") {
  const observe::PrometheusMetrics metrics;
  for (const std::string family :
       {"exhibitor_calls_total", "exhibitor_retries_total", "exhibitor_tokens_minted_total"}) {
    CHECK(contains(metrics.text(), "# HELP " + family + ' '));
    CHECK(has_line(metrics.text(), "# TYPE " + family + " counter"));
  }
  CHECK(has_line(metrics.text(), "# TYPE exhibitor_call_duration_seconds histogram"));
  CHECK(has_line(metrics.text(), "exhibitor_tokens_minted_total 0"));
}

TEST_CASE("prometheus - counts calls by outcome, retries by reason, and tokens", "[observe]") {
  observe::PrometheusMetrics metrics;
  metrics.observe(finished_call(1ms));
  metrics.observe(finished_call(1ms));
  const auto not_found = error_of(ex::ErrorKind::not_found, 404);
  auto failed = event_of(ex::EventKind::call_finished, "/films/{id}");
  failed.error = &not_found;
  metrics.observe(failed);
  auto busy = event_of(ex::EventKind::retry_planned);
  busy.http_status = 503;
  metrics.observe(busy);
  const auto unreachable = error_of(ex::ErrorKind::connection);
  auto broken = event_of(ex::EventKind::retry_planned);
  broken.error = &unreachable;
  metrics.observe(broken);
  metrics.observe(event_of(ex::EventKind::token_minted));
  metrics.observe(event_of(ex::EventKind::attempt_finished));

  const std::string text = metrics.text();
  INFO(text);
  CHECK(has_line(text, R"(exhibitor_calls_total{method="PUT",route="/films",outcome="ok"} 2)"));
  CHECK(has_line(text, R"(exhibitor_calls_total{method="PUT",route="/films/{id}",outcome="not_found"} 1)"));
  CHECK(has_line(text, R"(exhibitor_retries_total{method="PUT",route="/films",reason="503"} 1)"));
  CHECK(has_line(text, R"(exhibitor_retries_total{method="PUT",route="/films",reason="connection"} 1)"));
  CHECK(has_line(text, "exhibitor_tokens_minted_total 1"));
}

TEST_CASE("prometheus - a label's value is escaped", "[observe]") {
  observe::PrometheusMetrics metrics;
  metrics.observe(event_of(ex::EventKind::call_finished, "/a\"b\\c\nd"));
  CHECK(has_line(metrics.text(), R"(exhibitor_calls_total{method="PUT",route="/a\"b\\c\nd",outcome="ok"} 1)"));
}

TEST_CASE("prometheus - a bucket holds all that took no longer than its bound", "[observe]") {
  observe::PrometheusMetrics metrics;
  for (const auto duration : {10000us, 10001us, 100000us, 600000000us}) metrics.observe(finished_call(duration));
  const std::string text = metrics.text();
  INFO(text);
  const auto has_bucket = [&](const std::string& bound, int count) {
    return has_line(text, R"(exhibitor_call_duration_seconds_bucket{method="PUT",route="/films",le=")" + bound +
                              "\"} " + std::to_string(count));
  };
  CHECK(has_bucket("0.01", 1));
  CHECK(has_bucket("0.025", 2));
  CHECK(has_bucket("0.05", 2));
  CHECK(has_bucket("0.1", 3));
  CHECK(has_bucket("120", 3));
  CHECK(has_bucket("+Inf", 4));
  CHECK(has_line(text, R"(exhibitor_call_duration_seconds_sum{method="PUT",route="/films"} 600.120001)"));
  CHECK(has_line(text, R"(exhibitor_call_duration_seconds_count{method="PUT",route="/films"} 4)"));
}

TEST_CASE("prometheus - the text does not depend on the program's locale", "[observe]") {
  observe::PrometheusMetrics metrics;
  for (int i = 0; i < 1000; ++i) metrics.observe(finished_call(2500ms));
  const std::string text = metrics.text();
  const StrangeLocale strange;
  CHECK(metrics.text() == text);
}

TEST_CASE("prometheus - loses nothing that four threads tell while a fifth reads", "[observe]") {
  observe::PrometheusMetrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) metrics.observe(finished_call(1ms));
    });
  }
  for (int n = 0; n < 50; ++n) (void)metrics.text();
  for (auto& thread : threads) thread.join();
  CHECK(has_line(metrics.text(), R"(exhibitor_calls_total{method="PUT",route="/films",outcome="ok"} 4000)"));
  CHECK(has_line(metrics.text(), R"(exhibitor_call_duration_seconds_count{method="PUT",route="/films"} 4000)"));
}

TEST_CASE("traceparent - has the form of the standard", "[observe]") {
  ex::HttpRequest request;
  const auto span = observe::trace(request);
  REQUIRE(request.headers.find("traceparent") != nullptr);
  const std::string header = *request.headers.find("traceparent");
  CHECK(header == "00-" + span->trace_id + '-' + span->id + "-01");
  CHECK(is_hexadecimal(span->trace_id, 32));
  CHECK(is_hexadecimal(span->id, 16));
  CHECK(request.context == span);
}

TEST_CASE("traceparent - an id is never all 0", "[observe]") {
  for (int i = 0; i < 1000; ++i) CHECK(observe::random_id(1) != "0");
}

TEST_CASE("traceparent - no two calls have the same ids, unless a trace is given", "[observe]") {
  std::set<std::string> traces;
  std::set<std::string> spans;
  for (int i = 0; i < 1000; ++i) {
    ex::HttpRequest request;
    const auto span = observe::trace(request);
    traces.insert(span->trace_id);
    spans.insert(span->id);
  }
  CHECK(traces.size() == 1000);
  CHECK(spans.size() == 1000);
  const std::string trace_id = observe::new_trace_id();
  ex::HttpRequest first;
  ex::HttpRequest second;
  const auto one = observe::trace(first, trace_id);
  const auto other = observe::trace(second, trace_id);
  CHECK(one->trace_id == trace_id);
  CHECK(other->trace_id == trace_id);
  CHECK(one->id != other->id);
}

TEST_CASE("traceparent - a span is closed once, with what came of each attempt", "[observe]") {
  ex::HttpRequest request;
  const auto span = observe::trace(request);
  int closed = 0;
  const auto tell = [&](ex::Event event, int status, const ex::Error* error) {
    event.context = request.context.get();
    event.http_status = status;
    event.error = error;
    event.duration = 1500us;
    observe::trace_event(event, [&](const observe::Span& over) {
      CHECK(&over == span.get());
      ++closed;
    });
  };
  const auto unreachable = error_of(ex::ErrorKind::connection);
  const auto not_found = error_of(ex::ErrorKind::not_found, 404);
  auto event = event_of(ex::EventKind::attempt_finished);
  tell(event, 0, &unreachable);
  event.attempt = 2;
  tell(event, 404, nullptr);
  CHECK(closed == 0);
  tell(event_of(ex::EventKind::call_finished), 404, &not_found);
  tell(event_of(ex::EventKind::callback_failed), 0, nullptr);
  CHECK(closed == 1);
  const std::string line = printed(*span);
  CHECK(contains(line, "span name=\"PUT /films\" trace_id=" + span->trace_id + " span_id=" + span->id + " begun_us="));
  CHECK(contains(line,
                 " duration_us=1500 status=404 outcome=not_found"
                 " attempt_1=connection/1500us attempt_2=404/1500us"));
}

TEST_CASE("traceparent - a call without a span is left alone", "[observe]") {
  observe::trace_event(finished_call(1ms), [](const observe::Span&) { FAIL("there is no span to close"); });
}

TEST_CASE("log lines - any logger gets the event's line, at a level that fits it", "[observe]") {
  using observe::Level;
  Recorder logger;
  const auto level = [&](const ex::Event& event) {
    observe::log_event(logger, event);
    CHECK(logger.lines.back().second == printed(event));
    return logger.lines.back().first;
  };
  CHECK(level(event_of(ex::EventKind::attempt_finished, "/films/{id}")) == Level::debug);
  CHECK(level(event_of(ex::EventKind::token_minted)) == Level::info);
  CHECK(level(event_of(ex::EventKind::retry_planned)) == Level::warn);
  CHECK(level(event_of(ex::EventKind::token_failed)) == Level::error);
  auto call = finished_call(1ms);
  CHECK(level(call) == Level::info);
  const auto not_found = error_of(ex::ErrorKind::not_found, 404);
  call.error = &not_found;
  CHECK(level(call) == Level::warn);
}

TEST_CASE("log lines - a line has the time, the level and the event, in any locale", "[observe]") {
  using std::chrono::system_clock;
  CHECK(observe::timestamp(system_clock::time_point(1700000000007ms)) == "2023-11-14 22:13:20.007");

  std::ostringstream out;
  observe::LineLogger logger(out);
  const StrangeLocale strange;
  const std::string before = observe::timestamp(system_clock::now());
  observe::log_event(logger, finished_call(1234567us));
  const std::string time = out.str().substr(1, before.size());
  CHECK(time >= before);
  CHECK(time <= observe::timestamp(system_clock::now()));
  CHECK(out.str() ==
        '[' + time + "] [info] call_finished method=PUT route=/films status=202 attempt=1 duration_us=1234567\n");
}
