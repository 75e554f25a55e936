// SPDX-License-Identifier: MIT
#pragma once

// std::format of errors, events and their kinds, where the standard library has it (C++20). Not part of
// <movio/exhibitor.hpp>. The text is what `<<` gives; `{}` takes no options but those of a string: fill, alignment,
// width.
#include "core/events.hpp"
#include "core/result.hpp"

#if __has_include(<format>)
#include <format>
#endif
#if defined(__cpp_lib_format)
#include <sstream>
#include <string>
#include <string_view>

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

template <class T>
struct StreamFormatter : std::formatter<std::string_view> {
  template <class Context>
  auto format(const T& value, Context& context) const {
    std::ostringstream text;
    text << value;
    return std::formatter<std::string_view>::format(text.str(), context);
  }
};

template <class Kind>
struct KindFormatter : std::formatter<std::string_view> {
  template <class Context>
  auto format(Kind kind, Context& context) const {
    return std::formatter<std::string_view>::format(to_string(kind), context);
  }
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor

template <>
struct std::formatter<movio::exhibitor::Error> : movio::exhibitor::detail::StreamFormatter<movio::exhibitor::Error> {};
template <>
struct std::formatter<movio::exhibitor::Event> : movio::exhibitor::detail::StreamFormatter<movio::exhibitor::Event> {};
template <>
struct std::formatter<movio::exhibitor::ErrorKind>
    : movio::exhibitor::detail::KindFormatter<movio::exhibitor::ErrorKind> {};
template <>
struct std::formatter<movio::exhibitor::EventKind>
    : movio::exhibitor::detail::KindFormatter<movio::exhibitor::EventKind> {};
#endif
