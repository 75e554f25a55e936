// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "../../detail/json/scanner.hpp"
#include "../decimal.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
MOVIO_EXHIBITOR_INLINE Decimal Decimal::scaled(std::int64_t unscaled, unsigned scale) {
  std::string digits = std::to_string(unscaled);
  const std::size_t sign = unscaled < 0 ? 1 : 0;
  if (digits.size() - sign <= scale) digits.insert(sign, std::size_t{scale} + 1 - (digits.size() - sign), '0');
  if (scale > 0) digits.insert(digits.size() - scale, 1, '.');
  return Decimal(std::move(digits), Checked{});
}

MOVIO_EXHIBITOR_INLINE Result<Decimal> Decimal::parse(std::string_view text) {
  detail::JsonScanner scanner(text);
  std::string_view number;
  const bool whole = scanner.peek() == detail::JsonScanner::Kind::number && scanner.number(number);
  if (!whole || number.size() != text.size()) return detail::invalid_argument("an amount looks like 12.30");
  return Decimal(std::string(text), Checked{});
}

}  // namespace v0_1
}  // namespace movio::exhibitor
