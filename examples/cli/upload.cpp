#include "upload.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "interrupt.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "resources.hpp"
#include "settings.hpp"

namespace cli {
namespace {

/// Numbers of lines, for people: the first ones.
class LineNumbers {
 public:
  void add(const std::string& line) {
    constexpr int most = 10;
    if (++count_ <= most) text_ += (text_.empty() ? "" : ", ") + line;
    if (count_ == most + 1) text_ += ", ...";
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  int count_ = 0;
  std::string text_;
};

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
  if (options.journal && options.file == "-") {
    return usage("standard input cannot be read again, so --journal needs a FILE");
  }
  std::error_code none;
  const auto size = std::filesystem::file_size(options.file, none);
  if (!none) bulk.input_bytes = size;
  return bulk;
}

std::string summary(const ex::BulkReport& report) {
  const nlohmann::ordered_json line{{"total", report.read},
                                    {"created_count", report.counts.created},
                                    {"updated_count", report.counts.updated},
                                    {"rejected_count", report.counts.rejected},
                                    {"retried", report.counts.retried},
                                    {"batches", report.counts.batches},
                                    {"seconds", static_cast<double>(report.duration.count()) / 1000},
                                    {"resumed", report.resumed}};
  return line.dump() + '\n';
}

/// Says what became of the records; gives the exit code.
int conclude(const ex::BulkReport& report, const LineNumbers& rejected, const LineNumbers& superseded,
             const Options& options) {
  if (!superseded.text().empty()) {
    note("not sent, as a later record has the same id: " + std::to_string(report.counts.superseded) + " (line " +
         superseded.text() + ')');
  }
  if (const auto written = write_output(summary(report)); !written) return cli::report(written.error());
  if (report.error) return cli::report(*report.error);
  if (report.counts.rejected == 0) return 0;
  const std::string where = options.rejects ? "; see " + *options.rejects : "; --rejects FILE keeps them, and why";
  const std::string lines = rejected.text().empty() ? "" : " (line " + rejected.text() + ')';
  const std::string count = std::to_string(report.counts.rejected);
  return cli::report(failure(ex::ErrorKind::rejected, "records that were rejected: " + count + lines + where));
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
  LineNumbers rejected;
  LineNumbers superseded;
  bulk->on_reject = [&](const ex::BulkReject& reject) { rejected.add(std::to_string(reject.line)); };
  bulk->on_superseded = [&](std::uint64_t line, std::uint64_t later) {
    superseded.add(std::to_string(line) + " by " + std::to_string(later));
  };
  std::optional<ProgressDisplay> display;
  if (!options.no_progress) {
    display.emplace(bulk->input_bytes);
    bulk->on_progress = [&display](const ex::BulkProgress& progress) { display->show(progress); };
  }
  const ex::ExhibitorClient client(settings->endpoints, settings->credentials, settings->client);
  const ex::BulkReport report = ((*resource)->*work)(ex::Bulk(client, *std::move(bulk)), *std::move(bytes));
  display.reset();
  return conclude(report, rejected, superseded, options);
}

}  // namespace

int upload_command(const Options& options) { return run(options, &Resource::upload); }

int delete_many_command(const Options& options) { return run(options, &Resource::remove); }

}  // namespace cli
