// SPDX-License-Identifier: MIT
#pragma once

#include <locale>
#include <ostream>
#include <sstream>

#include "../../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Prints to a text first: log lines and messages must not change with the stream's locale, base or number format. A
/// width applies to the whole text.
template <class Print>
std::ostream& print_apart(std::ostream& out, Print print) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  print(text);
  return out << text.str();
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
