// SPDX-License-Identifier: MIT
#include "check_report.hpp"

#include "output.hpp"

namespace cli {

void CheckReport::failed(const std::string& step, const ex::Error& error) {
  line("FAILED", step + ": " + error.message);
  remember(error);
}

void CheckReport::close(const std::string& text) {
  if (const auto written = write_output(one_line(text) + '\n'); !written) remember(written.error());
}

int CheckReport::finish() const { return failure_ ? report(*failure_) : 0; }

void CheckReport::line(std::string word, const std::string& text) {
  word.resize(8, ' ');  // the texts stand below one another
  close(word + text);
}

void CheckReport::remember(const ex::Error& error) {
  if (!failure_) failure_ = error;
}

}  // namespace cli
