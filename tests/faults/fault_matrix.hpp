// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "fault_server.hpp"
#include "integration.hpp"
#include "support.hpp"

/// The fault matrix as data: rows of faults, columns of calls, and the code that runs, checks and prints them.
namespace faults {

namespace ex = movio::exhibitor;

using std::chrono::milliseconds;

/// What stands in the API's place, made anew for every call of the matrix.
class Fault {
 public:
  using Send = std::function<void(ex::HttpRequest)>;

  Fault() = default;
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;
  virtual ~Fault() = default;

  [[nodiscard]] virtual std::string url() const = 0;
  [[nodiscard]] virtual int requests() const { return 0; }     ///< That came completely.
  [[nodiscard]] virtual int connections() const { return 0; }  ///< That were accepted.
  [[nodiscard]] virtual int strays() const { return 0; }       ///< What came where nothing may come.

  /// What has to happen before the call that counts.
  virtual void prepare(const Send& /*send*/) {}
};

/// A column.
struct Call {
  std::string method;
  bool has_body;

  [[nodiscard]] std::string name() const { return method + (method == "POST" && !has_body ? ", no body" : ""); }
};

/// A count that depends on libcurl's version, which may repeat a request by itself.
inline constexpr int any = -1;

struct Expected {
  std::string outcome;  ///< "200", or the error's kind and its status if there is one.
  int attempts;
  int requests;
  int connections;
  milliseconds at_least{0};
};

/// A POST with a body on a kept connection that has died. libcurl before 8.22 notices that before it sends; newer ones
/// look at most once a second, and then the body cannot be rewound for another connection.
inline Expected post_on_dead_connection() {
  constexpr unsigned looks_once_a_second = 0x081501;
  if (curl_version_info(CURLVERSION_NOW)->version_num < looks_once_a_second) return {"200", 1, 1, 1};
  return {"connection", 1, 0, 0};
}

struct Limits {
  milliseconds timeout{20'000};
  milliseconds connect_timeout{20'000};
  std::chrono::seconds stall_timeout{20};
  std::size_t max_response_bytes = std::size_t{1} << 20U;
};

struct Row {
  std::string fault;
  std::function<std::shared_ptr<Fault>()> begin;
  std::vector<Expected> expected;  ///< One for each column.
  std::string says{};              ///< A part of the message of every error.
  Limits limits{};
  std::string unsaid{};  ///< What no error may say, because it would mislead.
};

struct Table {
  std::string title;
  std::vector<Call> calls;
  std::vector<Row> rows;
  std::string ca_file{};
  unsigned threads = 8;  ///< 1 when the faults are in the environment.
};

/// How long anything may take beyond what it must: machines are slow at times, but nothing may hang.
inline constexpr milliseconds grace{10'000};

inline constexpr const char* bearer = "the-b3arer-of-the-matrix";

/// An issuer for whoever asks: tokens are not what is at fault here.
class Issuer {
 public:
  Issuer() : server_(over_plain_http()) {
    server_.intercept_token([](const httplib::Request&, httplib::Response& answer) {
      answer.set_content(
          R"({"token_type": "Bearer", "expires_in": 3600, "access_token": ")" + std::string(bearer) + "\"}",
          "application/json");
      return true;
    });
  }
  [[nodiscard]] std::string url() const { return server_.issuer_url(); }

 private:
  static sandbox::Options over_plain_http() {
    sandbox::Options options;
    options.plain_http = true;
    return options;
  }
  sandbox::Sandbox server_;
};

/// What came of one call.
struct Seen {
  std::string outcome;
  int attempts = 0;
  int requests = 0;
  int connections = 0;
  int strays = 0;
  milliseconds took{0};
  std::string error;        ///< Every text of it, `details` too.
  int error_attempts = -1;  ///< As the error has it; -1 without one.
};

/// One call of one row with one of the two drivers.
class Cell {
 public:
  Cell(const Issuer& issuer, const Table& table, const Row& row, std::size_t column, bool async)
      : issuer_(issuer), table_(table), row_(row), column_(column), async_(async) {}

  void run() noexcept try {
    const auto fault = row_.begin();
    const ex::ExhibitorClient client({issuer_.url(), fault->url(), true}, integration::credentials_of_sandbox(),
                                     options());
    (void)client.provider()->token();  // so that what is measured is the call
    fault->prepare([&](ex::HttpRequest request) { (void)send(client, std::move(request)); });
    attempts_ = 0;
    const auto begun = std::chrono::steady_clock::now();
    note(send(client, request()));
    seen_.took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
    seen_.attempts = attempts_;
    await_counts(*fault);
    seen_.requests = fault->requests();
    seen_.connections = fault->connections();
    seen_.strays = fault->strays();
  } catch (const std::exception& failure) {
    seen_.outcome = failure.what();
  }

  [[nodiscard]] const Seen& seen() const { return seen_; }

  /// What is not as the table says; empty when all is.
  [[nodiscard]] std::string complaint() const {
    std::ostringstream out;
    const auto differs = [&](const char* what, const auto& got, const auto& wanted) {
      if (got != wanted) out << what << ' ' << got << " instead of " << wanted << "; ";
    };
    differs("outcome", seen_.outcome, expected().outcome);
    const auto miscounts = [&](const char* what, int got, int wanted) {
      if (wanted != any) differs(what, got, wanted);
    };
    miscounts("attempts", seen_.attempts, expected().attempts);
    miscounts("requests", seen_.requests, expected().requests);
    miscounts("connections", seen_.connections, expected().connections);
    differs("strays", seen_.strays, 0);
    if (seen_.error_attempts >= 0) differs("Error::attempts", seen_.error_attempts, seen_.attempts);
    if (seen_.took < expected().at_least) out << "it took only " << seen_.took.count() << " ms; ";
    if (seen_.took > expected().at_least + grace) out << "it took " << seen_.took.count() << " ms; ";
    if (seen_.error_attempts >= 0 && seen_.error.find(row_.says) == std::string::npos) {
      out << "the error does not say \"" << row_.says << "\"; ";
    }
    if (!row_.unsaid.empty() && seen_.error.find(row_.unsaid) != std::string::npos) {
      out << "the error says \"" << row_.unsaid << "\"; ";
    }
    for (const char* secret : {bearer, "PLANTED", "sandbox-secret"}) {
      if (seen_.error.find(secret) != std::string::npos) out << "the error holds a secret; ";
    }
    if (out.str().empty()) return {};
    return row_.fault + ", " + table_.calls[column_].name() + (async_ ? ", asynchronous: " : ", blocking: ") +
           out.str() + '\n' + seen_.error;
  }

 private:
  [[nodiscard]] const Expected& expected() const { return row_.expected.at(column_); }

  [[nodiscard]] ex::ClientOptions options() {
    ex::ClientOptions made;
    made.timeout = row_.limits.timeout;
    made.retry.max_attempts = 2;
    made.retry.first_pause = made.retry.longest_pause = milliseconds(20);
    made.curl.ca_file = table_.ca_file;
    made.curl.connect_timeout = row_.limits.connect_timeout;
    made.curl.stall_timeout = row_.limits.stall_timeout;
    made.on_event = [this](const ex::Event& event) {
      if (event.kind == ex::EventKind::attempt_started) ++attempts_;
    };
    return made;
  }

  [[nodiscard]] ex::HttpRequest request() const {
    auto made = integration::api_call(table_.calls[column_].method, "/films");
    if (table_.calls[column_].has_body) made.body = ex::Body(R"([{"film_id": "f1"}])");
    made.max_response_bytes = row_.limits.max_response_bytes;
    return made;
  }

  [[nodiscard]] ex::Result<ex::HttpResponse> send(const ex::ExhibitorClient& client, ex::HttpRequest request) const {
    return async_ ? client.send_async(std::move(request)).get() : client.send(std::move(request));
  }

  void note(const ex::Result<ex::HttpResponse>& result) {
    if (result) {
      seen_.outcome = std::to_string(result->status);
      return;
    }
    const ex::Error& error = result.error();
    seen_.outcome = std::string(ex::to_string(error.kind));
    if (error.http_status != 0) seen_.outcome += ' ' + std::to_string(error.http_status);
    seen_.error = support::all_text(error);
    seen_.error_attempts = error.attempts;
  }

  /// The server's threads may be behind the client; but none of them counts down.
  void await_counts(const Fault& fault) const {
    const auto end = std::chrono::steady_clock::now() + grace;
    while ((fault.requests() < expected().requests || fault.connections() < expected().connections) &&
           std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(milliseconds(5));
    }
  }

  const Issuer& issuer_;
  const Table& table_;
  const Row& row_;
  const std::size_t column_;
  const bool async_;
  std::atomic<int> attempts_{0};
  Seen seen_;
};

/// Runs every cell of a table with both drivers, prints it and checks it.
class Matrix {
 public:
  explicit Matrix(Table table) : table_(std::move(table)) {
    for (const auto& row : table_.rows) {
      for (std::size_t column = 0; column < table_.calls.size(); ++column) {
        for (const bool async : {false, true}) {
          cells_.push_back(std::make_unique<Cell>(issuer_, table_, row, column, async));
        }
      }
    }
  }

  void run() {
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    const auto work = [&] {
      for (auto i = next++; i < cells_.size(); i = next++) cells_[i]->run();
    };
    for (unsigned i = 1; i < table_.threads; ++i) threads.emplace_back(work);
    work();
    for (auto& thread : threads) thread.join();
    print(std::cout);
    for (const auto& cell : cells_) {
      const auto complaint = cell->complaint();
      INFO(complaint);
      CHECK(complaint.empty());
    }
  }

 private:
  static constexpr int fault_width = 46;
  static constexpr int outcome_width = 18;
  static constexpr int counts_width = 9;

  /// What the blocking call saw; the asynchronous one is held to the same.
  void print(std::ostream& out) const {
    out << '\n' << std::left << std::setw(fault_width) << table_.title;
    for (const auto& call : table_.calls) out << "| " << std::setw(outcome_width + counts_width) << call.name();
    out << "|    ms\n";
    for (std::size_t row = 0; row < table_.rows.size(); ++row) print_row(out, row);
    out << std::flush;
  }

  void print_row(std::ostream& out, std::size_t row) const {
    const std::size_t per_row = table_.calls.size() * 2;
    milliseconds slowest{0};
    out << std::setw(fault_width) << table_.rows[row].fault;
    for (std::size_t i = row * per_row; i < (row + 1) * per_row; ++i) {
      const Seen& seen = cells_[i]->seen();
      slowest = std::max(slowest, seen.took);
      if (i % 2 != 0) continue;
      std::ostringstream counts;
      counts << seen.attempts << " / " << seen.requests << " / " << seen.connections;
      out << "| " << std::setw(outcome_width) << seen.outcome << std::setw(counts_width) << counts.str();
    }
    out << "| " << std::right << std::setw(6) << slowest.count() << std::left << '\n';
  }

  const Issuer issuer_;
  const Table table_;
  std::vector<std::unique_ptr<Cell>> cells_;
};

}  // namespace faults
