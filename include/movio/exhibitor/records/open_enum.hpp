// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// The value of an enumeration that the API may extend: one that is known, or any other text, which is kept and sent as
/// it is. One that was never set is absent. `names_of(E)` gives the known ones, in the enumeration's order.
template <class E>
class OpenEnum {
 public:
  OpenEnum() = default;
  OpenEnum(E value) : text_(text_of(static_cast<std::size_t>(value))) {}
  explicit OpenEnum(std::string text) : text_(std::move(text)) {}

  /// As the API writes it; empty when it was never set.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  friend bool operator==(const OpenEnum& a, const OpenEnum& b) noexcept { return a.text_ == b.text_; }
  friend bool operator!=(const OpenEnum& a, const OpenEnum& b) noexcept { return !(a == b); }

 private:
  /// Of a number that is no enumerator, the number, which the API will refuse.
  static std::string text_of(std::size_t index) {
    const auto names = names_of(E{});
    return index < names.size() ? std::string(names[index]) : std::to_string(index);
  }

  std::string text_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor
