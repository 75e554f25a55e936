// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <movio/exhibitor.hpp>
#include <string>
#include <string_view>

namespace cli {

namespace ex = movio::exhibitor;

ex::Error failure(ex::ErrorKind kind, std::string message);

/// The text as one line of UTF-8 without control characters, C1 and bidirectional ones included: no text of another
/// party may move a terminal's cursor, begin a line or reorder one.
std::string one_line(std::string_view text);

/// The same of a text's beginning, of at most `longest` bytes, and "..." when there is more.
std::string shortened(std::string_view text, std::size_t longest);

/// A word of the command line for a message, in quotes behind a blank, if it is short and of lower case letters; else
/// empty: somebody may have put a secret or an id where a name belongs.
std::string if_plain(std::string_view word);

/// Writes to standard output, as it is. Errors: `storage`.
ex::Result<void> write_output(std::string_view text);

/// Writes to standard output; gives the exit code, and reports a failure.
int print(std::string_view text);

/// Writes an answer's body and a line's end to standard output: as it is to a file or a pipe, without control
/// characters to a terminal. Gives the exit code.
int print_answer(std::string_view text);

/// `exhibitor: <text>`, one line on standard error, that is no failure.
void note(const std::string& text);

/// `exhibitor: <kind>: <message>`, one line on standard error, then `exhibitor: the API says: ...` for each reason that
/// the API gave, at most ten; gives the exit code that belongs to the error.
int report(const ex::Error& error);

/// Writes the library's events to standard error, a line each.
ex::EventHook event_printer();

}  // namespace cli
