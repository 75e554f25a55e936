// SPDX-License-Identifier: MIT
#pragma once

#include <movio/exhibitor.hpp>
#include <optional>
#include <string>

namespace cli {

namespace ex = movio::exhibitor;

/// The lines that `check` prints, one a step, and the first failure among them.
class CheckReport {
 public:
  void ok(const std::string& text) { line("ok", text); }
  void warn(const std::string& text) { line("warn", text); }
  void skipped(const std::string& text) { line("skipped", text); }
  void failed(const std::string& step, const ex::Error& error);
  void close(const std::string& text);

  /// Reports the first failure, if there was one, and gives the exit code.
  [[nodiscard]] int finish() const;

 private:
  void line(std::string word, const std::string& text);
  void remember(const ex::Error& error);

  std::optional<ex::Error> failure_;
};

}  // namespace cli
