#pragma once

#include <string>
#include <string_view>

#include "../core/result.hpp"
#include "detail/reader.hpp"
#include "detail/writer.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// Reads one of the models from JSON text. Members that are null are absent; those that the struct does not know are
/// kept in `other`. Errors: `invalid_argument`, which names the field and quotes nothing.
template <class Record>
Result<Record> read_record(std::string_view json) {
  Record record;
  if (const auto problem = detail::RecordReader(json, detail::Reading::values).read(record)) {
    return detail::invalid_argument(problem->text());
  }
  return record;
}

/// Writes one of the models as the API spells it. Errors: `invalid_argument`, which names the field.
template <class Record>
Result<std::string> write_record(const Record& record) {
  std::string json;
  if (const auto problem = detail::RecordWriter(json).write(record)) return detail::invalid_argument(problem->text());
  return json;
}

}  // namespace v0_1
}  // namespace movio::exhibitor
