// SPDX-License-Identifier: MIT
#include "upload.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "id_file.hpp"
#include "interrupt.hpp"
#include "outcome.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "resources.hpp"
#include "settings.hpp"

namespace cli {
namespace {

ex::Error usage(const char* message) { return failure(ex::ErrorKind::invalid_argument, message); }

ex::Result<ex::BulkOptions> bulk_options(const Options& options) {
  ex::BulkOptions bulk;
  bulk.batch_size = options.batch_size.value_or(bulk.batch_size);
  bulk.in_flight = options.in_flight.value_or(bulk.in_flight);
  if (options.max_rejects) bulk.max_rejects = static_cast<std::uint64_t>(*options.max_rejects);
  bulk.journal = options.journal.value_or("");
  bulk.rejects = options.rejects.value_or("");
  if (bulk.batch_size < 1 || bulk.batch_size > 5000) return usage("--batch-size must be 1 to 5000");
  if (bulk.in_flight < 1 || bulk.in_flight > 512) return usage("--in-flight must be 1 to 512");
  if (options.max_rejects.value_or(0) < 0) return usage("--max-rejects must not be negative");
  if (options.rejects == "-" || options.journal == "-") {
    return usage("--rejects and --journal each need a FILE of their own; - does not name one");
  }
  if (options.journal && options.file == "-") {
    return usage("standard input cannot be read again, so --journal needs a FILE");
  }
  std::error_code none;
  const auto size = std::filesystem::file_size(options.file, none);
  if (!none) bulk.input_bytes = size;
  return bulk;
}

using Work = ex::BulkReport (*Resource::*)(const ex::Bulk& bulk, ex::ByteSource bytes);

int run(const Options& options, Work work) {
  const auto resource = find_resource(options.resource);
  if (!resource) return report(resource.error());
  const auto settings = settings_of(options);
  if (!settings) return report(settings.error());
  auto bulk = bulk_options(options);
  if (!bulk) return report(bulk.error());
  const Interrupt interrupt;
  bulk->cancel = interrupt.token();
  auto bytes = ex::bytes_of_file(options.file, interrupt.token());
  if (!bytes) return report(bytes.error());
  std::string first_line;
  Outcome outcome;
  bulk->on_reject = [&outcome](const ex::BulkReject& reject) { outcome.rejected(reject); };
  bulk->on_superseded = [&outcome](std::uint64_t line, std::uint64_t later) { outcome.superseded(line, later); };
  std::optional<ProgressDisplay> display;
  if (!options.no_progress) {
    display.emplace(bulk->input_bytes, options.verbose);
    bulk->on_progress = [&display](const ex::BulkProgress& progress) { display->show(progress); };
  }
  const ex::ExhibitorClient client(settings->endpoints, settings->credentials, settings->client);
  const ex::BulkReport report =
      ((*resource)->*work)(ex::Bulk(client, *std::move(bulk)), keeping_first_line(*std::move(bytes), first_line));
  display.reset();
  return outcome.conclude(report, options.rejects.value_or(""), odd_about_ids(first_line));
}

}  // namespace

int upload_command(const Options& options) { return run(options, &Resource::upload); }

int delete_many_command(const Options& options) { return run(options, &Resource::remove); }

}  // namespace cli
