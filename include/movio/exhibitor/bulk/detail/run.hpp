// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../client.hpp"
#include "../../core/cancel.hpp"
#include "../../core/new_shared.hpp"
#include "../../detail/os/random.hpp"
#include "../../detail/text/sha256.hpp"
#include "../options.hpp"
#include "batcher.hpp"
#include "files.hpp"
#include "mailbox.hpp"
#include "operation.hpp"
#include "pacing.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// One bulk run: reads, sends, and settles the fate of every record. It runs in one thread; only answers come from
/// another one.
class BulkRun {
 public:
  BulkRun(ExhibitorClient client, BulkOperation operation, RecordSource& source, const BulkOptions& options)
      : client_(std::move(client)),
        clock_(client_.provider()->clock()),
        operation_(operation),
        source_(source),
        options_(options),
        begun_(clock_.now()),
        batcher_(source, operation.one_by_one() ? 1 : options.batch_size, options.batch_bytes),
        pacing_(options.in_flight, options.patience),
        cancelled_(options.cancel, [mailbox = mailbox_] { mailbox->wake(); }),
        either_(options.cancel, end_.token()) {}
  BulkRun(const BulkRun&) = delete;
  BulkRun& operator=(const BulkRun&) = delete;
  ~BulkRun() { end_.cancel(); }  // a hook that throws leaves requests in flight

  BulkReport run() {
    if (auto opened = open(); !opened) {
      stop(std::move(opened.error()));
    } else {
      work();
      conclude();
    }
    return report();
  }

 private:
  struct Shipment {
    Batch batch;
    std::uint64_t number = 0;     // of its request in flight; 0: none is
    bool begun = false;           // a request of it has been sent
    std::uint64_t failed_at = 0;  // the last number when it failed without an explanation

    [[nodiscard]] bool settled() const noexcept { return number == 0 && batch.settled(); }
    [[nodiscard]] bool has_next() const noexcept { return number == 0 && !batch.settled(); }
  };
  using Shipments = std::list<Shipment>;
  enum class Turn { first, yielded };
  static constexpr std::chrono::milliseconds moment{250};  // short for a person who watches

  Result<void> open() {
    const auto first = batcher_.first_checksum();
    if (!first) return first.error();
    const auto identity = identity_of(*first);
    if (!identity) return identity.error();
    auto files = BulkFiles::open(options_.journal, options_.rejects, *identity);
    if (!files) return std::move(files.error());
    files_.emplace(*std::move(files));
    const BulkCounts earlier = files_->earlier();
    known_rejects_ = earlier.rejected;
    if (earlier.accepted + earlier.absent != 0) pacing_.succeeded_before();
    batcher_.pass_over(files_->acknowledged());
    return {};
  }

  /// Identifies an upload in its journal: operation, API, client id and the first record. The credential source is
  /// asked only if there is a journal.
  [[nodiscard]] Result<std::string> identity_of(std::uint64_t first_checksum) const {
    if (options_.journal.empty()) return std::string();
    const auto client = client_.provider()->client_id();
    if (!client) return client.error();
    return operation_.name() + ' ' + client_.provider()->endpoints().api_url + ' ' + fingerprint(*client) + ' ' +
           std::to_string(first_checksum);
  }

  void work() {
    for (;;) {
      const auto now = clock_.now();  // read once: what has to wait by one reading might not by the next
      if (options_.cancel.cancelled()) stop(make_error(ErrorKind::cancelled, "the upload was cancelled"));
      for (auto& letter : mailbox_->take()) settle(std::move(letter), now);
      if (in_flight_ == 0 && pacing_.hopeless()) stop(*pacing_.hopeless());
      acknowledge(false, now);
      tell_progress_in_time(now);
      if (!stopped_ && (send_next(now, Turn::first) || read_next() || send_next(now, Turn::yielded))) continue;
      if (in_flight_ == 0 && acknowledge(true, now)) continue;
      if (in_flight_ == 0 && (stopped_ || shipments_.empty())) return;
      mailbox_->wait(clock_, next_moment(now));
    }
  }

  /// Sends one request if one is due. Batches are sent in the order of the input, except that a batch whose last
  /// request failed without an explanation lets one other go first: whether that succeeds says more than repeating. A
  /// batch that shares an id with an earlier one waits until that is settled, so that the last record of an id wins.
  bool send_next(Clock::Steady now, Turn turn) {
    if (pacing_.hopeless() || in_flight_ >= pacing_.allowed() || now < pacing_.not_before()) return false;
    for (auto shipment = shipments_.begin(); shipment != shipments_.end(); ++shipment) {
      const bool yields = shipment->failed_at != 0 && shipment->failed_at == pacing_.last_sent();
      if (!shipment->has_next() || (yields && turn == Turn::first)) continue;
      if (!shipment->begun && shares_an_id_with_earlier(shipment)) return false;
      dispatch(*shipment);
      return true;
    }
    return false;
  }

