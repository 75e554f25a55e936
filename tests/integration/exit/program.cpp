// SPDX-License-Identifier: MIT

// Exits in one of the ways that a program exits in the midst of its calls; for exit_test.sh, against a sandbox. The
// exit code is 0 when the process came to its own end.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <movio/exhibitor.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace {

namespace ex = movio::exhibitor;

constexpr int threads = 8;

/// How far the end of the library's thread is, when it is watched: a thread has things to do after its last function.
enum class ThreadEnd { unwatched, awaited, come };
std::atomic<ThreadEnd> thread_end{ThreadEnd::unwatched};

struct SlowThreadEnd {
  ~SlowThreadEnd() {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    thread_end = ThreadEnd::come;
  }
};

/// Looks, and makes calls, when the library's exit handler has run already: it was made before the library was
/// initialised, so its destructor comes after.
struct Late {
  std::optional<ex::ExhibitorClient> client;
  ~Late();
};
Late late;  // NOLINT(cert-err58-cpp)

std::optional<ex::ExhibitorClient> client;  // NOLINT(cert-err58-cpp)

ex::HttpRequest put() {
  ex::HttpRequest request;
  request.method = "PUT";
  request.path = "/films";
  request.body = ex::Body(R"([{"film_id": "f1", "title": "A"}])");
  return request;
}

[[noreturn]] void fail(const std::string& what) {
  std::cerr << what << std::endl;  // NOLINT(performance-avoid-endl): the next line is the end
  std::_Exit(1);
}

void require(const ex::Result<ex::HttpResponse>& answer) {
  if (!answer) fail("a call failed: " + answer.error().message);
}

Late::~Late() {
  if (thread_end == ThreadEnd::awaited) fail("the library's thread runs on after the exit handler");
  if (!client) return;
  const auto answer = client->send(put());
  if (answer || answer.error().kind != ex::ErrorKind::cancelled) fail("a call after the exit handler is not cancelled");
  client->send_async(put(), [](const auto&) {});
}

/// Returns when each of the threads has had an answer; they go on making calls.
void call_from_many_threads() {
  static std::atomic<int> answered{0};
  for (int i = 0; i < threads; ++i) {
    std::thread([own = *client] {  // a copy, which the end of the static one does not touch
      require(own.send(put()));
      ++answered;
      while (true) {
        if (!own.send(put())) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    })
        .detach();
  }
  while (answered < threads) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void call_without_waiting() {
  for (int i = 0; i < 2 * threads; ++i) client->send_async(put(), [](const auto&) {});
}

void keep_connections() {
  require(client->send(put()));
  require(client->send_async(put()).get());
}

void exit_in_a_completion() {
  client->send_async(put(), [](const auto&) { std::exit(0); });  // NOLINT(concurrency-mt-unsafe): that is the test
  while (true) ::pause();
}

void drop_the_client_in_a_completion() {
  auto last = std::make_shared<std::optional<ex::ExhibitorClient>>(std::move(client));
  client.reset();
  last->value().send_async(put(), [last](const auto&) { last->reset(); });
}

void end_the_thread_slowly(bool with_the_client) {
  const auto watched = std::make_shared<std::promise<void>>();
  auto last = std::make_shared<std::optional<ex::ExhibitorClient>>(*client);
  if (with_the_client) client.reset();
  last->value().send_async(put(), [last, watched](const auto&) {
    thread_local const SlowThreadEnd slow;
    static_cast<void>(slow);
    thread_end = ThreadEnd::awaited;
    last->reset();
    watched->set_value();
  });
  last.reset();
  watched->get_future().wait();
}

/// The child exits in the midst of calls of its own, of which the parent must not notice anything.
void fork_in_between() {
  keep_connections();
  call_without_waiting();
  const pid_t child = ::fork();
  if (child == 0) {
    keep_connections();
    call_from_many_threads();
    call_without_waiting();
    return;
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) fail("the child's status: " + std::to_string(status));
  keep_connections();
}

/// The child does not make calls: all it has is its parent's.
void fork_and_exit_at_once() {
  keep_connections();
  call_from_many_threads();
  call_without_waiting();
  const pid_t child = ::fork();
  if (child == 0) {
    late.client = client;
    return;
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) fail("the child's status: " + std::to_string(status));
}

struct Way {
  std::string_view name;
  std::function<void()> run;
};

const std::array<Way, 10>& ways() {
  static const std::array<Way, 10> all{{
      {"idle", keep_connections},
      {"blocking", call_from_many_threads},
      {"async", call_without_waiting},
      {"everything",
       [] {
         late.client = client;
         keep_connections();
         call_from_many_threads();
         call_without_waiting();
       }},
      {"exit_in_completion",
       [] {
         call_from_many_threads();
         call_without_waiting();
         exit_in_a_completion();
       }},
      {"last_client", drop_the_client_in_a_completion},
      {"slow_thread",
       [] {
         late.client = client;  // or else the client's end would wait for the thread before the look
         end_the_thread_slowly(false);
       }},
      {"slow_thread_of_last_client", [] { end_the_thread_slowly(true); }},
      {"fork", fork_in_between},
      {"fork_at_once", fork_and_exit_at_once},
  }};
  return all;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view name = count > 1 ? arguments[1] : "";
  for (const auto& way : ways()) {
    if (way.name != name) continue;
    client.emplace(ex::Endpoints{std::getenv("MOVIO_ISSUER_URL"), std::getenv("MOVIO_API_URL")},
                   ex::credentials_from_environment());
    way.run();
    return 0;
  }
  std::cerr << "usage: exit_program WAY\n";
  return 2;
}
