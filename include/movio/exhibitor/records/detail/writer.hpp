// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
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
#include "../raw_json.hpp"
#include "rules.hpp"
#include "schema.hpp"
#include "timestamps.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Writes records as JSON text behind what is there already. What is absent is not written.
class RecordWriter {
 public:
  explicit RecordWriter(std::string& out) : out_(out) {}

  /// What keeps the record from being sent, if anything does; then nothing is appended.
  template <class Record>
  std::optional<FieldProblem> write(const Record& record) {
    if (auto problem = rule_broken(record)) return problem;
    const std::size_t before = out_.size();
    if (object(record)) return std::nullopt;
    out_.resize(before);
    return std::move(problem_);
  }

  /// For people: what there is of a record that cannot be sent. Texts are mended, and what else cannot be written is
  /// null or left out.
  template <class Record>
  void write_draft(const Record& record) {
    draft_ = true;
    object(record);
  }

 private:
  /// What cannot be written as it is.
  bool unfit(const char* what) {
    if (draft_) out_ += "null";
    return draft_ || fail("", what);
  }

  bool fail(std::string_view field, const char* what) {
    problem_ = {std::string(field), what};
    return false;
  }

  template <class Record>
  bool object(const Record& record) {
    out_ += '{';
    ++levels_;
    bool first = true;
    if constexpr (HasTag<Record>::value) {
      name(Schema<Record>::tag_name, first);
      append_json_string(out_, Schema<Record>::tag);
    }
    const auto write_field = [&](const auto& field) MOVIO_EXHIBITOR_ALWAYS_INLINE {
      const auto& value = record.*field.member;
      if (!field.required && is_absent(value)) return true;
      name(field.name, first);
      if (write_value(value)) return true;
      problem_.prefix(field.name);
      return false;
    };
    if (!Schema<Record>::fields(write_field) || !others_of(record, first)) return false;
    --levels_;
    out_ += '}';
    return true;
  }

  void name(std::string_view known, bool& first) {
    if (!std::exchange(first, false)) out_ += ',';
    out_ += '"';
    out_ += known;
    out_ += "\":";
  }

  template <class Record>
  bool others_of(const Record& record, bool& first) {
    if constexpr (KeepsOthers<Record>::value) return others(record, first);
    return true;
  }
  template <class Record>
  bool others(const Record& record, bool& first) {
    for (const auto& [name, value] : record.other) {
      const auto is_other = [&key = name](const auto& field) { return field.name != key; };
      if (!Schema<Record>::fields(is_other) || is_tag<Record>(name)) {
        if (draft_) continue;
        return fail(name, "stands in `other`, but has a place of its own");
      }
      if (!std::exchange(first, false)) out_ += ',';
      if (draft_) {
        append_bytes_as_json_string(out_, name);
      } else if (!append_json_string(out_, name)) {
        return fail("other", "has a name that is not UTF-8");
      }
      out_ += ':';
      if (write_value(value)) continue;
      problem_.prefix(name);
      return false;
    }
    return true;
  }

  static bool is_absent(const std::string& /*text*/) { return false; }
  template <class E>
  static bool is_absent(const OpenEnum<E>& value) {
    return value.empty();
  }
  template <class T>
  static bool is_absent(const std::optional<T>& value) {
    return !value.has_value();
  }
  template <class T>
  static bool is_absent(const std::vector<T>& values) {
    return values.empty();
  }

  bool write_value(const std::string& text) {
    if (!draft_) return append_json_string(out_, text) || fail("", "is not UTF-8");
    append_bytes_as_json_string(out_, text);
    return true;
  }

  template <class E>
  bool write_value(const OpenEnum<E>& value) {
    return write_value(value.text());
  }

  bool write_value(const Date& date) { return write_value(date.text()); }

  bool write_value(std::chrono::system_clock::time_point time) {
    const auto text = utc_text(time);
    return text ? write_value(*text) : unfit("lies outside the years 0000 to 9999");
  }

  bool write_value(const Decimal& amount) {
    out_ += amount.text();
    return true;
  }

  bool write_value(const RawJson& value) {
    JsonScanner scanner(value.text, levels_);
    std::string_view checked;
    if (!scanner.value(checked) || !scanner.end()) return unfit(scanner.fault());
    out_ += checked;
    return true;
  }

  template <class T>
  bool write_value(const std::optional<T>& value) {
    return write_value(*value);
  }

  template <class T>
  bool write_value(const std::vector<T>& values) {
    out_ += '[';
    ++levels_;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ += ',';
      if (write_value(values[i])) continue;
      problem_.prefix('[' + std::to_string(i) + ']');
      return false;
    }
    --levels_;
    out_ += ']';
    return true;
  }

  template <class... Kinds>
  bool write_value(const std::variant<Kinds...>& value) {
    if (!std::visit([this](const auto& kind) { return this->write_value(kind); }, value)) return false;
    const auto* unknown = std::get_if<RawJson>(&value);
    const bool is_object = unknown == nullptr || JsonScanner(unknown->text).peek() == JsonScanner::Kind::object;
    return is_object || draft_ || fail("", "must be a JSON object");
  }

  template <class Record>
  bool write_value(const Record& record) {
    return object(record);
  }

  std::string& out_;
  bool draft_ = false;
  int levels_ = 0;  // of objects and arrays that have begun
  FieldProblem problem_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
