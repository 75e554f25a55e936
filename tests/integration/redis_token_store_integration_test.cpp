// SPDX-License-Identifier: MIT

// Tokens in a real Redis (or Valkey) server.
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <movio/exhibitor/redis_token_store.hpp>
#include <movio/exhibitor/testing.hpp>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "integration.hpp"
#include "redis.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using integration::ask;
using integration::RawServer;
using integration::Redis;
using support::contains;
using namespace std::chrono_literals;

namespace {

const std::string redis_entry = "0123456789abcdef0123456789abcdef";

ex::RedisOptions options_for(const std::string& url, const std::string& password = {}) {
  ex::RedisOptions options;
  options.url = url;
  options.password = ex::Secret(password);
  return options;
}

/// What loading says: the entry, or the error.
std::string loaded(ex::TokenStore& store) {
  const auto entry = store.load(redis_entry);
  return entry ? *entry : entry.error().message;
}

std::vector<std::string> tls_options(const sandbox::Sandbox& sandbox) {
  return {"--tls-cert-file",    sandbox.certificate_file(), "--tls-key-file",     sandbox.key_file(),
          "--tls-ca-cert-file", sandbox.ca_file(),          "--tls-auth-clients", "no"};
}

}  // namespace

TEST_CASE("redis token store - keeps an entry for its time", "[redis_token_store]") {
  const Redis redis;
  ex::RedisTokenStore store(options_for(redis.url() + "/3"));
  CHECK(loaded(store).empty());
  const std::string bytes("sealed\0\r\n$-1\r\n", 14);
  CHECK(store.save(redis_entry, bytes, 1h));
  CHECK(loaded(store) == bytes);
  ex::RedisTokenStore other(options_for(redis.url() + "/3"));
  CHECK(loaded(other) == bytes);
  ex::RedisTokenStore elsewhere(options_for(redis.url()));
  CHECK(loaded(elsewhere).empty());
  CHECK(store.save(redis_entry, "", 1h));
  CHECK(loaded(store).empty());
  CHECK(elsewhere.save(redis_entry, "entry", 1h));
  const auto left = ask(redis, {"PTTL", "movio-exhibitor:token:" + redis_entry}).number;
  CHECK(left > 3590000);
  CHECK(left <= 3600000);
  CHECK(elsewhere.save(redis_entry, std::string(65000, 'x'), 50ms));
  CHECK(loaded(elsewhere).size() == 65000);
  std::this_thread::sleep_for(100ms);
  CHECK(loaded(elsewhere).empty());
}

TEST_CASE("redis token store - one has the lease, until it is released or its time is over", "[redis_token_store]") {
  const Redis redis;
  ex::RedisTokenStore store(options_for(redis.url()));
  ex::RedisTokenStore other(options_for(redis.url()));
  CHECK(store.acquire(redis_entry, "a", 10s).value());
  CHECK(store.acquire(redis_entry, "a", 10s).value());  // as after a reply that was lost
  CHECK_FALSE(other.acquire(redis_entry, "b", 10s).value());
  CHECK(other.release(redis_entry, "b"));
  CHECK_FALSE(other.acquire(redis_entry, "b", 10s).value());
  CHECK(store.release(redis_entry, "a"));
  CHECK(other.acquire(redis_entry, "b", 100ms).value());
  std::this_thread::sleep_for(150ms);
  CHECK(store.acquire(redis_entry, "c", 10s).value());
  CHECK(other.release(redis_entry, "b"));  // too late: it is another's by now
  CHECK_FALSE(other.acquire(redis_entry, "d", 10s).value());
}

TEST_CASE("redis token store - a user and a password are given, by a user that may do no more", "[redis_token_store]") {
  const std::string planted = "planted password";
  const Redis redis({"--requirepass", planted});
  CHECK(contains(loaded(*std::make_unique<ex::RedisTokenStore>(options_for(redis.url()))),
                 "GET: NOAUTH; give it the user and password that it wants"));
  ex::RedisTokenStore store(options_for(redis.url(), planted));
  CHECK(loaded(store).empty());
  ex::RedisTokenStore wrong(options_for(redis.url(), "planted and wrong"));
  CHECK(contains(loaded(wrong), "AUTH: WRONGPASS; give it"));
  CHECK_FALSE(contains(loaded(wrong), "planted"));
}

