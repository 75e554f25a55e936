// SPDX-License-Identifier: MIT

// ExhibitorClient for a long time over HTTP/2: 256 calls in flight against nginx, which takes few streams at a time,
// says GOAWAY on each connection after a hundred requests and on all of them whenever it is told to reload, resets
// streams, and refuses requests by lot. What may be repeated succeeds all the same, with its own answer; by nginx's log
// no POST that it had read to its end came again; and neither memory nor descriptors grow.
//
// EXHIBITOR_SOAK_SECONDS says for how long.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "endurance.hpp"
#include "fixtures.hpp"
#include "nginx.hpp"
#include "soak_memory.hpp"
#include "support.hpp"

using namespace integration;
using namespace std::chrono_literals;
using endurance::Footprint;

namespace {

constexpr std::size_t calls_in_flight = 256;
constexpr std::size_t enough_calls = 2000;
constexpr std::size_t size_of_large = 200'000;

std::string method_of(std::size_t number) {
  constexpr std::array<const char*, 4> methods{"GET", "PUT", "POST", "DELETE"};
  return methods.at(number % methods.size());
}

ex::HttpRequest request_of(std::size_t number) {
  auto made = api_call(method_of(number), "/members/" + std::to_string(number));
  made.headers.add("X-Lot", std::to_string(number));
  if (made.method == "POST") made.body = ex::Body(R"({"a": 1})");
  if (made.method == "PUT") made.body = ex::Body(std::string(number % 7 == 0 ? 100'000 : 100, 'b'));
  return made;
}

/// What is answered names the call; some of the GETs get the one large file instead.
bool is_answer_of(std::size_t number, const std::string& body) {
  return body == '"' + std::to_string(number) + '"' || (method_of(number) == "GET" && body.size() == size_of_large);
}

/// The API, which is nginx itself, and what it writes down.
class Api {
 public:
  [[nodiscard]] ex::ExhibitorClient client() const {
    ex::ClientOptions options = client_options(issuer_);
    options.retry.max_attempts = 30;
    options.retry.first_pause = 4ms;
    options.retry.longest_pause = 100ms;
    options.retry.budget = 1'000'000'000;
    options.curl.max_connection_age = 500ms;
    return {{issuer_.issuer_url(), url_}, credentials_of_sandbox(), options};
  }
  void reload() const { nginx_.reload(); }

  /// The statuses with which it answered each call; 400 is what nginx writes of a request that broke off.
  [[nodiscard]] std::map<std::size_t, std::vector<int>> answers() const {
    std::map<std::size_t, std::vector<int>> found;
    std::ifstream lines(files_.path("log"));
    std::size_t number = 0;
    for (int status = 0; lines >> number >> status;) {
      if (status != 400) found[number].push_back(status);
    }
    return found;
  }

 private:
  [[nodiscard]] sandbox::Options issuer_options() const {
    sandbox::Options options;
    options.audience = url_;
    return options;
  }

  [[nodiscard]] std::string configuration() const {
    const std::string behind = "127.0.0.1:" + std::to_string(closed_port());
    files_.write("large", std::string(size_of_large, 'l'), 0644);
    return "log_format lots '$http_x_lot $status';\n"
           "split_clients '$http_x_lot/$connection_requests' $fate {\n"
           "  4% unavailable; 2% throttled; 2% reset; 2% large; * fine; }\n"
           "map $request_method/$fate $large { GET/large yes; }\n"
           "server { listen 127.0.0.1:" +
           std::to_string(port_) +
           " ssl http2; http2_max_concurrent_streams 32;\n"
           "  ssl_certificate " +
           issuer_.certificate_file() + "; ssl_certificate_key " + issuer_.key_file() +
           ";\n"
           "  keepalive_requests 100; access_log " +
           files_.path("log") + " lots; root " + files_.path() +
           ";\n"
           "  if ($fate = unavailable) { return 503; }\n"
           "  if ($fate = throttled) { return 429; }\n"
           "  if ($fate = reset) { rewrite ^ /reset last; }\n"
           "  if ($large) { rewrite ^ /large break; }\n"
           "  location = /large {}\n"
           "  location = /reset { proxy_pass http://" +
           nobody_ +
           "; error_page 502 = @reset; }\n"  // it reads the body before it finds nobody there
           "  location @reset { return 444; }\n"
           "  location / { proxy_pass http://" +
           behind +
           "; } }\n"  // this reads the body to its end
           "server { listen " +
           behind + "; return 202 '\"$http_x_lot\"'; }\n";
  }

  const support::TemporaryDirectory files_;
  const int port_ = closed_port();
  const std::string url_ = "https://127.0.0.1:" + std::to_string(port_);
  const std::string nobody_ = "127.0.0.1:" + std::to_string(closed_port());
  const sandbox::Sandbox issuer_{issuer_options()};
  const Nginx nginx_{configuration()};
};

/// Keeps so many calls in flight until it is told to end.
class Traffic : public endurance::Findings {
 public:
  enum class Outcome : char { pending, answered, failed };

  explicit Traffic(ex::ExhibitorClient client) : client_(std::move(client)) {
    for (std::size_t i = 0; i < calls_in_flight; ++i) call();
  }

  /// What became of the calls, by number.
  const std::vector<Outcome>& end() {
    ending_ = true;
    expect(client_.drain(std::chrono::steady_clock::now() + fixtures::patience).has_value(), "not all calls ended");
    expect(told_ == outcomes_.size(), "a call was told twice or never");
    return outcomes_;
  }
  [[nodiscard]] std::size_t told() const { return told_; }

 private:
  void call() {
    const std::size_t number = next();
    client_.send_async(request_of(number), [this, number](const ex::Result<ex::HttpResponse>& answer) {
      judge(number, answer);
      if (!ending_) call();
      ++told_;
    });
  }
  std::size_t next() {
    const std::lock_guard<std::mutex> lock(mutex_);
    outcomes_.push_back(Outcome::pending);
    return outcomes_.size() - 1;
  }

  void judge(std::size_t number, const ex::Result<ex::HttpResponse>& answer) {
    if (answer) expect(is_answer_of(number, answer->body), "a call got what is not its answer");
    if (!answer && method_of(number) != "POST") note(support::printed(answer.error()));
    const std::lock_guard<std::mutex> lock(mutex_);
    outcomes_[number] = answer ? Outcome::answered : Outcome::failed;
  }

  std::mutex mutex_;
  std::vector<Outcome> outcomes_;
  endurance::Mark ending_;
  endurance::Count told_;
  const ex::ExhibitorClient client_;  // the first to go: its completions use the rest
};

std::string described(std::size_t number, const std::vector<int>& statuses) {
  std::string text = std::to_string(number) + " was answered with";
  for (const int status : statuses) text += ' ' + std::to_string(status);
  return text;
}

void check_log(const Api& api, const std::vector<Traffic::Outcome>& outcomes) {
  const auto log = api.answers();
  std::set<int> met;
  std::vector<std::string> repeated_posts;
  std::size_t unseen_successes = 0;
  for (const auto& [number, statuses] : log) {
    met.insert(statuses.begin(), statuses.end());
    if (method_of(number) == "POST" && statuses.size() > 1) repeated_posts.push_back(described(number, statuses));
  }
  for (std::size_t number = 0; number < outcomes.size(); ++number) {
    if (outcomes[number] == Traffic::Outcome::answered && log.count(number) == 0) ++unseen_successes;
  }
  CHECK(repeated_posts == std::vector<std::string>());
  CHECK(unseen_successes == 0);
  for (const int status : {200, 202, 429, 444, 503}) CHECK(met.count(status) == 1);
}

}  // namespace

TEST_CASE("soak - over HTTP/2, connections that end and streams that are reset lose and repeat nothing", "[soak]") {
  const std::chrono::milliseconds time = endurance::time_for("EXHIBITOR_SOAK_SECONDS");
  const Api api;
  const Footprint before;
  soak::Record record(time);
  {
    Traffic traffic(api.client());
    for (auto left = time; left.count() > 0; left -= 500ms) {
      record.go_on(500ms, [] { return true; });
      api.reload();
    }
    record.go_on(0ms, [&] { return traffic.told() >= enough_calls; });
    const auto& outcomes = traffic.end();
    CHECK(traffic.broken() == std::set<std::string>());
    check_log(api, outcomes);
    const auto answered = std::count(outcomes.begin(), outcomes.end(), Traffic::Outcome::answered);
    INFO(outcomes.size() << " calls, " << answered << " answered");
    CHECK(answered * 10 > static_cast<std::ptrdiff_t>(outcomes.size()) * 9);
  }
  constexpr double mebibyte = 1 << 20;
  const bool settled = time >= 20s;
  CHECK(record.growth(&soak::Sample::allocated, 1) < (settled ? 8 : 32) * mebibyte);
  const Footprint few{before.threads, before.descriptors + 2};  // the issuer may not have closed its side yet
  const Footprint after = endurance::footprint_within(few);
  CHECK(after.threads <= few.threads);
  CHECK(after.descriptors <= few.descriptors);
}
