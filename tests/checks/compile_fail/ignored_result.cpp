// SPDX-License-Identifier: MIT

// expect-error: (unused-result|unused-value)
#include <movio/exhibitor/core/result.hpp>

movio::exhibitor::Result<int> answer();

int main() { answer(); }
