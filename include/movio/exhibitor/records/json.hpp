// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "../core/result.hpp"
#include "detail/range.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// Defined in impl/json.ipp for every model.
template <class Model>
struct ModelJson {
  static Result<Model> read(std::string_view json);
  static Result<std::string> write(const Model& record);
};

}  // namespace detail

/// Reads one of the models from JSON text. Members that are null are absent; those that the struct does not know are
/// kept in `other`. Errors: `invalid_argument`, which names the field and quotes nothing.
template <class Record>
Result<Record> read_record(std::string_view json) {
  static_assert(detail::is_model<Record>, "read_record reads the structs of the API, for example Film");
  return detail::ModelJson<Record>::read(json);
}

/// Writes one of the models as the API spells it. Errors: `invalid_argument`, which names the field.
template <class Record>
Result<std::string> write_record(const Record& record) {
  static_assert(detail::is_model<Record>, "write_record writes the structs of the API, for example Film");
  return detail::ModelJson<Record>::write(record);
}

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/json.ipp"
#endif
