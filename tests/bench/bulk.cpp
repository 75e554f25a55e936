// SPDX-License-Identifier: MIT

// What it costs to upload many members, beside a loop as anybody would write it and the limit of libcurl. run.sh builds
// and runs it. It is a report: no number makes it fail.

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

#include "bulk_process.hpp"
#include "bulk_table.hpp"
#include "bulk_ways.hpp"
#include "calls_server.hpp"

namespace {

struct Options {
  std::size_t records = 1'000'000;
  std::size_t many_records = 10'000'000;
  int repetitions = 5;
  std::string protocol = "https";
  // A measurement's own:
  std::string way;
  std::string url;
  std::string ca_file;
};

void measure_here(const Options& options) {
  for (const auto& way : bench::upload_ways()) {
    if (way.name != options.way) continue;
    const bench::Target target{options.url, options.ca_file};
    bench::tell(bench::measure([&] { return way.prepare(target, options.records); }));
  }
}

bench::Cost measure_there(const Options& options, const bench::Server& server, const std::string& way,
                          std::size_t records) {
  const auto target = server.target(options.protocol);
  return bench::measured_by("--way=" + way + " --url=" + target.url + " --ca-file='" + target.ca_file +
                            "' --records=" + std::to_string(records));
}

void measure_all(const Options& options) {
  bench::run_on({1});
  const bench::Server server_on_other_core;
  bench::run_on({0, 1});
  const bench::Server server;

  bench::UploadTable on_one("One core, and one for the server", options.records);
  bench::UploadTable on_two("Two cores, the server's too", options.records);
  for (int i = 0; i < options.repetitions; ++i) {
    for (const auto& way : bench::upload_ways()) {
      bench::run_on({0});
      on_one.add(way.name, measure_there(options, server_on_other_core, way.name, options.records));
      bench::run_on({0, 1});
      on_two.add(way.name, measure_there(options, server, way.name, options.records));
    }
  }
  on_one.print();
  on_two.print();

  bench::UploadTable many("Memory of more", options.many_records);
  if (options.many_records == 0) return;
  for (const char* way : {"ndjson", "ndjson-journal", "structs"}) {
    many.add(way, measure_there(options, server, way, options.many_records));
  }
  many.print();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Measures uploads of members.");
  app.add_option("--records", options.records, "Records of an upload")->capture_default_str();
  app.add_option("--many-records", options.many_records, "Records of an upload for its memory; 0: none")
      ->capture_default_str();
  app.add_option("--repetitions", options.repetitions, "Of each measurement")->capture_default_str();
  app.add_option("--protocol", options.protocol, "http, https (HTTP/1.1) or h2")->capture_default_str();
  app.add_option("--way", options.way)->group("");  // hidden: this program calls itself
  app.add_option("--url", options.url)->group("");
  app.add_option("--ca-file", options.ca_file)->group("");
  CLI11_PARSE(app, argc, argv);
  if (options.way.empty()) {
    measure_all(options);
  } else {
    measure_here(options);
  }
}