  [[nodiscard]] bool shares_an_id_with_earlier(Shipments::iterator shipment) const {
    return std::any_of(shipments_.begin(), Shipments::const_iterator(shipment), [&](const Shipment& earlier) {
      return !earlier.settled() && earlier.batch.shares_an_id_with(shipment->batch);
    });
  }

  void dispatch(Shipment& shipment) {
    shipment.number = pacing_.sent();
    shipment.begun = true;
    shipment.batch.sent();
    HttpRequest request = operation_.request(shipment.batch);
    request.max_attempts = 1;  // the pace says when it goes out again
    request.cancel = either_.token();
    ++in_flight_;
    client_.send_async(std::move(request), [mailbox = mailbox_, number = shipment.number](Result<HttpResponse> answer) {
      mailbox->put({number, std::move(answer)});
    });
  }

  /// Reads one batch ahead. False if one is waiting already, the input has ended, or the memory limit is reached.
  bool read_next() {
    const bool one_waits = !shipments_.empty() && !shipments_.back().begun && shipments_.back().has_next();
    if (one_waits || ended_ || open_shipments() > options_.in_flight) return false;
    auto batch = batcher_.next_batch();
    if (!batch) {
      stop(std::move(batch.error()));
      return true;
    }
    ended_ = !*batch;
    if (ended_) return false;
    if (bytes_before_ == 0) bytes_before_ = source_.bytes();
    count_rejects((*batch)->rejects().size());
    shipments_.push_back(Shipment{**std::move(batch)});
    return true;
  }

  [[nodiscard]] std::ptrdiff_t open_shipments() const {
    return std::count_if(shipments_.begin(), shipments_.end(), [](const Shipment& sent) { return !sent.settled(); });
  }

  void settle(Mailbox::Letter letter, Clock::Steady now) {
    const auto shipment = std::find_if(shipments_.begin(), shipments_.end(),
                                       [&](const Shipment& sent) { return sent.number == letter.number; });
    shipment->number = 0;
    --in_flight_;
    Batch& batch = shipment->batch;
    const auto& answer = letter.answer;
    if (!answer) return settle_failure(*shipment, letter.number, answer.error(), now);
    const auto receipt = operation_.receipt(*answer, batch.piece().records.size());
    if (!receipt) return settle_failure(*shipment, letter.number, receipt.error(), now);
    pacing_.succeeded();
    if (batcher_.is_limited()) batcher_.taken(batch.body().bytes().size());
    batch.accepted(*receipt);
  }

  void settle_failure(Shipment& shipment, std::uint64_t number, const Error& error, Clock::Steady now) {
    Batch& batch = shipment.batch;
    const std::size_t rejects_before = batch.rejects().size();
    switch (operation_.verdict(error)) {
      case Verdict::absent:
        pacing_.succeeded();
        batch.absent();
        break;
      case Verdict::too_large:
        batcher_.too_large(batch.body().bytes().size());
        batch.refused(operation_.messages_of(error), operation_.suspects_in(error));
        break;
      case Verdict::refused:
        pacing_.succeeded();
        batch.refused(operation_.messages_of(error), operation_.suspects_in(error));
        break;
      case Verdict::passing:
        batch.repeat();
        pacing_.failed(number, error, now, chance());
        break;
      case Verdict::unexplained:
        settle_unexplained(shipment, number, operation_.explained(error), now);
        break;
      case Verdict::fatal:
        stop(error);
    }
    count_rejects(batch.rejects().size() - rejects_before);
  }

  void settle_unexplained(Shipment& shipment, std::uint64_t number, Error error, Clock::Steady now) {
    shipment.failed_at = pacing_.last_sent();
    auto messages = operation_.messages_of(error);
    error.message += " (" + shipment.batch.lines() + " of the input)";
    pacing_.failed(number, error, now, chance());
    shipment.batch.failed(std::move(messages), pacing_.successes());
  }

  void count_rejects(std::size_t more) {
    known_rejects_ += more;
    if (known_rejects_ <= options_.max_rejects) return;
    stop(make_error(ErrorKind::rejected,
                    "more than " + std::to_string(options_.max_rejects) +
                        " records were rejected; allow more, or correct the input and begin a new journal"));
  }

  /// Keeps the first reason. Sends nothing more; requests in flight complete.
  void stop(Error error) {
    if (!stopped_) stopped_ = std::move(error);
  }

