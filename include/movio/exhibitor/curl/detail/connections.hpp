// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>

#include "../../core/new_shared.hpp"
#include "../options.hpp"
#include "lifetime.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// When connections made at `begun` are too old for a new request.
inline std::chrono::steady_clock::time_point too_old_at(const CurlOptions& options,
                                                        std::chrono::steady_clock::time_point begun) noexcept {
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
  if (options.max_connection_age.count() <= 0) return std::chrono::steady_clock::time_point::max();
  return begun + std::min(options.max_connection_age, longest);
}

/// The connections and resolved names of one thread's transfers. Closed with the last owner.
class CurlConnections {
 public:
  CurlConnections() noexcept : share_(curl_share_init()) {
    for (const auto what : {CURL_LOCK_DATA_CONNECT, CURL_LOCK_DATA_DNS}) {
      if (share_ && curl_share_setopt(share_.get(), CURLSHOPT_SHARE, what) != CURLSHE_OK) share_.reset();
    }
  }

  /// nullptr if libcurl is out of memory.
  [[nodiscard]] CURLSH* handle() const noexcept { return share_.get(); }

 private:
  struct Cleanup {
    void operator()(CURLSH* share) const noexcept {
      if (!curl_closed) curl_share_cleanup(share);
    }
  };
  std::unique_ptr<CURLSH, Cleanup> share_;
};

/// Chooses the connections of the engine's requests: shared by all until they are too old. Then one request makes a new
/// set, while the others keep using the old one; once it is connected, all later requests use the new set, and the old
/// connections end with their last transfer. CURLOPT_MAXLIFETIME_CONN (7.80) does not renew a connection that is in
/// use.
class CurlRenewal {
 public:
  using Id = std::uint64_t;
  using Time = std::chrono::steady_clock::time_point;

  explicit CurlRenewal(const CurlOptions& options) : options_(options) {}

  /// The connections for a new request; nullptr if libcurl is out of memory.
  std::shared_ptr<CurlConnections> connections_for(Id id, Time now) {
    if (!current_) return use(make(), now);
    if (renewer_ || now < due_) return current_;
    next_ = make();
    if (!next_) return current_;
    renewer_ = id;
    return next_;
  }

  [[nodiscard]] bool renews(Id id) const noexcept { return renewer_ == id; }

  /// Called after each curl_multi_perform. `has_connection(id)`: whether the request has a connection.
  template <class HasConnection>
  void performed(const HasConnection& has_connection, Time now) {
    if (renewer_ && has_connection(*renewer_)) end(true, now);
  }

  /// Removes a request that has ended.
  void leave(Id id, bool answered, Time now) {
    if (renewer_ == id) end(answered, now);
  }

  void close() noexcept {
    renewer_.reset();
    current_.reset();
    next_.reset();
  }

 private:
  static std::shared_ptr<CurlConnections> make() {
    auto made = new_shared<CurlConnections>();
    return made->handle() != nullptr ? made : nullptr;
  }

  std::shared_ptr<CurlConnections> use(std::shared_ptr<CurlConnections> connections, Time now) {
    current_ = std::move(connections);
    due_ = too_old_at(options_, now);
    return current_;
  }

  void end(bool connected, Time now) {
    renewer_.reset();
    auto made = std::exchange(next_, nullptr);
    if (connected) {
      use(std::move(made), now);
    } else {
      due_ = now + options_.max_connection_age / 10;  // the name may point to a server that is not up yet
    }
  }

  const CurlOptions& options_;
  std::shared_ptr<CurlConnections> current_;
  Time due_{};
  std::optional<Id> renewer_;  ///< The request that makes `next_`.
  std::shared_ptr<CurlConnections> next_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