TEST_CASE("redis token store - an ACL may allow no more than what the documentation names", "[redis_token_store]") {
  const Redis redis({"--user", "movio",  "on",       ">pw",    "~movio-exhibitor:*",
                     "-@all",  "+auth",  "+select",  "+get",   "+set",
                     "+del",   "+watch", "+unwatch", "+multi", "+exec",
                     "--user", "reader", "on",       ">pw",    "~movio-exhibitor:*",
                     "-@all",  "+auth",  "+get"});
  ex::RedisTokenStore store(options_for(redis.url("movio"), "pw"));
  CHECK(store.save(redis_entry, "entry", 1h));
  CHECK(loaded(store) == "entry");
  CHECK(store.acquire(redis_entry, "a", 1min).value());
  CHECK(store.release(redis_entry, "a"));
  CHECK(store.acquire(redis_entry, "b", 1min).value());
  ex::RedisTokenStore reader(options_for(redis.url("reader"), "pw"));
  CHECK(loaded(reader) == "entry");
  const auto saved = reader.save(redis_entry, "x", 1h);
  REQUIRE_FALSE(saved);
  CHECK(contains(saved.error().message, "SET: NOPERM; allow the user"));
}

TEST_CASE("redis token store - TLS is verified as everywhere else", "[redis_token_store]") {
  const sandbox::Sandbox sandbox;
  const Redis redis(tls_options(sandbox));
  const std::string port = std::to_string(redis.port());
  auto options = options_for("rediss://127.0.0.1:" + port);
  options.ca_file = sandbox.ca_file();
  ex::RedisTokenStore store(options);
  CHECK(store.save(redis_entry, "entry", 1h));
  CHECK(loaded(store) == "entry");
  CHECK(store.save(redis_entry, std::string(65000, 'x'), 1h));
  CHECK(loaded(store).size() == 65000);
  ex::RedisTokenStore untrusting(options_for("rediss://127.0.0.1:" + port));
  CHECK(contains(loaded(untrusting), "it cannot be reached: "));
  options.url = "rediss://127.0.0.2:" + port;  // a name that the certificate does not have
  ex::RedisTokenStore misled(options);
  CHECK(contains(loaded(misled), "it cannot be reached: "));
  options.url = redis.url();
  ex::RedisTokenStore plain(options);
  CHECK(contains(loaded(plain), " failed: "));
}

TEST_CASE("redis token store - goes on after a restart, a kill of its connection and a freeze", "[redis_token_store]") {
  Redis redis;
  ex::RedisTokenStore store(options_for(redis.url()));
  CHECK(store.save(redis_entry, "entry", 1h));
  redis.restart();
  CHECK(loaded(store).empty());
  CHECK(store.save(redis_entry, "again", 1h));
  CHECK(ask(redis, {"CLIENT", "KILL", "TYPE", "normal"}).kind == ex::detail::RedisReply::Kind::number);
  CHECK(loaded(store) == "again");
  redis.freeze();
  const auto begun = std::chrono::steady_clock::now();
  CHECK(contains(loaded(store), "GET: no answer in time"));
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
  redis.thaw();
  CHECK(loaded(store) == "again");
  redis.stop();
  CHECK(contains(loaded(store), "failed"));
  CHECK(contains(loaded(store), "it cannot be reached"));
  redis.start();
  CHECK(loaded(store).empty());
}

TEST_CASE("redis token store - a failover leaves it without an answer until the name leads to a primary again",
          "[redis_token_store]") {
  const Redis server;
  const Redis other;
  ex::RedisTokenStore store(options_for(server.url()));
  REQUIRE(store.save(redis_entry, "sealed", 1min));
  ask(server, {"REPLICAOF", "127.0.0.1", std::to_string(other.port())});
  const auto refused = store.save(redis_entry, "newer", 1min);
  REQUIRE_FALSE(refused);
  CHECK(contains(refused.error().message, "READONLY"));
  ask(server, {"REPLICAOF", "NO", "ONE"});
  CHECK(store.save(redis_entry, "newer", 1min));
  CHECK(loaded(store) == "newer");
}