  /// Journals settled batches and drops them, several per flush to the disk unless `all`. In the input's order: of two
  /// records with the same id the later one is never journaled without the earlier one. False if there was nothing to
  /// do.
  bool acknowledge(bool all, Clock::Steady now) {
    std::vector<const Batch*> settled;
    for (const auto& shipment : shipments_) {
      if (shipment.settled()) settled.push_back(&shipment.batch);
    }
    if (settled.empty() || !(all || are_many(settled) || now >= next_acknowledgement_)) return false;
    next_acknowledgement_ = now + moment;
    if (auto written = files_->settle(settled); !written) stop(std::move(written.error()));
    for (const Batch* batch : settled) tell(*batch);
    shipments_.remove_if([](const Shipment& shipment) { return shipment.settled(); });
    return true;
  }

  [[nodiscard]] bool are_many(const std::vector<const Batch*>& settled) const {
    std::size_t bytes = 0;
    for (const Batch* batch : settled) bytes += batch->sent_bytes();
    return settled.size() >= (operation_.one_by_one() ? 64U : 4U) || bytes >= 2 * usual_request_bytes;
  }

  void tell(const Batch& batch) {
    counts_ += batch.counts();
    if (options_.on_superseded) batch.each_superseded(options_.on_superseded);
    if (!options_.on_reject) return;
    for (const auto& reject : batch.rejects()) options_.on_reject(reject);
  }

  void conclude() {
    for (const auto& shipment : shipments_) {
      not_sent_ += shipment.batch.unsettled();
      if (auto written = files_->add_rejects(shipment.batch); !written) stop(std::move(written.error()));
      tell(shipment.batch);
    }
    if (!stopped_) {
      if (auto finished = files_->finish(); !finished) stop(std::move(finished.error()));
    }
    tell_progress();
  }

  [[nodiscard]] Clock::Steady next_moment(Clock::Steady now) const {
    auto next = options_.on_progress ? next_progress_ : Clock::Steady::max();
    if (std::any_of(shipments_.begin(), shipments_.end(), [](const Shipment& sent) { return sent.settled(); })) {
      next = std::min(next, next_acknowledgement_);
    }
    const bool pausing = !stopped_ && !shipments_.empty() && now < pacing_.not_before();
    return pausing ? std::min(next, pacing_.not_before()) : next;
  }

  void tell_progress_in_time(Clock::Steady now) {
    if (!options_.on_progress || now < next_progress_) return;
    next_progress_ = now + moment;
    tell_progress();
  }

  void tell_progress() const {
    if (!options_.on_progress) return;
    BulkProgress progress;
    progress.read = batcher_.read();
    progress.bytes = source_.bytes();
    progress.counts = counts();
    progress.in_flight = in_flight_;
    const double seconds = std::chrono::duration<double>(clock_.now() - begun_).count();
    const auto settled = static_cast<double>(counts_.accepted + counts_.superseded + counts_.rejected + counts_.absent);
    if (seconds > 0) progress.records_per_second = settled / seconds;
    if (bytes_before_ != 0 && progress.bytes > bytes_before_ && options_.input_bytes >= progress.bytes) {
      const auto left = static_cast<double>(options_.input_bytes - progress.bytes);
      const double rate = static_cast<double>(progress.bytes - bytes_before_) / seconds;
      progress.time_left = std::chrono::seconds(static_cast<std::int64_t>(left / rate));
    }
    options_.on_progress(progress);
  }

  [[nodiscard]] BulkCounts counts() const {
    BulkCounts all = batcher_.passed_counts();
    return all += counts_;
  }

  [[nodiscard]] BulkReport report() const {
    BulkReport report;
    report.counts = counts();
    report.read = batcher_.read();
    report.not_sent = not_sent_;
    report.resumed = batcher_.passed_over();
    report.bytes = source_.bytes();
    report.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - begun_);
    report.error = stopped_;
    return report;
  }

  const ExhibitorClient client_;
  Clock& clock_;
  const BulkOperation operation_;
  RecordSource& source_;
  const BulkOptions& options_;
  const Clock::Steady begun_;
  Batcher batcher_;
  Pacing pacing_;
  std::optional<BulkFiles> files_;
  Shipments shipments_;  // in the input's order; one at most, the last, has something to send and has not begun
  int in_flight_ = 0;
  bool ended_ = false;  // the input
  std::optional<Error> stopped_;
  BulkCounts counts_;  // of this run
  std::uint64_t known_rejects_ = 0;
  std::uint64_t not_sent_ = 0;
  std::uint64_t bytes_before_ = 0;  // the first batch that this run made
  Clock::Steady next_progress_{};
  Clock::Steady next_acknowledgement_{};
  const std::shared_ptr<Mailbox> mailbox_ = new_shared<Mailbox>();
  const CancelSource end_;
  const CancelRegistration cancelled_;
  const EitherCancelled either_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
