// SPDX-License-Identifier: MIT

// expect-one-error: takes a range of ids
#include <movio/exhibitor/bulk/bulk.hpp>
#include <string>
#include <vector>

namespace ex = movio::exhibitor;

auto remove(const ex::Bulk& bulk) { return bulk.remove<ex::Film>(std::vector<ex::Film>()); }
