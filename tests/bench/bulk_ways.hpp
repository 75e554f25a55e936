// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <movio/exhibitor.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/support.hpp"
#include "bulk_members.hpp"
#include "calls_httplib.hpp"
#include "calls_raw.hpp"
#include "calls_server.hpp"

/// The ways to send many members.
namespace bench {

constexpr std::size_t batch_size = 5000;
constexpr int requests_in_flight = 8;

/// What is measured. It is made before the clock starts.
using Upload = std::function<void()>;

/// A loop as anybody would write it: each line is parsed, kept as a DOM, and written again, in one request at a time.
template <class Way>
Upload straightforward(const Target& target, std::size_t records) {
  return [way = std::make_shared<Way>(target), lines = MemberLines(records)]() mutable {
    auto batch = nlohmann::json::array();
    const auto send = [&] {
      way->put(batch.dump());
      batch.clear();
    };
    for (auto line = lines.next(); !line.empty(); line = lines.next()) {
      batch.push_back(nlohmann::json::parse(line));
      if (batch.size() == batch_size) send();
    }
    if (!batch.empty()) send();
  };
}

/// What no upload can pass: the requests alone, with one body that is there already.
inline Upload limit(const Target& target, std::size_t records) {
  std::string body;
  MemberLines lines(batch_size);
  for (auto line = lines.next(); !line.empty(); line = lines.next()) {
    body += body.empty() ? '[' : ',';
    body += line.substr(0, line.size() - 1);
  }
  body += ']';
  return [raw = std::make_shared<Raw>(target), body = std::move(body), records] {
    raw->fly(requests_in_flight, static_cast<int>((records + batch_size - 1) / batch_size), &body);
  };
}

inline void expect_all(const ex::BulkReport& report, std::size_t records) {
  if (!report.error && report.counts.accepted == records) return;
  if (report.error) std::cerr << *report.error << '\n';
  std::abort();
}

inline ex::Bulk bulk(const Target& target, ex::BulkOptions options = {}) {
  ex::ClientOptions client;
  client.curl.ca_file = target.ca_file;
  options.in_flight = requests_in_flight;
  return ex::Bulk(ex::ExhibitorClient({target.url + "/oauth/token", target.url, true},
                                      ex::credentials("id", ex::Secret(std::string("secret"))), client),
                  std::move(options));
}

inline Upload ndjson(const Target& target, std::size_t records) {
  return [bulk = bulk(target), records] {
    expect_all(bulk.upsert_ndjson<ex::Member>(MemberLines::bytes(records)), records);
  };
}

/// As the command line does it, with the journal where temporary files are.
inline Upload ndjson_with_journal(const Target& target, std::size_t records) {
  const auto directory = std::make_shared<support::TemporaryDirectory>();
  ex::BulkOptions options;
  options.journal = directory->path("journal");
  return [directory, bulk = bulk(target, options), records] {
    expect_all(bulk.upsert_ndjson<ex::Member>(MemberLines::bytes(records)), records);
  };
}

inline Upload structs(const Target& target, std::size_t records) {
  MemberLines lines(1);
  const ex::Member member = ex::read_record<ex::Member>(lines.next()).value();
  return [bulk = bulk(target), member, records] {
    ex::Member next = member;
    std::size_t made = 0;
    const auto each = [&]() -> const ex::Member* {
      next.member_id = "M-" + std::to_string(made);
      return made++ < records ? &next : nullptr;
    };
    expect_all(bulk.upsert_each<ex::Member>(each), records);
  };
}

struct UploadWay {
  const char* name;
  Upload (*prepare)(const Target& target, std::size_t records);
};

/// The first is what the others are compared with.
inline const std::vector<UploadWay>& upload_ways() {
  static const std::vector<UploadWay> ways{{"straightforward-libcurl", &straightforward<Raw>},
                                           {"straightforward-cpp-httplib", &straightforward<Httplib>},
                                           {"ndjson", &ndjson},
                                           {"ndjson-journal", &ndjson_with_journal},
                                           {"structs", &structs},
                                           {"limit", &limit}};
  return ways;
}

}  // namespace bench
