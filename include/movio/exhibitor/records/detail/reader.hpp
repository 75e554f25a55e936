// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "../../detail/json/scanner.hpp"
#include "../date.hpp"
#include "../decimal.hpp"
#include "../open_enum.hpp"
#include "rules.hpp"
#include "schema.hpp"
#include "timestamps.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Whether a reader keeps the values, or only checks them. A check does not keep unknown members, amounts, and times
/// beyond the range of this machine's clock.
enum class Reading { values, check };

/// Reads a record from JSON text into its struct, and finds what is wrong with it. A member that is null is absent.
/// Thread-safety: none; an object reads one record.
class RecordReader {
 public:
  RecordReader(std::string_view text, Reading reading) : scanner_(text), reading_(reading) {}

  template <class Record>
  std::optional<FieldProblem> read(Record& record) {
    const JsonScanner whole = scanner_;
    if (read_value(record)) {
      scanner_.end();
    } else {  // report invalid JSON as that, wherever it is
      scanner_ = whole;
      std::string_view all;
      if (scanner_.value(all)) scanner_.end();
    }
    if (scanner_.fault() != nullptr) return FieldProblem{"", scanner_.fault()};
    if (!problem_.what.empty()) return std::move(problem_);
    return rule_broken(record);
  }

 private:
  using Kind = JsonScanner::Kind;

  bool fail(const char* what) {
    problem_.what = what;
    return false;
  }
  bool fail_at(std::string_view field, const char* what) {
    problem_ = {std::string(field), what};
    return false;
  }

  template <class Record>
  bool object(Record& record) {
    if constexpr (KeepsOthers<Record>::value) record.other.clear();
    std::uint32_t seen = 0;  // a bit for each field
    JsonText name;
    scanner_.open();
    while (scanner_.next_member(name)) {
      if (!member(record, name, seen)) return false;
    }
    return scanner_.fault() == nullptr && complete(record, seen);
  }

  template <class Record>
  bool member(Record& record, JsonText written, std::uint32_t& seen) {
    std::string_view name = written.raw;
    if (written.escaped) {
      assign_unescaped(name_, written);
      name = name_;
    }
    bool good = true;
    std::size_t index = 0;
    const auto is_other = [&](const auto& field) MOVIO_EXHIBITOR_ALWAYS_INLINE {
      if (field.name != name) return ++index != 0;
      good = once(field.name, seen, index) && known(field, record.*field.member);
      return false;
    };
    if (!Schema<Record>::fields(is_other)) return good;
    std::string_view value;
    if (is_tag<Record>(name)) return once(name, seen, index) && scanner_.value(value);
    return other(record, name);
  }

  bool once(std::string_view name, std::uint32_t& seen, std::size_t index) {
    assert(index < 32);
    const std::uint32_t bit = std::uint32_t{1} << index;
    if ((seen & bit) != 0) return fail_at(name, "is there twice");
    seen |= bit;
    return true;
  }

  template <class Record, class T>
  bool known(const Field<Record, T>& field, T& value) {
    if (scanner_.peek() == Kind::null) {
      value = T{};
      return field.required ? fail_at(field.name, "is required") : scanner_.null();
    }
    if (read_value(value)) return true;
    problem_.prefix(field.name);
    return false;
  }

  template <class Record>
  bool other(Record& record, std::string_view name) {
    std::string_view value;
    if (!scanner_.value(value)) return false;
    if constexpr (KeepsOthers<Record>::value) {
      if (reading_ == Reading::values) record.other.emplace_back(name, RawJson{std::string(value)});
      return true;
    }
    return fail("has a member that is not known here");
  }

  /// Clears absent fields: the struct may have held another record.
  template <class Record>
  bool complete(Record& record, std::uint32_t seen) {
    std::size_t index = 0;
    const auto is_there = [&](const auto& field) MOVIO_EXHIBITOR_ALWAYS_INLINE {
      if ((seen >> index++ & 1U) != 0) return true;
      record.*field.member = {};
      return !field.required || fail_at(field.name, "is required");
    };
    return Schema<Record>::fields(is_there);
  }

  bool text(const char* wanted) {
    JsonText text;
    if (scanner_.peek() != Kind::string) return fail(wanted);
    if (!scanner_.string(text)) return false;
    assign_unescaped(text_, text);
    return true;
  }

