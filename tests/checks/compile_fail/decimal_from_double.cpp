// SPDX-License-Identifier: MIT

// expect-error: deleted (function|constructor)
#include <movio/exhibitor/records/decimal.hpp>

int main() { return movio::exhibitor::Decimal(12.30).text().empty() ? 1 : 0; }
