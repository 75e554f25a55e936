// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../../curl/detail/wire.hpp"
#include "redis_address.hpp"
#include "redis_reply.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// What a user can do about an error of a Redis server.
inline const char* redis_advice(std::string_view code) {
  if (code == "NOAUTH" || code == "WRONGPASS") return "give it the user and password that it wants";
  if (code == "NOPERM")
    return "allow the user AUTH, SELECT, GET, SET, DEL, WATCH, UNWATCH, MULTI and EXEC, and the keys movio-exhibitor:*";
  if (code == "READONLY") return "name the primary, not a replica";
  if (code == "MOVED" || code == "ASK" || code == "CLUSTERDOWN")
    return "it is a cluster, which needs a TokenStore of your own";
  if (code == "OOM") return "let it use more memory, or evict keys";
  if (code == "LOADING" || code == "BUSY" || code == "MASTERDOWN") return "try again later";
  return "see its log";
}

/// A connection that may be used: authenticated, with its database selected. Errors: `storage`; they name the server
/// and the command, and hold nothing else of what was sent. Thread-safety: none.
class RedisConnection {
 public:
  static Result<RedisConnection> open(const RedisAddress& address, const Secret& password,
                                      const CurlSettings& settings) {
    auto wire = CurlWire::connect(settings, address.url);
    if (!wire) return failure(address, "it cannot be reached: " + wire.error().message);
    RedisConnection connection(address, settings.options().timeout, *std::move(wire));
    if (auto ready = connection.prepare(address, password); !ready) return ready.error();
    return connection;
  }

  /// Sends a command and waits for its reply. An error of the server is an error here.
  Result<RedisReply> ask(std::initializer_list<std::string_view> words) {
    const std::string command(*words.begin());
    const auto deadline = std::chrono::steady_clock::now() + timeout_;
    const auto sent = redis_command(words);
    if (!sent) return sent.error();
    if (auto done = wire_.send(sent->reveal(), deadline); !done) return lost(command, done.error());
    auto reply = receive(deadline);
    if (!reply) return lost(command, reply.error());
    if (reply->kind != RedisReply::Kind::error) return *std::move(reply);
    if (reply->text == "READONLY") usable_ = false;  // after a failover: the name may lead to another server by now
    return failure(*address_, command + ": " + reply->text + "; " + redis_advice(reply->text));
  }

  /// Whether another command can be sent.
  [[nodiscard]] bool usable() const noexcept { return usable_; }
  /// Whether a command was given up because its time was over.
  [[nodiscard]] bool late() const noexcept { return late_; }

 private:
  RedisConnection(const RedisAddress& address, std::chrono::milliseconds timeout, CurlWire wire)
      : address_(&address), timeout_(timeout), wire_(std::move(wire)) {}

  static Error failure(const RedisAddress& address, const std::string& what) {
    return make_error(ErrorKind::storage, "the Redis at " + address.name + " failed: " + what);
  }

  Error lost(const std::string& command, const Error& error) {
    usable_ = false;
    late_ = error.kind == ErrorKind::timeout;
    return failure(*address_, command + ": " + error.message);
  }

  Result<void> prepare(const RedisAddress& address, const Secret& password) {
    std::optional<Result<RedisReply>> reply;
    if (!address.user.empty()) {
      reply = ask({"AUTH", address.user, password.reveal()});
    } else if (!password.empty()) {
      reply = ask({"AUTH", password.reveal()});
    }
    if (reply && !*reply) return reply->error();
    if (address.database == "0") return {};
    reply = ask({"SELECT", address.database});
    return *reply ? Result<void>() : Result<void>(reply->error());
  }

  Result<RedisReply> receive(CurlWire::Deadline deadline) {
    std::array<char, 4096> piece{};
    for (;;) {
      auto reply = reader_.next();
      if (!reply) return reply.error();
      if (*reply) return **std::move(reply);
      const auto count = wire_.receive(piece.data(), piece.size(), deadline);
      if (!count) return count.error();
      if (*count == 0) return make_error(ErrorKind::connection, "it closed the connection");
      if (auto fed = reader_.feed({piece.data(), *count}); !fed) return fed.error();
    }
  }

  const RedisAddress* address_;
  std::chrono::milliseconds timeout_;
  CurlWire wire_;
  RedisReader reader_;
  bool usable_ = true;
  bool late_ = false;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
