// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "../../detail/json/value.hpp"
#include "../../detail/text/encoding.hpp"
#include "../reasons.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// A JSON value for people: `name: value, name: value`, texts without quotes.
inline void append_plainly(std::string& out, const JsonValue& value) {
  const std::size_t before = out.size();
  switch (value.kind()) {
    case JsonValue::Kind::object:
      value.each_member([&](const std::string& name, const JsonValue& member) {
        out += (out.size() == before ? "" : ", ") + name + ": ";
        append_plainly(out, member);
      });
      break;
    case JsonValue::Kind::array:
      value.each_element([&](const JsonValue& element) {
        if (out.size() != before) out += "; ";
        append_plainly(out, element);
      });
      break;
    case JsonValue::Kind::string:
      out += value.string();
      break;
    default:
      out += value.text();
  }
}

}  // namespace detail

MOVIO_EXHIBITOR_INLINE std::vector<std::string> api_reasons(const Error& error) {
  constexpr std::size_t longest = 2048;
  std::vector<std::string> reasons;
  const auto add = [&reasons](const detail::JsonValue& part) {
    std::string text;
    detail::append_plainly(text, part);
    reasons.push_back(detail::clean_text(text, longest));
  };
  const auto said = detail::parse_json(error.details, "what the API says");
  if (!said) return reasons;
  if (const auto message = said->find("message")) add(*message);
  const auto entities = said->find("entities");
  if (entities && entities->kind() != detail::JsonValue::Kind::array) add(*entities);
  if (entities) entities->each_element(add);
  return reasons;
}

}  // namespace v0_1
}  // namespace movio::exhibitor
