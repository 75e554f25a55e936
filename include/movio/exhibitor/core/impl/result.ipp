// SPDX-License-Identifier: MIT
#pragma once

#include <ostream>
#include <string>
#include <utility>

#include "../../detail/text/encoding.hpp"
#include "../../detail/text/print.hpp"
#include "../result.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
MOVIO_EXHIBITOR_INLINE std::ostream& operator<<(std::ostream& out, const Error& error) {
  return detail::print_apart(out, [&error](std::ostream& text) {
    text << to_string(error.kind) << ": " << error.message;
    if (error.http_status != 0) text << " (HTTP " << error.http_status << ')';
    if (!error.request_id.empty()) text << " [request " << error.request_id << ']';
  });
}

MOVIO_EXHIBITOR_INLINE ExhibitorError::ExhibitorError(Error error)
    : std::runtime_error(std::string(to_string(error.kind)) + ": " + error.message), error_(std::move(error)) {}

namespace detail {

MOVIO_EXHIBITOR_INLINE Error cleaned(Error error) {
  error.message = clean_message(std::move(error.message));
  error.request_id = clean_message(std::move(error.request_id));
  return error;
}

MOVIO_EXHIBITOR_INLINE Error make_error(ErrorKind kind, std::string message) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  return error;
}

MOVIO_EXHIBITOR_INLINE Error invalid_argument(std::string message) {
  return make_error(ErrorKind::invalid_argument, std::move(message));
}

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
