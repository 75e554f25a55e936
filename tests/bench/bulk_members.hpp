// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <movio/exhibitor.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace bench {

namespace ex = movio::exhibitor;

/// So many members, no two with the same id, as lines of about 430 bytes. The line that is there is changed in place,
/// so that making it costs next to nothing.
class MemberLines {
 public:
  explicit MemberLines(std::size_t count) : left_(count) {}

  /// The next line, with its end, until it is called again; empty after the last.
  std::string_view next() {
    if (left_ == 0) return {};
    --left_;
    const auto at = line_.begin() + static_cast<std::ptrdiff_t>(number_);
    for (auto digit = at + digits; digit-- != at;) {
      if (++*digit <= '9') break;
      *digit = '0';
    }
    return line_;
  }

  /// The same as a library reads it.
  static ex::ByteSource bytes(std::size_t count) {
    return [lines = MemberLines(count), rest = std::string_view()](
               char* into, std::size_t room) mutable -> ex::Result<std::size_t> {
      std::size_t filled = 0;
      while (filled < room) {
        if (rest.empty()) rest = lines.next();
        if (rest.empty()) break;
        const std::size_t part = std::min(rest.size(), room - filled);
        std::memcpy(into + filled, rest.data(), part);
        filled += part;
        rest.remove_prefix(part);
      }
      return filled;
    };
  }

 private:
  static constexpr std::ptrdiff_t digits = 9;

  std::size_t left_;
  std::string line_ =
      R"({"member_id":"M-000000000","gender":"FEMALE","status":"ACTIVATED","email":"a.member@mail.example",)"
      R"("phone_number":"+6421555123","first_name":"Anaïs","last_name":"O'Member-Smith","date_of_birth":"1984-02-29",)"
      R"("loyalty_cards":[{"number":"6001-2345-6789-0123","status":"ACTIVE"}],"issued_at":"2024-08-06T19:30:00Z",)"
      R"("preferences":{"cinema_ids":["C-001","C-017"],"genres":["Drama","Science Fiction"]},)"
      R"("home_cinema":"C-001","opted_in":true})"
      "\n";
  std::size_t number_ = line_.find("000000000");
};

}  // namespace bench
