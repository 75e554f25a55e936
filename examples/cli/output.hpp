#pragma once

#include <movio/exhibitor.hpp>
#include <string>
#include <string_view>

namespace cli {

namespace ex = movio::exhibitor;

ex::Error failure(ex::ErrorKind kind, std::string message);

/// The text without control characters: of another party's text none may move a terminal's cursor or begin a line.
std::string one_line(std::string_view text);

/// Writes to standard output, as it is. Errors: `storage`.
ex::Result<void> write_output(std::string_view text);

/// Writes to standard output; gives the exit code, and reports a failure.
int print(std::string_view text);

/// `exhibitor: <text>`, one line on standard error, that is no failure.
void note(const std::string& text);

/// `exhibitor: <kind>: <message>`, one line on standard error; gives the exit code that belongs to it.
int report(const ex::Error& error);

/// Writes the library's events to standard error, a line each.
ex::EventHook event_printer();

}  // namespace cli
