// SPDX-License-Identifier: MIT
#include <chrono>
#include <string>
#include <vector>

#include "catch.hpp"
#include "fault_kinds.hpp"
#include "fault_matrix.hpp"

using namespace faults;
using namespace std::chrono_literals;

namespace {

void reset_after(Peer& peer, const char* text) {
  peer.write(text);
  peer.pause(50ms);  // or the reset would overtake what was written
  peer.reset();
}

/// More than any client should take, but not without end: one that takes it all shall not bring the machine down.
void flood(Peer& peer, const char* beginning, const std::string& piece) {
  constexpr std::size_t enough = std::size_t{64} << 20U;
  bool listening = peer.write(beginning);
  for (std::size_t sent = 0; listening && sent < enough; sent += piece.size()) listening = peer.write(piece);
  peer.wait_for_the_end();
}

void drip(Peer& peer, const char* beginning) {
  bool listening = peer.write(beginning);
  while (listening && peer.pause(20ms)) listening = peer.write("x");
}

std::vector<Row> connecting() {
  return {
      {"nobody listens", fault<Refused>(), both({"connection", 2, 0, 0}), "Failed to connect to 127.0.0.1"},
      {"no such host", fault<Nowhere>(), both({"connection", 2, 0, 0}), "does-not-exist.invalid"},
      {"SYNs are dropped", fault<BlackHole>(), both({"timeout", 2, 0, 0, 300ms}), "from http://127.0.0.1",
       connect_timeout(150ms), "within"},
      {"SYNs are dropped until the call's time is up", fault<BlackHole>(), both({"timeout", 1, 0, 0, 200ms}), "",
       call_timeout(200ms)},
  };
}

std::vector<Row> no_answer() {
  return {
      {"no answer until the call's time is up", when_asked([](Peer& peer) { peer.wait_for_the_end(); }),
       both({"timeout", 1, 1, 1, 200ms}), "within", call_timeout(200ms)},
      // libcurl's speed is that of the last five seconds, in which the POST's body has moved
      {"answer stands still, stall_timeout", when_asked([](Peer& peer) {
         peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
         peer.wait_for_the_end();
       }),
       repeated("timeout", 1s), "no byte has moved to or from http://127.0.0.1:", stall_timeout(1s), "within"},
      {"no answer for longer than stall_timeout", when_asked([](Peer& peer) {
         if (peer.pause(2500ms)) peer.answer("200 OK");
       }),
       both({"200", 1, 1, 1, 2500ms}), "", stall_timeout(1s)},
      {"two different Content-Length fields", when_asked([](Peer& peer) {
         peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}");
       }),
       both({"protocol", 1, 1, 1}), "Content-Length"},
      {"a Content-Length that is no number",
       when_asked([](Peer& peer) { peer.write("HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}"); }),
       both({"protocol", 1, 1, 1})},
      {"a Content-Length below zero",
       when_asked([](Peer& peer) { peer.write("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}"); }),
       both({"protocol", 1, 1, 1})},
      {"the same Content-Length twice", when_asked([](Peer& peer) {
         peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\n{}");
       }),
       both({"200", 1, 1, 1})},
      {"reset amid the request",
       served([](Peer& peer) {
         if (peer.take_something()) peer.reset();
       }),
       {{"connection", 2, 0, 2}, {"connection", 1, 0, 1}}},
      {"reset before the head", when_asked([](Peer& peer) { peer.reset(); }), repeated("connection")},
      {"reset amid the head", when_asked([](Peer& peer) { reset_after(peer, "HTTP/1.1 200 OK\r\nContent-Le"); }),
       repeated("connection")},
      {"reset after the head",
       when_asked([](Peer& peer) { reset_after(peer, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"); }),
       repeated("connection")},
      {"reset amid the body",
       when_asked([](Peer& peer) { reset_after(peer, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"); }),
       repeated("connection")},
      {"closed without an answer", when_asked([](Peer&) {}), repeated("connection")},
      {"half-closed without an answer", when_asked([](Peer& peer) { end_after(peer, ""); }), repeated("connection")},
  };
}

std::vector<Row> broken_answers() {
  return {
      {"head cut short", when_asked([](Peer& peer) { end_after(peer, "HTTP/1.1 200 OK\r\nContent-Le"); }),
       repeated("connection")},
      {"an interim answer only", when_asked([](Peer& peer) { end_after(peer, "HTTP/1.1 103 Early Hints\r\n\r\n"); }),
       repeated("connection")},
      {"body cut short",
       when_asked([](Peer& peer) { end_after(peer, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"); }),
       repeated("connection")},
      {"chunked body cut short",
       when_asked([](Peer& peer) { end_after(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"); }),
       repeated("connection")},
      {"chunked body without its last chunk", when_asked([](Peer& peer) {
         end_after(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
       }),
       repeated("connection")},
      {"chunk of no size",
       when_asked([](Peer& peer) { end_after(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"); }),
       repeated("connection")},
      {"head byte by byte", when_asked([](Peer& peer) { drip(peer, "HTTP/1.1 200 OK\r\nX-Slow: "); }),
       both({"timeout", 1, 1, 1, 300ms}), "", call_timeout(300ms)},
      {"body byte by byte",
       when_asked([](Peer& peer) { drip(peer, "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"); }),
       both({"timeout", 1, 1, 1, 300ms}), "", call_timeout(300ms)},
      {"another protocol", when_asked([](Peer& peer) { end_after(peer, "SSH-2.0-OpenSSH_9.2\r\n"); }),
       both({"protocol", 1, 1, 1})},
      {"bytes of no protocol", when_asked([](Peer& peer) { end_after(peer, "\x16\x03\x01\x02\x01\xff\xfe\r\n\r\n"); }),
       both({"protocol", 1, 1, 1})},
      {"compressed without being asked", when_asked([](Peer& peer) {
         peer.answer("200 OK", "Content-Encoding: gzip\r\nContent-Type: application/json\r\n", "\x1f\x8b\x08");
       }),
       both({"protocol 200", 1, 1, 1}), "encoded"},
  };
}

std::vector<Row> floods() {
  const std::string field = "X-Flood: " + std::string(1000, 'x') + "\r\n";
  const std::string filler(std::size_t{64} << 10U, 'x');
  const std::string chunk = "10000\r\n" + filler + "\r\n";
  return {
      {"endless body",
       when_asked([=](Peer& peer) { flood(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk); }),
       both({"too_large", 1, 1, 1}), "larger than allowed"},
      {"endless body until the end of the connection",
       when_asked([=](Peer& peer) { flood(peer, "HTTP/1.1 200 OK\r\n\r\n", filler); }), both({"too_large", 1, 1, 1}),
       "larger than allowed"},
      {"endless header fields", when_asked([=](Peer& peer) { flood(peer, "HTTP/1.1 200 OK\r\n", field); }),
       both({"too_large", 1, 1, 1}), "larger than allowed"},
      {"endless header field", when_asked([=](Peer& peer) { flood(peer, "HTTP/1.1 200 OK\r\nX-Flood: ", filler); }),
       both({"too_large", 1, 1, 1}), "larger than allowed"},
      {"endless interim answers", when_asked([=](Peer& peer) { flood(peer, "", "HTTP/1.1 103 Early Hints\r\n\r\n"); }),
       both({"too_large", 1, 1, 1}), "larger than allowed"},
      {"endless trailer fields", when_asked([=](Peer& peer) {
         flood(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", field);
       }),
       both({"too_large", 1, 1, 1}), "larger than allowed"},
  };
}

std::vector<Row> statuses() {
  std::vector<Row> rows;
  for (const char* status : {"408 Request Timeout", "500 Internal Server Error", "502 Bad Gateway",
                             "503 Service Unavailable", "504 Gateway Timeout"}) {
    const std::string outcome = "server_error " + std::string(status, 3);
    rows.push_back({std::string(status) + ", once",
                    fault<OnceBad>(status, ""),
                    {{"200", 2, 2, 1}, {outcome, 1, 1, 1}},
                    outcome.substr(13)});
  }
  rows.push_back({"429 Too Many Requests, Retry-After: 1, once",
                  fault<OnceBad>("429 Too Many Requests", "Retry-After: 1\r\n"),
                  {{"200", 2, 2, 1, 1s}, {"rate_limited 429", 1, 1, 1}}});
  for (const char* status :
       {"301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"}) {
    rows.push_back({std::string(status) + " to another origin", fault<Redirecting>(status),
                    both({"protocol " + std::string(status, 3), 1, 1, 1}), "redirects are not followed"});
  }
  return rows;
}

}  // namespace

TEST_CASE("fault matrix - no connection, or none that holds", "[fault_matrix]") {
  const integration::EnvironmentVariable direct("no_proxy", "*");
  Matrix({"no connection", get_and_post, connecting()}).run();
  Matrix({"no answer", get_and_post, no_answer()}).run();
}

TEST_CASE("fault matrix - answers that cannot be right", "[fault_matrix]") {
  Matrix({"broken answer", get_and_post, broken_answers()}).run();
  Matrix({"too much", get_and_post, floods()}).run();
  Matrix({"status", get_and_post, statuses()}).run();
}
