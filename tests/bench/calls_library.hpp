// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <movio/exhibitor.hpp>
#include <string>
#include <utility>

#include "calls_server.hpp"
#include "flight.hpp"

namespace bench {

/// This library, as a program uses it. One client serves all threads.
class Library {
 public:
  static constexpr const char* name = "this library";

  explicit Library(const Target& target)
      : client_({target.url + "/oauth/token", target.url, true},
                ex::credentials("id", ex::Secret(std::string("secret"))), options(target)) {}

  void get() { expect(client_.send(request())); }
  void put(const std::string& body) {
    if (!body_) body_ = ex::Body(body);
    expect(client_.send(request("PUT", body_)));
  }

  /// Keeps so many calls in flight until that many are done.
  void fly(int in_flight, int calls) {
    const auto start = [this](auto& flight) {
      client_.send_async(request(), [&flight](const ex::Result<ex::HttpResponse>& answer) {
        expect(answer);
        flight.landed();
      });
    };
    Flight(calls, start).fly(in_flight);
  }

 private:
  static ex::ClientOptions options(const Target& target) {
    ex::ClientOptions options;
    options.curl.ca_file = target.ca_file;
    return options;
  }
  static ex::HttpRequest request(const char* method = "GET", ex::Body body = {}) {
    ex::HttpRequest request;
    request.method = method;
    request.path = "/members";
    request.body = std::move(body);
    return request;
  }
  static void expect(const ex::Result<ex::HttpResponse>& answer) {
    if (!answer || answer->body.empty()) std::abort();
  }

  ex::ExhibitorClient client_;
  ex::Body body_;
};

}  // namespace bench
