// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "../../core/http.hpp"
#include "../../detail/text/url.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// The origin whose connections a request can share with others; empty if it can share none: plain HTTP is HTTP/1.1.
inline std::string admission_origin(const TransportRequest& request) {
  const auto url = parse_url(request.url);
  return url && url->https ? url->origin() : std::string();
}

/// Decides which asynchronous request is sent next: within the limit of active requests, in their order, and so that
/// HTTP/2 requests to one origin share connections. libcurl must never hold a request back itself (CURLOPT_PIPEWAIT):
/// libcurl 8.x keeps it until the first answer if the server speaks HTTP/1.1 only.
///
/// To an unknown origin one request is sent, the leader. Once it has a connection, a second request is sent as a probe:
/// if libcurl gives it a connection at once, both share one and the server speaks HTTP/2, else HTTP/1.1. With HTTP/2
/// there is never more than one request without a connection. With HTTP/1.1 nothing is held back.
///
/// Pure logic, without sockets and clock. Thread-safety: none.
class CurlAdmission {
 public:
  using Id = std::uint64_t;
  using Time = std::chrono::steady_clock::time_point;

  /// The longest that a request waits for another's connection; after that its origin counts as HTTP/1.1.
  static constexpr std::chrono::seconds longest_hold{2};
  /// The minimum number of idle origins to remember.
  static constexpr std::size_t remembered_origins = 256;

  explicit CurlAdmission(std::size_t places) : places_(places) {}

  /// Queues a request. Ids ascend. `origin` is empty if the request cannot share connections.
  void enter(Id id, const std::string& origin, Time now) {
    Origin& its = origin_named(origin);
    ++its.requests;
    requests_.emplace(id, Request{&its, now, false});
    change_queue(its, [id](auto& waiting) { waiting.insert(id); });
  }

  /// The next request to begin, which is active from now on; empty if all must wait.
  std::optional<Id> next(Time now) {
    if (!has_place()) {
      was_full_ = true;
      return std::nullopt;
    }
    if (std::exchange(was_full_, false)) place_since_ = now;
    for (const auto& [id, origin] : fronts_) {
      if (origin->leader && held_until(id) <= now) set_http1(*origin);
      if (!origin->leader) return begin(id, *origin);
    }
    return std::nullopt;
  }

  [[nodiscard]] std::size_t known_origins() const noexcept { return origins_.size(); }
  [[nodiscard]] bool has_place() const noexcept { return under_way_ < places_; }

  /// When to call `next` again if nothing else happens.
  [[nodiscard]] Time next_release() const {
    return !has_place() || fronts_.empty() ? Time::max() : held_until(fronts_.begin()->first);
  }

  /// Called after each curl_multi_perform. `has_connection(id)`: whether the request has a connection.
  template <class HasConnection>
  void performed(const HasConnection& has_connection) {
    for (auto leader = leaders_.begin(); leader != leaders_.end();) {
      Origin& origin = *leader->second;
      const bool connected = has_connection(leader->first);
      const bool is_probe = origin.known == Known::connection;
      if (!connected && !is_probe) {
        ++leader;
        continue;
      }
      if (is_probe) {
        origin.known = connected ? Known::http2 : Known::http1;
      } else if (origin.known == Known::nothing) {
        origin.known = Known::connection;
      }
      origin.leader.reset();
      leader = leaders_.erase(leader);
    }
  }

  /// Other requests of the origin need not wait for this one, which makes a new connection (`CurlRenewal`).
  void let_others_pass(Id id) {
    Origin& origin = *requests_.at(id).origin;
    if (origin.leader == id) drop_leader(origin);
  }

  /// Removes a request that has ended, in any state. `http_version` of its answer: 10, 11 or 20; 0 without an answer.
  void leave(Id id, int http_version) {
    const auto place = requests_.find(id);
    const Request request = place->second;
    Origin& origin = *request.origin;
    requests_.erase(place);
    --origin.requests;
    if (!request.under_way) {
      change_queue(origin, [id](auto& waiting) { waiting.erase(id); });
      return;
    }
    --under_way_;
    if (origin.leader == id) drop_leader(origin);
    learn(origin, http_version);
  }

 private:
  /// What is known about an origin; `connection`: one exists, and the next request shows whether it can be shared.
  enum class Known { nothing, connection, http1, http2 };

  struct Origin {
    Known known = Known::nothing;
    std::optional<Id> leader;  ///< Active without a connection: no other request of the origin may begin.
    std::set<Id> waiting;
    std::size_t requests = 0;  ///< Waiting and active.
  };
  struct Request {
    Origin* origin;
    Time entered;
    bool under_way;
  };

  Origin& origin_named(const std::string& name) {
    if (name.empty()) return without_sharing_;
    const auto found = origins_.find(name);
    if (found != origins_.end()) return found->second;
    if (origins_.size() >= forget_at_) forget_idle_origins();
    return origins_[name];
  }

  void forget_idle_origins() {
    for (auto origin = origins_.begin(); origin != origins_.end();) {
      origin = origin->second.requests == 0 ? origins_.erase(origin) : std::next(origin);
    }
    forget_at_ = std::max(remembered_origins, 2 * origins_.size());
  }

  Id begin(Id id, Origin& origin) {
    ++under_way_;
    requests_.at(id).under_way = true;
    if (origin.known != Known::http1) {
      origin.leader = id;
      leaders_.emplace(id, &origin);
    }
    change_queue(origin, [id](auto& waiting) { waiting.erase(id); });
    return id;
  }

  /// Updates the list of fronts.
  template <class Change>
  void change_queue(Origin& origin, const Change& change) {
    if (!origin.waiting.empty()) fronts_.erase(*origin.waiting.begin());
    change(origin.waiting);
    if (!origin.waiting.empty()) fronts_.emplace(*origin.waiting.begin(), &origin);
  }

  [[nodiscard]] Time held_until(Id id) const { return std::max(requests_.at(id).entered, place_since_) + longest_hold; }

  void learn(Origin& origin, int http_version) {
    if (&origin == &without_sharing_) return;
    if (http_version == 20) {
      origin.known = Known::http2;
    } else if (http_version != 0) {
      set_http1(origin);
    } else if (origin.known == Known::connection) {
      origin.known = Known::nothing;  // the connection may be gone
    }
  }

  void set_http1(Origin& origin) {
    origin.known = Known::http1;
    if (origin.leader) drop_leader(origin);
  }

  void drop_leader(Origin& origin) {
    leaders_.erase(*origin.leader);
    origin.leader.reset();
  }

  const std::size_t places_;
  std::size_t under_way_ = 0;
  bool was_full_ = false;  ///< The limit was reached at the last call of `next`.
  Time place_since_{};     ///< The time that requests are held counts from here.
  std::unordered_map<Id, Request> requests_;
  std::map<Id, Origin*> fronts_;   ///< The origins with waiting requests, by the first of these.
  std::map<Id, Origin*> leaders_;  ///< The origins that have a leader.
  std::map<std::string, Origin> origins_;
  std::size_t forget_at_ = remembered_origins;
  Origin without_sharing_{Known::http1, {}, {}, 0};  ///< For requests that cannot share connections.
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
