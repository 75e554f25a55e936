// SPDX-License-Identifier: MIT
#pragma once

#include <httplib.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "calls_server.hpp"

namespace bench {

inline std::string bearer(const Target& target) { return "Bearer " + target.token; }

/// For those who can only block: a thread and a connection for each call in flight.
template <class Peer>
class Threads {
 public:
  void fly(const Target& target, int in_flight, int calls) {
    while (static_cast<int>(peers_.size()) < in_flight) peers_.push_back(std::make_unique<Peer>(target));
    std::atomic<int> left{calls};
    std::vector<std::thread> threads;
    for (auto& peer : peers_) {
      threads.emplace_back([&left, &peer] {
        while (left.fetch_sub(1) > 0) peer->get();
      });
    }
    for (auto& thread : threads) thread.join();
  }

 private:
  std::vector<std::unique_ptr<Peer>> peers_;
};

class Httplib {
 public:
  static constexpr const char* name = "cpp-httplib";

  explicit Httplib(const Target& target) : target_(target), client_(target.url) {
    client_.set_keep_alive(true);
    client_.set_tcp_nodelay(true);
    client_.set_ca_cert_path(target.ca_file.c_str());
  }

  void get() { expect(client_.Get("/members", headers())); }
  void put(const std::string& body) { expect(client_.Put("/members", headers(), body, "application/json")); }
  void fly(int in_flight, int calls) { threads_.fly(target_, in_flight, calls); }

 private:
  httplib::Headers headers() {
    return {{"Authorization", bearer(target_)},
            {"Accept", "application/json"},
            {"X-Request-Id", "0123456789abcdef-" + std::to_string(++calls_)}};
  }
  static void expect(const httplib::Result& answer) {
    if (!answer || answer->status / 100 != 2 || answer->body.empty()) std::abort();
  }

  const Target target_;
  httplib::Client client_;
  unsigned calls_ = 0;
  Threads<Httplib> threads_;
};

}  // namespace bench
