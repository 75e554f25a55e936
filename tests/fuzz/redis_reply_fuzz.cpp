// SPDX-License-Identifier: MIT

// A libFuzzer target, see run.sh: any bytes as the replies of a Redis server, in one piece and cut into many.
#include <cstddef>
#include <cstdint>
#include <movio/exhibitor/stores/detail/redis_reply.hpp>
#include <string>
#include <string_view>

#include "expect.hpp"

namespace ex = movio::exhibitor;
using ex::detail::RedisReader;
using ex::detail::RedisReply;

namespace {

/// Every reply, until the bytes end or are none.
class Replies {
 public:
  void feed(std::string_view bytes) {
    if (broken_) return;
    broken_ = !reader_.feed(bytes);
    while (!broken_ && take()) {
    }
  }
  [[nodiscard]] std::string text() const { return text_ + (broken_ ? "broken" : "waits"); }

 private:
  bool take() {
    const auto reply = reader_.next();
    broken_ = !reply;
    if (broken_ || !*reply) return false;
    const RedisReply& is = **reply;
    text_ += std::to_string(static_cast<int>(is.kind)) + ' ' + std::to_string(is.number) + ' ' + is.text + '\n';
    if (is.kind == RedisReply::Kind::error) expect(is.text.size() <= 32, "of an error its code is kept, and no more");
    return true;
  }

  RedisReader reader_;
  std::string text_;
  bool broken_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  Replies whole;
  whole.feed(bytes);
  Replies cut;
  for (const char byte : bytes) cut.feed({&byte, 1});
  expect(whole.text() == cut.text(), "it does not matter where the bytes are cut");
  return 0;
}
