// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <ctime>
#include <iomanip>
#include <locale>
#include <movio/exhibitor.hpp>
#include <mutex>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

namespace observe {

namespace ex = movio::exhibitor;

/// With spdlog's numbers: `static_cast<spdlog::level::level_enum>(level)` is spdlog's level.
enum class Level { debug = 1, info = 2, warn = 3, error = 4 };

constexpr std::string_view to_string(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warning";
    case Level::error:
      return "error";
  }
  return "unknown";
}

/// How much attention an event deserves.
inline Level level_of(const ex::Event& event) noexcept {
  using Kind = ex::EventKind;
  switch (event.kind) {
    case Kind::attempt_started:
    case Kind::attempt_finished:
      return Level::debug;
    case Kind::token_minted:
    case Kind::token_loaded:
    case Kind::credentials_rotated:
      return Level::info;
    case Kind::call_finished:
      return event.error == nullptr ? Level::info : Level::warn;
    case Kind::renewal_failed:
    case Kind::token_rejected:
    case Kind::quota_low:
    case Kind::store_failed:
    case Kind::retry_planned:
      return Level::warn;
    case Kind::token_failed:
    case Kind::callback_failed:
      return Level::error;
  }
  return Level::warn;
}

/// Hands an event to any logger with `log(level, text)`. The text is a message, not a format: a route has braces.
template <class Logger>
void log_event(Logger& logger, const ex::Event& event) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << event;
  logger.log(level_of(event), text.str());
}

/// In UTC, for example "2026-01-31 12:00:00.007".
inline std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::ostringstream text;
  text << std::put_time(&utc, "%Y-%m-%d %H:%M:%S.") << std::setw(3) << std::setfill('0') << milliseconds % 1000;
  return text.str();
}

/// A logger that writes lines as spdlog does by default. Thread-safety: every call from any thread.
class LineLogger {
 public:
  explicit LineLogger(std::ostream& out) : out_(out) {}

  void log(Level level, std::string_view text) {
    const std::string time = timestamp(std::chrono::system_clock::now());
    const std::lock_guard<std::mutex> lock(mutex_);
    out_ << '[' << time << "] [" << to_string(level) << "] " << text << '\n';
  }

 private:
  std::mutex mutex_;  ///< Guards `out_`.
  std::ostream& out_;
};

}  // namespace observe
