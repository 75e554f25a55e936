// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../../core/new_shared.hpp"
#include "../../detail/os/fork_local.hpp"
#include "../../token/detail/credential_files.hpp"
#include "../detail/redis_connection.hpp"
#include "../redis_token_store.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// The server, and the one connection to it. A forked child makes its own, and leaves its parent's alone.
class RedisTokenStore::Server {
 public:
  explicit Server(RedisOptions options)
      : options_(std::move(options)),
        address_(detail::parse_redis_url(options_.url)),
        settings_(transport_options(options_)),
        session_([](const Session*) { return detail::new_shared<Session>(); }) {}

  /// Runs `work(RedisConnection&)`, which returns a `Result<T>`. A connection that was kept may have been closed
  /// meanwhile: then all of the work is done once more on another.
  template <class T, class Work>
  Result<T> run(Work work) {
    if (!address_) return address_.error();
    Session& session = *session_.get();
    const std::lock_guard<std::mutex> lock(session.mutex);
    for (;;) {
      const bool kept = session.connection.has_value();
      if (!kept) {
        auto opened = detail::RedisConnection::open(*address_, options_.password, settings_);
        if (!opened) return opened.error();
        session.connection.emplace(*std::move(opened));
      }
      Result<T> result = work(*session.connection);
      if (session.connection->usable()) return result;
      const bool again = kept && !session.connection->late();
      session.connection.reset();
      if (!again) return result;
    }
  }

 private:
  struct Session {
    std::mutex mutex;
    std::optional<detail::RedisConnection> connection;
  };

  static CurlOptions transport_options(const RedisOptions& options) {
    CurlOptions chosen;
    chosen.ca_file = options.ca_file;
    chosen.ca_directory = options.ca_directory;
    chosen.connect_timeout = options.connect_timeout;
    chosen.timeout = options.command_timeout;
    return chosen;
  }

  const RedisOptions options_;
  const Result<detail::RedisAddress> address_;
  const detail::CurlSettings settings_;
  const detail::ForkLocal<Session> session_;
};

namespace detail {

inline std::string redis_entry_key(const std::string& name) { return "movio-exhibitor:token:" + name; }
inline std::string redis_lease_key(const std::string& name) { return "movio-exhibitor:lease:" + name; }

inline std::string redis_milliseconds(std::chrono::milliseconds time) {
  return std::to_string(std::max(time, std::chrono::milliseconds(1)).count());
}

/// The outcome of a command whose reply does not matter.
inline Result<void> done(const Result<RedisReply>& reply) {
  return reply ? Result<void>() : Result<void>(reply.error());
}

/// Deletes a key if it still has that value. Not with a script, which an ACL may forbid.
inline Result<void> delete_if(RedisConnection& redis, const std::string& key, const std::string& value) {
  if (const auto watched = redis.ask({"WATCH", key}); !watched) return watched.error();
  const auto found = redis.ask({"GET", key});
  if (!found) return found.error();
  if (found->kind != RedisReply::Kind::text || found->text != value) return done(redis.ask({"UNWATCH"}));
  if (const auto begun = redis.ask({"MULTI"}); !begun) return begun.error();
  if (const auto queued = redis.ask({"DEL", key}); !queued) return queued.error();
  return done(redis.ask({"EXEC"}));
}

}  // namespace detail

inline Result<Secret> password_from_file(const std::string& path, FileAccess access) {
  const auto file = detail::SecretFile::read(path, access);
  if (!file) return file.error();
  return Secret(std::string(detail::without_newline(file->content().reveal())));
}

inline RedisTokenStore::RedisTokenStore(RedisOptions options) : server_(std::make_unique<Server>(std::move(options))) {}
inline RedisTokenStore::~RedisTokenStore() = default;

inline Result<std::string> RedisTokenStore::load(const std::string& name) {
  const std::string key = detail::redis_entry_key(name);
  return server_->run<std::string>([&](detail::RedisConnection& redis) -> Result<std::string> {
    auto reply = redis.ask({"GET", key});
    if (!reply) return reply.error();
    return std::move(reply->text);
  });
}

inline Result<void> RedisTokenStore::save(const std::string& name, const std::string& entry,
                                          std::chrono::milliseconds time_to_live) {
  const std::string key = detail::redis_entry_key(name);
  const std::string life = detail::redis_milliseconds(time_to_live);
  return server_->run<void>([&](detail::RedisConnection& redis) {
    return detail::done(entry.empty() ? redis.ask({"DEL", key}) : redis.ask({"SET", key, entry, "PX", life}));
  });
}

inline Result<bool> RedisTokenStore::acquire(const std::string& name, const std::string& owner,
                                             std::chrono::milliseconds time_to_live) {
  const std::string key = detail::redis_lease_key(name);
  const std::string life = detail::redis_milliseconds(time_to_live);
  return server_->run<bool>([&](detail::RedisConnection& redis) -> Result<bool> {
    const auto set = redis.ask({"SET", key, owner, "NX", "PX", life});
    if (!set) return set.error();
    if (set->kind == detail::RedisReply::Kind::text) return true;
    const auto found = redis.ask({"GET", key});  // it may be ours, by a command whose reply was lost
    if (!found) return found.error();
    return found->text == owner;
  });
}

inline Result<void> RedisTokenStore::release(const std::string& name, const std::string& owner) {
  const std::string key = detail::redis_lease_key(name);
  return server_->run<void>([&](detail::RedisConnection& redis) { return detail::delete_if(redis, key, owner); });
}

inline std::string_view RedisTokenStore::kind() const noexcept { return "redis"; }

}  // namespace v0_1
}  // namespace movio::exhibitor