TEST_CASE("redis token store - says what is wrong with the server", "[redis_token_store]") {
  Redis full({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
  ex::RedisTokenStore to_full(options_for(full.url()));
  const auto saved = to_full.save(redis_entry, "entry", 1h);
  REQUIRE_FALSE(saved);
  CHECK(contains(saved.error().message, "SET: OOM; let it use more memory"));
  Redis primary;
  Redis replica({"--replicaof", "127.0.0.1 " + std::to_string(primary.port())});
  ex::RedisTokenStore to_replica(options_for(replica.url()));
  const auto refused = to_replica.acquire(redis_entry, "a", 1s);
  REQUIRE_FALSE(refused);
  CHECK(contains(refused.error().message, "SET: READONLY; name the primary, not a replica"));
  CHECK(refused.error().kind == ex::ErrorKind::storage);
}

TEST_CASE("redis token store - a server that answers nonsense is no store, and is asked twice at most",
          "[redis_token_store]") {
  for (const std::string& answer : {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string("$5\r\nhel"),
                                    std::string("\0\0\0\0", 4), std::string(), std::string("-LOADING planted\r\n"),
                                    std::string("-MOVED 7 planted.example:6379\r\n"), std::string("*3\r\n:1\r\n")}) {
    CAPTURE(answer);
    const RawServer server([&](int socket) {
      RawServer::read_until(socket, "\r\nGET\r\n");
      RawServer::write(socket, answer);
    });
    ex::RedisTokenStore store(options_for("redis" + server.url().substr(4)));  // not http
    const auto entry = store.load(redis_entry);
    REQUIRE_FALSE(entry);
    CHECK(entry.error().kind == ex::ErrorKind::storage);
    CHECK_FALSE(contains(support::all_text(entry.error()), "planted"));
    CHECK(server.connections() == 1);
    CHECK_FALSE(store.load(redis_entry));
    CHECK(server.connections() <= 3);
  }
}

TEST_CASE("redis token store - providers on several machines cost one token, of which nobody can read anything",
          "[redis_token_store]") {
  const sandbox::Sandbox sandbox;
  const Redis redis;
  integration::RedisMonitor monitor(redis);
  const sandbox::Options defaults;
  std::atomic<int> loads{0};
  const auto make = [&] {
    ex::TokenOptions options;
    options.store =
        ex::sealed(std::make_shared<ex::RedisTokenStore>(options_for(redis.url())), ex::Secret(std::string(32, 'k')));
    options.on_event = [&](const ex::Event& event) {
      if (event.kind == ex::EventKind::token_loaded && event.origin == "redis") ++loads;
    };
    return std::make_shared<ex::TokenProvider>(integration::endpoints_of(sandbox),
                                               integration::credentials_of_sandbox(), options,
                                               std::make_shared<ex::CurlTransport>(integration::trusting(sandbox)));
  };
  std::vector<std::shared_ptr<ex::TokenProvider>> fleet;
  for (int i = 0; i < 8; ++i) fleet.push_back(make());
  std::vector<std::future<ex::Result<ex::AccessToken>>> tokens;
  for (const auto& provider : fleet) tokens.push_back(provider->token_async());
  std::string text;
  for (auto& token : tokens) {
    const auto given = token.get();
    REQUIRE(given);
    if (!text.empty()) CHECK(text == given->reveal());
    text = given->reveal();
  }
  CHECK(sandbox.counters().token_requests == 1);
  CHECK(loads == 7);
  fleet.clear();
  const auto keys = ask(redis, {"DBSIZE"}).number;
  CHECK(keys == 1);  // the entry; the lease was released
  const auto everything = ask(redis, {"EVAL",
                                      "local all = '' for _, key in ipairs(redis.call('keys', '*')) do all = all .. "
                                      "key .. redis.call('dump', key) end return all",
                                      "0"})
                              .text;
  CHECK(everything.size() > 500);
  ask(redis, {"PING", "the end"});
  const std::string told = monitor.read_until("the end");
  CHECK(contains(told, "\"SET\" \"movio-exhibitor:token:"));
  for (const std::string& planted :
       {text, defaults.client_id, defaults.client_secret, sandbox.issuer_url(), sandbox.api_url()}) {
    CHECK_FALSE(contains(everything + told, planted));
  }
}
