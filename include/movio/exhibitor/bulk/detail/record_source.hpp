// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../../detail/json/scanner.hpp"
#include "../../files/detail/line_reader.hpp"
#include "../../records/detail/limits.hpp"
#include "../../records/detail/reader.hpp"
#include "../../records/detail/requests.hpp"
#include "../../records/detail/schema.hpp"
#include "../../records/detail/writer.hpp"
#include "input_kind.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Gives the records of an upload one after the other. Thread-safety: none.
class RecordSource {
 public:
  struct Record {
    std::uint64_t line;     ///< The line of the input, or the record's position; from 1, ascending.
    std::string_view text;  ///< Valid until the next call of `next`.
  };

  virtual ~RecordSource() = default;

  /// The next record; empty at the end.
  virtual Result<std::optional<Record>> next() = 0;

  /// Why the last record cannot be sent, if so. Sets `id`; empty if it cannot be read.
  virtual std::optional<std::string> examine(std::string& id) = 0;

  /// Bytes of the input read so far.
  [[nodiscard]] virtual std::uint64_t bytes() const noexcept = 0;
};

/// A longer line cannot be a record.
inline constexpr std::size_t longest_line = usual_request_bytes;

/// Reads lines. Errors: also `invalid_argument`, before the first record, if the input is clearly something else.
class LineSource : public RecordSource {
 public:
  explicit LineSource(ByteSource bytes) : lines_(std::move(bytes), longest_line) {}

  Result<std::optional<Record>> next() override {
    auto line = lines_.next();
    if (!line) return std::move(line.error());
    if (!*line) return std::optional<Record>();
    line_ = **line;
    if (std::exchange(is_first_, false)) {
      if (const char* other = other_kind(line_.text)) return invalid_argument("the input " + std::string(other));
    }
    return std::optional<Record>({line_.number, line_.text});
  }

  std::optional<std::string> examine(std::string& id) override {
    id.clear();
    if (line_.too_long) return "the line is longer than 4 MiB";
    return look_at(line_.text, id);
  }

  [[nodiscard]] std::uint64_t bytes() const noexcept override { return lines_.bytes_passed(); }

 private:
  /// What the input is instead, judged by its first line; nullptr if it may be right.
  [[nodiscard]] virtual const char* other_kind(std::string_view line) const { return no_lines_of_utf8(line); }
  virtual std::optional<std::string> look_at(std::string_view text, std::string& id) = 0;

  LineReader lines_;
  bool is_first_ = true;
  LineReader::Line line_{};
};

/// Why the id of a valid record cannot be used, if so: only subscriptions have their id in the path.
template <class Model>
std::optional<std::string> id_problem_of(const Model& record) {
  if constexpr (std::is_same_v<Model, MemberSubscriptions>) return id_problem(id_of(record));
  return std::nullopt;
}

/// Finds the id in a record that may be invalid; empty if there is none before the JSON breaks off.
template <class Model>
void find_id(std::string_view text, std::string& id) {
  JsonScanner scanner(text);
  JsonText written;
  std::string name;
  if (scanner.peek() != JsonScanner::Kind::object) return;
  scanner.open();
  while (scanner.next_member(written)) {
    assign_unescaped(name, written);
    std::string_view value;
    if (name != Schema<Model>::id.name || scanner.peek() != JsonScanner::Kind::string) {
      if (!scanner.value(value)) return;
    } else {
      if (scanner.string(written)) assign_unescaped(id, written);
      return;
    }
  }
}

/// Reads NDJSON: one record per line.
template <class Model>
class NdjsonSource : public LineSource {
 public:
  using LineSource::LineSource;

 private:
  [[nodiscard]] const char* other_kind(std::string_view line) const override { return no_ndjson(line); }

  std::optional<std::string> look_at(std::string_view text, std::string& id) override {
    if (auto problem = RecordReader(text, Reading::check).read(record_)) {
      if (const char* slip = problem->field.empty() ? slip_in(text) : nullptr) problem->what = slip;
      find_id<Model>(without_byte_order_mark(text), id);
      return problem->text();
    }
    id = id_of(record_);
    return id_problem_of(record_);
  }

  Model record_;
};

/// Reads ids: one per line.
class IdLineSource : public LineSource {
 public:
  using LineSource::LineSource;

 private:
  std::optional<std::string> look_at(std::string_view text, std::string& id) override {
    id = text;
    return id_problem(text);
  }
};

/// Takes structs from a function.
template <class Model>
class ModelSource : public RecordSource {
 public:
  /// `next` gives nullptr at the end; the record must live until the next call.
  explicit ModelSource(std::function<const Model*()> next) : next_(std::move(next)) {}

  Result<std::optional<Record>> next() override {
    record_ = next_();
    if (record_ == nullptr) return std::optional<Record>();
    text_.clear();
    problem_ = RecordWriter(text_).write(*record_);
    if (problem_) RecordWriter(text_).write_draft(*record_);
    bytes_ += text_.size();
    return std::optional<Record>({++count_, text_});
  }

  std::optional<std::string> examine(std::string& id) override {
    id = id_of(*record_);
    return problem_ ? problem_->text() : id_problem_of(*record_);
  }

  [[nodiscard]] std::uint64_t bytes() const noexcept override { return bytes_; }

 private:
  std::function<const Model*()> next_;
  const Model* record_ = nullptr;
  std::string text_;
  std::optional<FieldProblem> problem_;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
};

/// Takes ids from a function.
class IdSource : public RecordSource {
 public:
  /// `next` gives an empty optional at the end; the text must live until the next call.
  explicit IdSource(std::function<std::optional<std::string_view>()> next) : next_(std::move(next)) {}

  Result<std::optional<Record>> next() override {
    const auto id = next_();
    if (!id) return std::optional<Record>();
    id_ = *id;
    bytes_ += id_.size();
    return std::optional<Record>({++count_, id_});
  }

  std::optional<std::string> examine(std::string& id) override {
    id = id_;
    return id_problem(id_);
  }

  [[nodiscard]] std::uint64_t bytes() const noexcept override { return bytes_; }

 private:
  std::function<std::optional<std::string_view>()> next_;
  std::string_view id_;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
