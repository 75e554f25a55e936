// SPDX-License-Identifier: MIT

// expect-one-error: the records of a Bulk are Cinema
#include <movio/exhibitor/bulk/bulk.hpp>
#include <string>
#include <vector>

namespace ex = movio::exhibitor;

auto upload(const ex::Bulk& bulk, ex::ByteSource lines) { return bulk.upsert_ndjson<std::string>(lines); }
