// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <httplib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bulk_fixture.hpp"
#include "catch.hpp"
#include "integration.hpp"

namespace ex = movio::exhibitor;
using bulk::rejected_lines;
using nlohmann::json;
using support::content_of;

namespace {

constexpr int lines_count = 2000;
const std::string others_reject = "{\"line\":0,\"record\":\"what another upload has left\"}\n";

/// An input, and what shall have become of it.
struct Input {
  std::string lines;
  std::map<std::string, json> members;  // the good ones by id
  std::vector<std::uint64_t> bad;       // lines

  Input(std::mt19937& random, const std::string& prefix) {
    for (std::uint64_t line = 1; line <= lines_count; ++line) {
      const bool is_bad = random() % 150 == 0;
      const std::string id = prefix + (is_bad ? "bad" + std::to_string(line) : std::to_string(random() % 1500));
      const std::string name = "name " + std::to_string(line);
      const json member{
          {"member_id", id}, {"gender", is_bad ? "ODD" : "MALE"}, {"status", "ISSUED"}, {"first_name", name}};
      lines += member.dump() + '\n';
      if (is_bad) {
        bad.push_back(line);
      } else {
        members[id] = member;
      }
    }
  }
};

/// Every so many requests something goes wrong.
class Faults {
 public:
  std::atomic<bool> enabled{false};

  bool operator()(const httplib::Request& /*request*/, httplib::Response& response) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto lot = random_() % 100;
    if (!enabled || lot >= 3) return false;  // each costs a pause of about a second
    response.status = lot == 0 ? 429 : (lot == 1 ? 503 : 500);
    return true;
  }

 private:
  std::mutex mutex_;
  std::mt19937 random_{20261125};
};

struct Paths {
  explicit Paths(const std::string& directory)
      : input(directory + "input"),
        journal(directory + "journal"),
        rejects(directory + "rejects"),
        report(directory + "report") {}

  std::string input, journal, rejects, report;
};

/// What the child is told in its environment.
std::string told(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

/// An upload whose report is left in a file when it came to its end.
void upload(const Paths& paths) {
  ex::ClientOptions client_options;
  client_options.curl.ca_file = told("KILLED_CA_FILE");
  client_options.retry.first_pause = client_options.retry.longest_pause = std::chrono::milliseconds(5);
  ex::BulkOptions options;
  options.batch_size = 25;
  options.in_flight = 4;
  options.journal = paths.journal;
  options.rejects = paths.rejects;
  const ex::Endpoints endpoints{told("KILLED_ISSUER"), told("KILLED_API"), true};
  const ex::ExhibitorClient client(endpoints, integration::credentials_of_sandbox(), client_options);
  const ex::Bulk uploader(client, options);
  std::ifstream input(paths.input);
  const auto report = uploader.upsert_ndjson<ex::Member>(ex::bytes_of(input));
  const auto& counts = report.counts;
  const json line{{"error", report.error ? report.error->message : ""},
                  {"read", report.read},
                  {"accepted", counts.accepted},
                  {"created", counts.created},
                  {"updated", counts.updated},
                  {"superseded", counts.superseded},
                  {"rejected", counts.rejected},
                  {"not_sent", report.not_sent},
                  {"resumed", report.resumed}};
  std::ofstream(paths.report) << line.dump();
}

/// This program in a process of its own, in which it does nothing but the upload.
pid_t begin_upload(const sandbox::Sandbox& sandbox, const std::string& directory) {
  std::vector<std::string> environment{"KILLED_CA_FILE=" + sandbox.ca_file(), "KILLED_ISSUER=" + sandbox.issuer_url(),
                                       "KILLED_API=" + sandbox.api_url(), "KILLED_DIRECTORY=" + directory};
  std::vector<char*> variables;
  for (auto& variable : environment) variables.push_back(variable.data());
  variables.push_back(nullptr);
  std::string program = "/proc/self/exe";
  std::string tag = "[.bulk_upload_to_kill]";
  char* const arguments[] = {program.data(), tag.data(), nullptr};
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);  // what Catch2 has to say of it
  ::execve(program.c_str(), arguments, variables.data());
  ::_exit(1);
}

/// Whether the child came to its end before it was killed.
bool survives(pid_t child, std::chrono::microseconds until_kill) {
  const auto kill_at = std::chrono::steady_clock::now() + until_kill;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() >= kill_at) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return WIFEXITED(status);
}

void check_outcome(const sandbox::Sandbox& sandbox, const Input& input, const Paths& paths) {
  const auto report = json::parse(content_of(paths.report));
  CAPTURE(report.dump());
  CHECK(report["error"] == "");
  CHECK(report["read"] == lines_count);
  CHECK(report["not_sent"] == 0);
  CHECK(report["rejected"] == input.bad.size());
  CHECK(report["accepted"].get<std::uint64_t>() + report["superseded"].get<std::uint64_t>() +
            report["rejected"].get<std::uint64_t>() ==
        lines_count);
  CHECK(report["created"].get<std::uint64_t>() + report["updated"].get<std::uint64_t>() == report["accepted"]);
  CHECK(content_of(paths.rejects).substr(0, others_reject.size()) == others_reject);
  std::vector<std::uint64_t> rejected = rejected_lines(paths.rejects);
  CHECK(rejected.front() == 0);
  rejected.erase(rejected.begin());
  CHECK(rejected == input.bad);
  std::size_t wrong = 0;
  for (const auto& [id, member] : input.members) {
    if (!sandbox.has_record("members", id, member)) ++wrong;
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("bulk - an upload that is killed again and again loses nothing", "[bulk]") {
  constexpr int wanted_kills = 150;
  std::mt19937 random(7);
  sandbox::Sandbox sandbox;
  const auto faults = std::make_shared<Faults>();
  sandbox.intercept_api([faults](const auto& request, auto& response) { return (*faults)(request, response); });
  int kills = 0;
  std::chrono::microseconds usual(0);  // how long an upload takes without a kill or a fault
  for (int round = 0; kills < wanted_kills; ++round) {
    CAPTURE(round);
    const support::TemporaryDirectory directory;
    const Paths paths(directory.path() + '/');
    const Input input(random, "r" + std::to_string(round) + '-');
    std::ofstream(paths.input) << input.lines;
    std::ofstream(paths.rejects) << others_reject;
    for (bool ended = false; !ended;) {
      const auto begun = std::chrono::steady_clock::now();
      const pid_t child = begin_upload(sandbox, directory.path() + '/');
      const bool first = usual.count() == 0;
      const std::chrono::microseconds until_kill(
          first ? std::int64_t{60'000'000}
                : static_cast<std::int64_t>(random() % static_cast<unsigned>(usual.count())));
      ended = survives(child, until_kill);
      if (!ended) ++kills;
      if (first) {
        faults->enabled = true;
        usual = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
      }
    }
    check_outcome(sandbox, input, paths);
  }
  CHECK(kills >= wanted_kills);
}

TEST_CASE("bulk - the upload that another test kills", "[.bulk_upload_to_kill]") {
  upload(Paths(told("KILLED_DIRECTORY")));
}
