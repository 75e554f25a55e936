// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <movio/exhibitor.hpp>
#include <mutex>
#include <optional>
#include <string>

namespace cli {

namespace ex = movio::exhibitor;

/// What the issuer's last answer said beside the token.
struct IssuerAnswer {
  ex::Headers headers;
  std::chrono::system_clock::time_point at;  ///< When it was here, by this machine's clock.
};

/// Passes everything on, and keeps the headers of what one URL answers.
class RecordingTransport : public ex::Transport {
 public:
  RecordingTransport(std::shared_ptr<ex::Transport> inner, std::string url);

  void start(ex::TransportRequest request, Completion completion) override;
  bool after(std::chrono::milliseconds delay, Task task) override { return inner_->after(delay, std::move(task)); }
  [[nodiscard]] bool may_block() const noexcept override { return inner_->may_block(); }
  ex::Result<ex::HttpResponse> send(const ex::TransportRequest& request) override { return inner_->send(request); }

  [[nodiscard]] std::optional<IssuerAnswer> answer() const;

 private:
  /// Shared with the completions under way, which may outlive this object.
  struct Record {
    std::mutex mutex;
    std::optional<IssuerAnswer> answer;
  };

  const std::shared_ptr<ex::Transport> inner_;
  const std::string url_;
  const std::shared_ptr<Record> record_ = std::make_shared<Record>();
};

/// By how much this machine's clock is ahead of the issuer's, by the answer's Date; nothing when that cannot be read.
std::optional<std::chrono::seconds> clock_lead(const IssuerAnswer& answer);

/// What the answer tells of the client's quota of tokens, for people; empty when it tells nothing.
std::string quota_text(const ex::Headers& headers);

}  // namespace cli
