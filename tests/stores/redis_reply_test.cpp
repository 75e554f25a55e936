// SPDX-License-Identifier: MIT

// The URL of a Redis server, and what it answers.
#include <movio/exhibitor/stores/detail/redis_address.hpp>
#include <movio/exhibitor/stores/detail/redis_reply.hpp>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using ex::detail::parse_redis_url;
using ex::detail::RedisReader;
using ex::detail::RedisReply;
using support::contains;

namespace {

/// What a reader makes of bytes, in words.
std::string read_in_words(std::string_view bytes) {
  RedisReader reader;
  if (!reader.feed(bytes)) return "no reply";
  const auto reply = reader.next();
  if (!reply) return "no reply";
  if (!*reply) return "not whole";
  switch ((*reply)->kind) {
    case RedisReply::Kind::nothing:
      return "nothing";
    case RedisReply::Kind::text:
      return "text " + (*reply)->text;
    case RedisReply::Kind::number:
      return "number " + std::to_string((*reply)->number);
    case RedisReply::Kind::error:
      return "error " + (*reply)->text;
    case RedisReply::Kind::several:
      return "several";
  }
  return "?";
}

}  // namespace

TEST_CASE("redis address - is taken out of the URL", "[redis_address]") {
  const auto plain = parse_redis_url("redis://cache.example").value();
  CHECK(plain.url == "http://cache.example:6379");
  CHECK(plain.name == "cache.example:6379");
  CHECK(plain.user.empty());
  CHECK(plain.database == "0");
  const auto whole = parse_redis_url("rediss://mov%69o@[::1]:6380/15").value();
  CHECK(whole.url == "https://[::1]:6380");
  CHECK(whole.name == "[::1]:6380");
  CHECK(whole.user == "movio");
  CHECK(whole.database == "15");
  CHECK(parse_redis_url("redis://[::1]").value().url == "http://[::1]:6379");
  CHECK(parse_redis_url("redis://h/").value().database == "0");
}

TEST_CASE("redis address - what is none is refused, and not quoted", "[redis_address]") {
  for (const std::string url : {"", "redis", "http://h", "redis:/h", "redis://", "redis://:6379", "redis://h:0",
                                "redis://h:66000", "redis://h:x", "redis://h/x", "redis://h/1/2", "redis://h/999999",
                                "redis://h?db=1", "redis://h/0?x", "redis://planted:planted@h", "redis://:planted@h",
                                "redis://pla%nted@h", "redis://h h", "redis://h\r\nplanted"}) {
    CAPTURE(url);
    const auto address = parse_redis_url(url);
    REQUIRE_FALSE(address);
    CHECK(address.error().kind == ex::ErrorKind::storage);
    CHECK_FALSE(contains(address.error().message, "planted"));
  }
  CHECK(contains(parse_redis_url("redis://u:p@h").error().message, "RedisOptions::password"));
}

TEST_CASE("redis reply - each kind is read", "[redis_reply]") {
  CHECK(read_in_words("+OK\r\n") == "text OK");
  CHECK(read_in_words("$5\r\na\0b\r\n\r\n" + std::string()) == "not whole");
  CHECK(read_in_words(std::string_view("$5\r\na\0b\r\n\r\n", 11)) == std::string("text a\0b\r\n", 10));
  CHECK(read_in_words("$0\r\n\r\n") == "text ");
  CHECK(read_in_words("$-1\r\n") == "nothing");
  CHECK(read_in_words("*-1\r\n") == "nothing");
  CHECK(read_in_words(":-7\r\n") == "number -7");
  CHECK(read_in_words("*1\r\n:1\r\n") == "several");
  CHECK(read_in_words("-NOAUTH Authentication required.\r\n") == "error NOAUTH");
  CHECK(read_in_words("-MOVED 1 planted.example:6379\r\n") == "error MOVED");
  CHECK(read_in_words("-planted\r\n") == "error an unknown error");
}

TEST_CASE("redis reply - what is cut is waited for, and what is none is refused", "[redis_reply]") {
  const std::string whole = "$12\r\nhello, world\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(read_in_words(whole.substr(0, size)) == "not whole");
  for (const std::string bytes : {"HTTP/1.1 400 Bad Request\r\n", "\r\n", "hello\r\n", "$x\r\n", "\x15\x03\x01\r\n"}) {
    CAPTURE(bytes);
    CHECK(read_in_words(bytes) == "no reply");
  }
  CHECK(read_in_words("$300000000\r\n" + std::string(300000, 'x')) == "no reply");
  CHECK(read_in_words(std::string(300000, '+')) == "no reply");
  CHECK(read_in_words("*100000000\r\n") == "no reply");  // hiredis would ask for the memory of as many
  CHECK(read_in_words("*1\r\n*100000000\r\n") == "no reply");
}

TEST_CASE("redis reply - one reader takes one reply after the other", "[redis_reply]") {
  RedisReader reader;
  CHECK(reader.feed("+OK\r\n:1\r\n$2\r\nh"));
  CHECK((*reader.next())->text == "OK");
  CHECK((*reader.next())->number == 1);
  CHECK_FALSE(*reader.next());
  CHECK(reader.feed("i\r\n"));
  CHECK((*reader.next())->text == "hi");
  CHECK_FALSE(*reader.next());
}
