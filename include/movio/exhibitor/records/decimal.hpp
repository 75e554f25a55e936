// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../core/result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// An amount, exactly as it was written: 12.30 stays 12.30. Never goes through a `double`.
class Decimal {
 public:
  Decimal() = default;

  template <class Integer, class = std::enable_if_t<std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>>>
  Decimal(Integer number) : text_(std::to_string(number)) {}
  Decimal(float number) = delete;        // which digits are meant?
  Decimal(double number) = delete;       // Decimal::parse("12.30"), Decimal::scaled(1230, 2)
  Decimal(long double number) = delete;  // the same

  /// `unscaled` / 10^`scale`: `scaled(1230, 2)` is 12.30.
  static Decimal scaled(std::int64_t unscaled, unsigned scale);

  /// Reads a number as JSON writes it (RFC 8259 section 6). Errors: `invalid_argument`.
  static Result<Decimal> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  /// Whether they are written alike: 12.3 is not 12.30.
  friend bool operator==(const Decimal& a, const Decimal& b) noexcept { return a.text_ == b.text_; }
  friend bool operator!=(const Decimal& a, const Decimal& b) noexcept { return !(a == b); }

 private:
  struct Checked {};
  Decimal(std::string text, Checked /*unused*/) : text_(std::move(text)) {}

  std::string text_ = "0";
};

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/decimal.ipp"
#endif
