// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "../../core/cancel.hpp"
#include "../../core/http.hpp"
#include "lifetime.hpp"
#include "multi.hpp"
#include "transfer.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Blocking requests, each on a pooled handle in the caller's own thread. Thread-safety: every call from any thread.
class CurlPool {
 public:
  explicit CurlPool(std::shared_ptr<const CurlSettings> settings) : settings_(std::move(settings)) {}

  Result<HttpResponse> send(const TransportRequest& request) {
    auto slot = take_slot();
    auto result = slot->run(request);
    if (slot->usable()) give_back(std::move(slot));
    return result;
  }

 private:
  static constexpr std::size_t max_idle_slots = 64;  ///< Each keeps a connection open; more threads than this get by.

  /// An easy handle with its own multi handle: only waiting in a multi handle can be interrupted.
  class Slot : public CurlUser {
   public:
    explicit Slot(const CurlSettings& settings) : settings_(settings) {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() override {
      if (const CurlUse use(*this); !use.refusal()) close();
      CurlLifetime::instance().remove(*this);
    }

    /// Whether there were handles after the last run. Does not look at them: `exit` may be cleaning them up.
    [[nodiscard]] bool usable() const noexcept { return usable_; }

    Result<HttpResponse> run(const TransportRequest& request) {
      const CurlUse use(*this);
      if (use.refusal()) return *use.refusal();
      renew_connections();
      if (!transfer_ || !transfer_->reusable()) transfer_.emplace(settings_);  // the multi handle keeps its connections
      usable_ = multi_.open();
      if (!usable_ || transfer_->handle() == nullptr) return out_of_handles();
      if (auto ready = transfer_->prepare(request); !ready) return std::move(ready.error());
      const CancelRegistration registration(request.cancel, [this] { multi_.wake_up(); });
      const auto code = wait(request.cancel, use);
      return code ? transfer_->finish(*code) : Result<HttpResponse>(code.error());
    }

   private:
    /// Drops connections that are too old; none is in use here.
    void renew_connections() {
      const auto now = std::chrono::steady_clock::now();
      if (multi_.get() != nullptr && now < too_old_) return;
      close();
      too_old_ = too_old_at(settings_.options(), now);
    }

    Result<CURLcode> wait(const CancelToken& cancel, const CurlUse& use) {
      const CurlMembership membership(multi_, transfer_->handle());
      if (!membership.added()) return out_of_handles();
      while (!cancel.cancelled() && !use.must_end()) {
        const bool works = multi_.perform();
        if (const CURLMsg* message = multi_.next_finished()) return message->data.result;
        if (!works || !multi_.wait(1000)) return libcurl_failed();
      }
      return cancelled_error();
    }

    void interrupt() noexcept override { multi_.wake_up(); }
    void close() noexcept override {
      transfer_.reset();
      multi_.close();
    }

    const CurlSettings& settings_;
    CurlMulti multi_;
    std::optional<CurlTransfer> transfer_;
    bool usable_ = false;
    std::chrono::steady_clock::time_point too_old_;
  };

  std::unique_ptr<Slot> take_slot() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!idle_.empty()) {
        auto slot = std::move(idle_.back());
        idle_.pop_back();
        return slot;
      }
    }
    return std::make_unique<Slot>(*settings_);
  }

  void give_back(std::unique_ptr<Slot> slot) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (idle_.size() < max_idle_slots) idle_.push_back(std::move(slot));
  }

  const std::shared_ptr<const CurlSettings> settings_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Slot>> idle_;  ///< Guarded by the mutex; last in, first out.
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
