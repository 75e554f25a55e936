// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "../../detail/json/document.hpp"
#include "../../detail/text/encoding.hpp"
#include "../reasons.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// A JSON value for people: `name: value, name: value`, texts without quotes.
inline void append_plainly(std::string& out, const nlohmann::json& value) {
  if (value.is_string()) {
    out += value.get_ref<const std::string&>();
  } else if (!value.is_structured()) {
    out += value.dump();
  } else {
    const char* separator = "";
    for (const auto& [name, member] : value.items()) {
      out += separator;
      if (value.is_object()) out += name + ": ";
      append_plainly(out, member);
      separator = value.is_object() ? ", " : "; ";
    }
  }
}

}  // namespace detail

MOVIO_EXHIBITOR_INLINE std::vector<std::string> api_reasons(const Error& error) {
  constexpr std::size_t longest = 2048;
  std::vector<std::string> reasons;
  const auto add = [&reasons](const nlohmann::json& part) {
    std::string text;
    detail::append_plainly(text, part);
    reasons.push_back(detail::clean_text(text, longest));
  };
  const auto said = detail::parse_json(error.details, "what the API says");
  if (!said || !said->is_object()) return reasons;
  if (const auto message = said->find("message"); message != said->end()) add(*message);
  const auto entities = said->find("entities");
  if (entities == said->end()) return reasons;
  if (!entities->is_array()) add(*entities);
  for (const auto& entity : entities->is_array() ? *entities : nlohmann::json::array()) add(entity);
  return reasons;
}

}  // namespace v0_1
}  // namespace movio::exhibitor
