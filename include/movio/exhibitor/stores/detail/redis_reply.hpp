// SPDX-License-Identifier: MIT
#pragma once

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/result.hpp"
#include "../../core/secret.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// What the library asks of a Redis server is answered by one of these.
struct RedisReply {
  enum class Kind { nothing, text, number, error, several };
  Kind kind = Kind::nothing;
  std::string text{};  ///< Of an error its code, for example "NOAUTH".
  long long number = 0;
};

/// A command as it is sent (RESP). The bytes may hold a password.
inline Result<Secret> redis_command(std::initializer_list<std::string_view> words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* formatted = nullptr;
  // An int before hiredis 1.1, a long long since.
  const auto size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) return make_error(ErrorKind::storage, "out of memory");
  Secret command(std::string(formatted, static_cast<std::size_t>(size)));
  volatile char* bytes = formatted;
  for (std::size_t i = 0; i < command.reveal().size(); ++i) bytes[i] = '\0';
  redisFreeCommand(formatted);
  return command;
}

/// Takes replies out of the bytes of a server, which may be anything.
class RedisReader {
 public:
  RedisReader() : reader_(redisReaderCreate(), &redisReaderFree) {
    if (!reader_) return;
    arrays_ = std::make_unique<Arrays>(Arrays{*reader_->fn, reader_->fn->createArray});
    arrays_->functions.createArray = [](const redisReadTask* task, auto count) -> void* {
      constexpr decltype(count) most_elements = 16;
      return count > most_elements ? nullptr : static_cast<const Arrays*>(task->privdata)->create(task, count);
    };
    reader_->fn = &arrays_->functions;
    reader_->privdata = arrays_.get();
  }

  /// Takes bytes that have come. Errors: `protocol`.
  Result<void> feed(std::string_view bytes) {
    fed_ += bytes.size();
    if (!reader_ || fed_ > most_bytes) return problem();
    return redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK ? Result<void>() : problem();
  }

  /// The next reply; nothing while it is not whole. Errors: `protocol`.
  Result<std::optional<RedisReply>> next() {
    void* taken = nullptr;
    if (!reader_ || redisReaderGetReply(reader_.get(), &taken) != REDIS_OK) return problem();
    if (taken == nullptr) return std::optional<RedisReply>();
    const std::unique_ptr<redisReply, void (*)(void*)> reply(static_cast<redisReply*>(taken), &freeReplyObject);
    fed_ = 0;
    return std::optional<RedisReply>(read(*reply));
  }

 private:
  static constexpr std::size_t most_bytes = std::size_t{256} << 10U;  ///< Of one reply; an entry has 64 KiB.

  /// hiredis asks for the memory of as many elements as the server announces, unless its function is replaced.
  struct Arrays {
    redisReplyObjectFunctions functions;
    decltype(redisReplyObjectFunctions::createArray) create;
  };

  static Error problem() { return make_error(ErrorKind::protocol, "what it answered is no reply of Redis"); }

  static RedisReply read(const redisReply& reply) {
    switch (reply.type) {
      case REDIS_REPLY_STRING:
      case REDIS_REPLY_STATUS:
        return {RedisReply::Kind::text, std::string(reply.str, static_cast<std::size_t>(reply.len))};
      case REDIS_REPLY_INTEGER:
        return {RedisReply::Kind::number, {}, reply.integer};
      case REDIS_REPLY_ERROR:
        return {RedisReply::Kind::error, code_of({reply.str, static_cast<std::size_t>(reply.len)})};
      case REDIS_REPLY_NIL:
        return {};
      default:
        return {RedisReply::Kind::several};
    }
  }

  /// The first word of an error. The rest may name keys.
  static std::string code_of(std::string_view error) {
    const auto end = error.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    const auto word = error.substr(0, end);
    return std::string(word.empty() || word.size() > 32 ? "an unknown error" : word);
  }

  std::unique_ptr<Arrays> arrays_;
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;  ///< Uses `arrays_` until its end.
  std::size_t fed_ = 0;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
