// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <iostream>

/// Ends a fuzzer's run when a rule is broken, so that it keeps the input.
inline void expect(bool fine, const char* rule) {
  if (fine) return;
  std::cerr << "broken: " << rule << std::endl;
  std::abort();
}
