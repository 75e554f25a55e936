#pragma once

#include <atomic>
#include <cstdlib>
#include <future>
#include <movio/exhibitor.hpp>
#include <string>
#include <utility>

#include "calls_server.hpp"

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
    Flight flight{client_, {calls}, {calls}, {}};
    for (int i = 0; i < in_flight; ++i) flight.next();
    flight.landed.get_future().get();
  }

 private:
  struct Flight {
    void next() {
      if (to_begin.fetch_sub(1) <= 0) return;
      client.send_async(request(), [this](const ex::Result<ex::HttpResponse>& answer) {
        expect(answer);
        next();
        if (to_end.fetch_sub(1) == 1) landed.set_value();
      });
    }
    const ex::ExhibitorClient& client;
    std::atomic<int> to_begin;
    std::atomic<int> to_end;
    std::promise<void> landed;
  };

  static ex::ClientOptions options(const Target& target) {
    ex::ClientOptions options;
    options.curl.ca_file = target.ca_file;
    return options;
  }
  static ex::HttpRequest request(const char* method = "GET", ex::Body body = {}) {
    ex::HttpRequest request;
    request.method = method;
    request.target = "/members";
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
