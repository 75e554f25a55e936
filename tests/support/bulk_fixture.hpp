// SPDX-License-Identifier: MIT
#pragma once

// What the tests of bulk runs share: an API that takes records, and misbehaves as it is told.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <movio/exhibitor/bulk/bulk.hpp>
#include <movio/exhibitor/detail/text/encoding.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "fixtures.hpp"
#include "support.hpp"

namespace bulk {

namespace ex = movio::exhibitor;
using nlohmann::json;

/// A clock on which every wait is over at once. What else could happen meanwhile happens first.
class HurryingClock : public ex::FakeClock {
 public:
  std::function<bool()> happen = [] { return false; };

  void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& /*changed*/, Steady until) override {
    lock.unlock();
    const bool happened = happen();
    lock.lock();
    if (happened) return;
    if (until == Steady::max()) fixtures::give_up("a wait without an end, and nobody to end it");
    advance(std::chrono::ceil<std::chrono::milliseconds>(until - now()));
  }
};

/// An error as the API answers it: with a message of its own.
inline ex::HttpResponse api_error(int status) { return ex::json_response(status, R"({"message":"the API says no"})"); }

/// Keeps films by their id. `judge` may answer a request in its place.
class FilmApi : public ex::FakeTransport {
 public:
  using Judge = std::function<std::optional<Answer>(const ex::TransportRequest&)>;

  bool name_entities = false;
  bool deferred = false;  ///< Requests wait for `answer_one`.
  Judge judge = [](const ex::TransportRequest&) { return std::nullopt; };
  std::map<std::string, std::string> films;       ///< Their titles.
  std::vector<std::vector<std::string>> batches;  ///< The ids of each request that came.

  void start(ex::TransportRequest request, Completion completion) override {
    if (request.method == "POST") return FakeTransport::start(std::move(request), std::move(completion));
    note(request);
    waiting_.push_back([this, request = std::move(request), completion = std::move(completion)] {
      const auto judged = judge(request);
      completion(judged ? *judged : take(request));
    });
    if (!deferred) answer_one(0);
  }

  /// Takes and answers one of the requests that wait; false when none does.
  bool answer_one(std::size_t lot) {
    if (waiting_.empty()) return false;
    const auto chosen = waiting_.begin() + static_cast<std::ptrdiff_t>(lot % waiting_.size());
    const Task answer = std::move(*chosen);
    waiting_.erase(chosen);
    answer();
    return true;
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  static std::string id_in_path(const ex::TransportRequest& request) {
    return *ex::detail::percent_decode(request.url.substr(request.url.rfind('/') + 1));
  }

  void note(const ex::TransportRequest& request) {
    std::vector<std::string> ids;
    if (request.method == "PUT") {
      for (const auto& film : json::parse(request.body.bytes())) ids.push_back(film["film_id"]);
    } else {
      ids.push_back(id_in_path(request));
    }
    batches.push_back(std::move(ids));
  }

  Answer take(const ex::TransportRequest& request) {
    if (request.method == "DELETE") {
      return films.erase(id_in_path(request)) != 0 ? ex::HttpResponse{204} : api_error(404);
    }
    const auto records = json::parse(request.body.bytes());
    if (auto refusal = refuse(records)) return *std::move(refusal);
    std::size_t created = 0;
    for (const auto& film : records) {
      created += films.insert_or_assign(film["film_id"].get<std::string>(), film["title"].get<std::string>()).second;
    }
    return ex::json_response(
        202, json{{"total", records.size()}, {"created_count", created}, {"updated_count", records.size() - created}}
                 .dump());
  }

  /// As the vendor's page has it: one bad film, and none is taken.
  std::optional<Answer> refuse(const json& records) const {
    json entities = json::array();
    for (const auto& film : records) {
      if (film["title"] != "bad") continue;
      entities.push_back(name_entities ? json{{"film_id", film["film_id"]}, {"errors", "the title is bad"}}
                                       : json{{"error", "the title is bad"}});
    }
    if (entities.empty()) return std::nullopt;
    return ex::json_response(400, json{{"message", "Bulk request failed"}, {"entities", entities}}.dump());
  }

  std::vector<Task> waiting_;
};

inline std::string film_line(const std::string& id, const std::string& title) {
  return json{{"film_id", id}, {"title", title}}.dump() + '\n';
}

/// So many of them, with the ids f1, f2, ...
inline std::string film_lines(int count) {
  std::string lines;
  for (int i = 1; i <= count; ++i) lines += film_line("f" + std::to_string(i), "title");
  return lines;
}

/// A judge that takes no larger body.
inline FilmApi::Judge up_to(std::size_t bytes) {
  return [bytes](const ex::TransportRequest& request) -> std::optional<ex::FakeTransport::Answer> {
    if (request.body.bytes().size() <= bytes) return std::nullopt;
    return ex::json_response(413);
  };
}

/// A judge that takes so many requests, and then none that the token would be good for.
inline FilmApi::Judge only_first(std::size_t count) {
  return [left = count](const ex::TransportRequest&) mutable -> std::optional<ex::FakeTransport::Answer> {
    if (left == 0) return api_error(403);
    --left;
    return std::nullopt;
  };
}

/// The lines that a rejects file names, in their order.
inline std::vector<std::uint64_t> rejected_lines(const std::string& path) {
  std::vector<std::uint64_t> lines;
  std::istringstream rejects(support::content_of(path));
  for (std::string line; std::getline(rejects, line);) lines.push_back(json::parse(line)["line"]);
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// A bulk upload of films to that API.
struct Fixture {
  std::shared_ptr<FilmApi> api = std::make_shared<FilmApi>();
  std::shared_ptr<HurryingClock> clock = std::make_shared<HurryingClock>();
  support::TemporaryDirectory directory;
  ex::BulkOptions options;
  int max_attempts = 1;  ///< Of one call.
  ex::CredentialSource source = ex::credentials("client-1", ex::Secret(fixtures::planted_secret));
  std::vector<ex::BulkReject> rejects;
  std::map<std::uint64_t, std::uint64_t> superseded;

  Fixture() {
    options.on_reject = [this](const ex::BulkReject& reject) { rejects.push_back(reject); };
    options.on_superseded = [this](std::uint64_t line, std::uint64_t later) { superseded[line] = later; };
  }

  [[nodiscard]] ex::Bulk bulk() const {
    fixtures::Rig rig;
    rig.client_options.retry.max_attempts = max_attempts;
    ex::TokenOptions token;
    token.clock = clock;
    const auto provider = std::make_shared<ex::TokenProvider>(rig.endpoints, source, token, api);
    return ex::Bulk(ex::ExhibitorClient(provider, rig.client_options), options);
  }

  /// So many requests of one record each are in flight, and are answered one at a time, in the order in which they
  /// came.
  void answer_in_turn(int in_flight) {
    options.batch_size = 1;
    options.in_flight = in_flight;
    api->deferred = true;
    clock->happen = [this] { return api->answer_one(0); };
  }

  [[nodiscard]] ex::BulkReport upload(const std::string& lines) const {
    std::istringstream stream(lines);
    return bulk().upsert_ndjson<ex::Film>(ex::bytes_of(stream));
  }
};

inline bool adds_up(const ex::BulkReport& report) {
  const auto& counts = report.counts;
  return report.read == counts.accepted + counts.superseded + counts.rejected + counts.absent + report.not_sent;
}

}  // namespace bulk
