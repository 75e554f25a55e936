// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "../../detail/text/encoding.hpp"
#include "../open_enum.hpp"
#include "schema.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

inline bool is_time_zone(std::string_view name) {
  const auto is_usual = [](char c) { return is_alpha(c) || is_digit(c) || c == '_' || c == '+' || c == '-'; };
  bool begins = true;  // a part of the name
  for (const char c : name) {
    if (c == '/' ? begins : !is_usual(c)) return false;
    begins = c == '/';
  }
  return !begins;
}

/// What the API is known to refuse although the types are right. All overloads give the first problem, if any.
template <class Record>
std::optional<FieldProblem> rule_broken(const Record& record);

inline std::optional<FieldProblem> value_refused(const std::string& text, Rule rule) {
  if (rule == Rule::time_zone && !is_time_zone(text)) {
    return FieldProblem{"", "must be the name of an IANA time zone, like Pacific/Auckland"};
  }
  return std::nullopt;
}

template <class T>
std::optional<FieldProblem> value_refused(const std::optional<T>& value, Rule rule) {
  return value ? value_refused(*value, rule) : std::nullopt;
}

template <class T>
std::optional<FieldProblem> value_refused(const std::vector<T>& values, Rule rule) {
  constexpr std::size_t most_tags = 10;
  if (rule == Rule::tags && values.size() > most_tags) return FieldProblem{"", "must have at most 10 entries"};
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto problem = value_refused(values[i], Rule::none);
    if (!problem) continue;
    problem->prefix('[' + std::to_string(i) + ']');
    return problem;
  }
  return std::nullopt;
}

template <class... Kinds>
std::optional<FieldProblem> value_refused(const std::variant<Kinds...>& value, Rule rule) {
  return std::visit([rule](const auto& kind) { return value_refused(kind, rule); }, value);
}

template <class T>
std::optional<FieldProblem> value_refused(const T& value, [[maybe_unused]] Rule rule) {
  if constexpr (HasSchema<T>::value) return rule_broken(value);
  return std::nullopt;
}

/// Why a required field is not acceptable as it is; nullptr when it is.
template <class E>
const char* lack_of(const OpenEnum<E>& value) {
  return value.empty() ? "is required" : nullptr;
}
inline const char* lack_of(const std::string& text) { return text.empty() ? "must not be empty" : nullptr; }
template <class T>
const char* lack_of(const T& /*value*/) {
  return nullptr;
}

template <class Record>
std::optional<FieldProblem> rule_broken(const Record& record) {
  std::optional<FieldProblem> problem;
  const auto look = [&](const auto& field) MOVIO_EXHIBITOR_ALWAYS_INLINE {
    const auto& value = record.*field.member;
    problem = value_refused(value, field.rule);
    if (const char* lack = field.required && !problem ? lack_of(value) : nullptr) problem = FieldProblem{"", lack};
    if (problem) problem->prefix(field.name);
    return !problem;
  };
  Schema<Record>::fields(look);
  return problem;
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