  bool read_value(std::string& value) {
    JsonText text;
    if (scanner_.peek() != Kind::string) return fail("must be a string");
    if (!scanner_.string(text)) return false;
    assign_unescaped(value, text);
    return true;
  }

  template <class E>
  bool read_value(OpenEnum<E>& value) {
    if (!text("must be a string")) return false;
    if (text_.empty()) return fail("must not be empty");
    if (value.text() != text_) value = OpenEnum<E>(text_);
    return true;
  }

  bool read_value(std::optional<Date>& value) {
    constexpr const char* wanted = "must be an existing date YYYY-MM-DD";
    if (!text(wanted)) return false;
    const auto date = Date::parse(text_);
    if (!date) return fail(wanted);
    value = *date;
    return true;
  }

  bool read_value(std::optional<std::chrono::system_clock::time_point>& value) {
    constexpr const char* wanted = "must be a UTC date-time like 2024-08-06T19:30:00Z";
    if (!text(wanted)) return false;
    const auto time = parse_date_time(text_);
    if (!time) return fail(wanted);
    value = time_point_of(*time);
    return value || reading_ == Reading::check || fail("lies outside the years that this machine's clock can hold");
  }

  bool read_value(std::optional<Decimal>& value) {
    std::string_view number;
    if (scanner_.peek() != Kind::number) return fail("must be a number");
    if (!scanner_.number(number)) return false;
    value.reset();
    if (reading_ == Reading::values) value = *Decimal::parse(number);
    return true;
  }

  template <class T>
  bool read_value(std::optional<T>& value) {
    if (!value) value.emplace();
    return read_value(*value);
  }

  static constexpr std::size_t most_elements = 10'000;  // no record has that many; a line of 4 MiB could hold a million

  template <class T>
  bool read_value(std::vector<T>& values) {
    if (scanner_.peek() != Kind::array) return fail("must be an array");
    std::size_t count = 0;
    scanner_.open();
    for (; scanner_.next_element(); ++count) {
      if (count == most_elements) return fail("has more than 10000 elements");
      if (values.size() == count) values.emplace_back();
      if (read_value(values[count])) continue;
      problem_.prefix('[' + std::to_string(count) + ']');
      return false;
    }
    values.resize(count);
    return scanner_.fault() == nullptr;
  }

  /// Reads one of several kinds of object, told apart by a common member; the last kind takes unknown ones.
  template <class Kind, class... Kinds>
  bool read_value(std::variant<Kind, Kinds...>& value) {
    if (scanner_.peek() != JsonScanner::Kind::object) return fail("must be a JSON object");
    if (!tag_ahead(Schema<Kind>::tag_name)) return false;
    if (!choose<Kind, Kinds...>(value)) value = RawJson{};
    return std::visit([this](auto& chosen) { return this->read_value(chosen); }, value);
  }

  template <class Variant, class Kind>
  bool choose_if_tagged(Variant& value) {
    if constexpr (HasTag<Kind>::value) {
      if (Schema<Kind>::tag != text_) return false;
      if (!std::holds_alternative<Kind>(value)) value = Kind{};
      return true;
    }
    return false;
  }
  template <class... Kinds>
  bool choose(std::variant<Kinds...>& value) {
    return (choose_if_tagged<std::variant<Kinds...>, Kinds>(value) || ...);
  }

  /// Reads the tag of the object at the current position, without advancing.
  bool tag_ahead(std::string_view tag_name) {
    const JsonScanner here = scanner_;
    if (!step_to(tag_name) || !text("must be a string")) {
      problem_.prefix(tag_name);
      return false;
    }
    scanner_ = here;
    return true;
  }

  /// Advances to the value of a member of the object at the current position.
  bool step_to(std::string_view wanted) {
    JsonText name;
    std::string_view skipped;
    scanner_.open();
    while (scanner_.next_member(name)) {
      assign_unescaped(name_, name);
      if (name_ == wanted) return scanner_.peek() != Kind::null || fail("is required");
      scanner_.value(skipped);
    }
    return fail("is required");
  }

  bool read_value(RawJson& value) {
    std::string_view text;
    if (!scanner_.value(text)) return false;
    value.text.assign(text);
    return true;
  }

  template <class Record>
  bool read_value(Record& record) {
    if (scanner_.peek() != Kind::object) return fail("must be a JSON object");
    return object(record);
  }

  JsonScanner scanner_;
  Reading reading_;
  FieldProblem problem_;
  std::string name_;
  std::string text_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
