// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace sandbox {

std::string base64_encode(std::string_view bytes);
// Takes the padded standard form only (RFC 4648 section 4); anything else, white space included, gives nothing.
std::optional<std::string> base64_decode(std::string_view text);

// The form without padding that JWT uses (RFC 7515 section 2).
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

enum class Plus { stays, is_space };

// Undoes %XX; in a form '+' stands for a space, in a path for itself. A broken escape gives nothing.
std::optional<std::string> percent_decode(std::string_view text, Plus plus);

std::string random_bytes(std::size_t count);
std::string random_hex(std::size_t byte_count);

// IMF-fixdate (RFC 9110 section 5.6.7), whatever the process's locale is.
std::string http_date(std::time_t time);

}  // namespace sandbox
