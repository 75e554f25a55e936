// SPDX-License-Identifier: MIT
#pragma once

#include "../options.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
MOVIO_EXHIBITOR_INLINE BulkCounts& operator+=(BulkCounts& sum, const BulkCounts& added) noexcept {
  sum.accepted += added.accepted;
  sum.created += added.created;
  sum.updated += added.updated;
  sum.superseded += added.superseded;
  sum.rejected += added.rejected;
  sum.retried += added.retried;
  sum.batches += added.batches;
  sum.absent += added.absent;
  return sum;
}

MOVIO_EXHIBITOR_INLINE bool operator==(const BulkCounts& a, const BulkCounts& b) noexcept {
  return a.accepted == b.accepted && a.created == b.created && a.updated == b.updated && a.superseded == b.superseded &&
         a.rejected == b.rejected && a.absent == b.absent && a.retried == b.retried && a.batches == b.batches;
}

}  // namespace v0_1
}  // namespace movio::exhibitor
