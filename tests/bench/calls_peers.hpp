// SPDX-License-Identifier: MIT
#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>
#include <cpprest/http_client.h>

#include <atomic>
#include <boost/asio/ssl.hpp>
#include <cstdlib>
#include <memory>
#include <string>

#include "calls_httplib.hpp"
#include "calls_server.hpp"
#include "flight.hpp"

/// More of the HTTP libraries that Debian ships. None of them, nor cpp-httplib, speaks HTTP/2.
namespace bench {

class Poco {
 public:
  static constexpr const char* name = "Poco";

  explicit Poco(const Target& target) : target_(target), session_(session_for(target)) { session_->setKeepAlive(true); }

  void get() { send("GET", {}); }
  void put(const std::string& body) { send("PUT", body); }
  void fly(int in_flight, int calls) { threads_.fly(target_, in_flight, calls); }

 private:
  static std::unique_ptr<::Poco::Net::HTTPClientSession> session_for(const Target& target) {
    namespace net = ::Poco::Net;
    const ::Poco::URI uri(target.url);
    if (uri.getScheme() == "http") return std::make_unique<net::HTTPClientSession>(uri.getHost(), uri.getPort());
    const net::Context::Ptr context(
        new net::Context(net::Context::TLS_CLIENT_USE, "", "", target.ca_file, net::Context::VERIFY_RELAXED));
    return std::make_unique<net::HTTPSClientSession>(uri.getHost(), uri.getPort(), context);
  }

  void send(const char* method, const std::string& body) {
    ::Poco::Net::HTTPRequest request(method, "/members", "HTTP/1.1");
    request.set("Authorization", bearer(target_));
    request.set("Accept", "application/json");
    request.set("X-Request-Id", "0123456789abcdef-" + std::to_string(++calls_));
    if (!body.empty()) {
      request.setContentType("application/json");
      request.setContentLength64(static_cast<std::int64_t>(body.size()));
    }
    session_->sendRequest(request) << body;
    ::Poco::Net::HTTPResponse response;
    std::string answer;
    ::Poco::StreamCopier::copyToString(session_->receiveResponse(response), answer);
    if (response.getStatus() / 100 != 2 || answer.empty()) std::abort();
  }

  const Target target_;
  std::unique_ptr<::Poco::Net::HTTPClientSession> session_;
  unsigned calls_ = 0;
  Threads<Poco> threads_;
};

class CppRest {
 public:
  static constexpr const char* name = "cpprestsdk";

  explicit CppRest(const Target& target) : target_(target), client_(target.url, config(target)) {}

  void get() { expect(client_.request(request(web::http::methods::GET)).get()); }
  void put(const std::string& body) {
    auto put = request(web::http::methods::PUT);
    put.set_body(body, "application/json");
    expect(client_.request(put).get());
  }

  void fly(int in_flight, int calls) {
    const auto start = [this](auto& flight) {
      client_.request(request(web::http::methods::GET))
          .then([](const web::http::http_response& answer) { return body_of(answer); })
          .then([&flight](const std::string& body) {
            if (body.empty()) std::abort();
            flight.landed();
          });
    };
    Flight(calls, start).fly(in_flight);
  }

 private:
  static web::http::client::http_client_config config(const Target& target) {
    web::http::client::http_client_config config;
    config.set_ssl_context_callback(
        [file = target.ca_file](boost::asio::ssl::context& context) { context.load_verify_file(file); });
    return config;
  }
  web::http::http_request request(const web::http::method& method) {
    web::http::http_request request(method);
    request.set_request_uri("/members");
    request.headers().add("Authorization", bearer(target_));
    request.headers().add("Accept", "application/json");
    request.headers().add("X-Request-Id", "0123456789abcdef-" + std::to_string(++calls_));
    return request;
  }
  static pplx::task<std::string> body_of(const web::http::http_response& answer) {
    if (answer.status_code() / 100 != 2) std::abort();
    return answer.extract_string();
  }
  static void expect(const web::http::http_response& answer) {
    if (body_of(answer).get().empty()) std::abort();
  }

  const Target target_;
  web::http::client::http_client client_;
  std::atomic<unsigned> calls_{0};
};

}  // namespace bench
