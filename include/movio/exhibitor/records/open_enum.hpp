// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// How the API writes an enumeration: `names`, an array of texts in the enumeration's order. Specialized beside each.
template <class E>
struct EnumNames;

/// The value of an enumeration that the API may extend: a known value, or any other text, which is kept and sent
/// unchanged. Absent if never set. `EnumNames<E>` lists the known values.
template <class E>
class OpenEnum {
 public:
  OpenEnum() = default;
  OpenEnum(E value) : text_(text_of(static_cast<std::size_t>(value))) {}
  explicit OpenEnum(std::string text) : text_(std::move(text)) {}

  /// As the API writes it; empty when it was never set.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  /// The enumerator; empty if the text is not a known value.
  [[nodiscard]] std::optional<E> known() const noexcept {
    constexpr auto& names = EnumNames<E>::names;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == text_) return static_cast<E>(i);
    }
    return std::nullopt;
  }

  friend bool operator==(const OpenEnum& a, const OpenEnum& b) noexcept { return a.text_ == b.text_; }
  friend bool operator!=(const OpenEnum& a, const OpenEnum& b) noexcept { return !(a == b); }

 private:
  /// Of a number that is no enumerator, the number, which the API will refuse.
  static std::string text_of(std::size_t index) {
    constexpr auto& names = EnumNames<E>::names;
    return index < names.size() ? std::string(names[index]) : std::to_string(index);
  }

  std::string text_;
};

}  // namespace v0_1
}  // namespace movio::exhibitor
