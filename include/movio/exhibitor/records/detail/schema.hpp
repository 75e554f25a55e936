// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../raw_json.hpp"

// For the visitors of a schema's fields: inlined, they see each field's name and rule as constants. Without it a record
// takes a twentieth more instructions.
#if defined(__GNUC__)
#define MOVIO_EXHIBITOR_ALWAYS_INLINE __attribute__((always_inline))
#else
#define MOVIO_EXHIBITOR_ALWAYS_INLINE
#endif

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// What the API asks of a field beyond its type.
enum class Rule {
  none,
  time_zone,  ///< Has the form of an IANA name. Which names exist changes several times a year.
  tags,       ///< At most 10.
};

/// One member of a record: its name on the wire, and where it stands in the struct. A text that is required is not
/// empty: it would replace what the API has.
template <class Record, class Value>
struct Field {
  std::string_view name;
  Value Record::*member;
  bool required = false;
  Rule rule = Rule::none;
};

template <class Record, class Value>
constexpr Field<Record, Value> required(std::string_view name, Value Record::*member, Rule rule = Rule::none) {
  return {name, member, true, rule};
}

template <class Record, class Value>
constexpr Field<Record, Value> optional(std::string_view name, Value Record::*member, Rule rule = Rule::none) {
  return {name, member, false, rule};
}

/// How a struct is written: `fields(visit)` calls `visit(Field)` for each field for as long as that returns true, and
/// returns whether it always did. (A tuple of the fields takes longer to compile.) What has an id has it first, as
/// `id`, too, and a resource's record has its `path`. One of several kinds of object has the member that tells them
/// apart, `tag_name`, and its value, `tag`. Specialized in schemas.hpp.
template <class Record>
struct Schema;

template <class T, class = void>
struct HasSchema : std::false_type {};
template <class T>
struct HasSchema<T, std::void_t<decltype(sizeof(Schema<T>))>> : std::true_type {};

template <class T, class = void>
struct HasTag : std::false_type {};
template <class T>
struct HasTag<T, std::void_t<decltype(Schema<T>::tag)>> : std::true_type {};

/// Whether the struct has a place for members that it does not know.
template <class T, class = void>
struct KeepsOthers : std::false_type {};
template <class T>
struct KeepsOthers<T, std::void_t<decltype(T::other)>> : std::true_type {};

template <class Record>
bool is_tag(std::string_view name) {
  if constexpr (HasTag<Record>::value) return name == Schema<Record>::tag_name;
  return false;
}

template <class Record>
const std::string& id_of(const Record& record) {
  return record.*Schema<Record>::id.member;
}

/// What is wrong with a record, and where: `loyalty_cards[0].number`; no field when it is the record as a whole.
struct FieldProblem {
  std::string field;
  std::string what;

  [[nodiscard]] std::string text() const { return (field.empty() ? "the record" : field) + ' ' + what; }

  /// Seen from one level further out.
  void prefix(std::string_view outer) {
    const bool direct = field.empty() || field.front() == '[';
    field.insert(0, std::string(outer) + (direct ? "" : "."));
  }
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
