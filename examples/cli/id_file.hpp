// SPDX-License-Identifier: MIT
#pragma once

#include <movio/exhibitor.hpp>
#include <string>
#include <string_view>

namespace cli {

namespace ex = movio::exhibitor;

/// Passes bytes on, and keeps the first line of them: its beginning, when it is long. `line` must outlive the source.
ex::ByteSource keeping_first_line(ex::ByteSource bytes, std::string& line);

/// What an input for `delete --ids` seems to be instead of an id on each line, by its first line, and what to do about
/// it, for people; empty when nothing shows.
std::string odd_about_ids(std::string_view first_line);

}  // namespace cli
