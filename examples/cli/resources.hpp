// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <movio/exhibitor.hpp>
#include <string_view>
#include <utility>

namespace cli {

namespace ex = movio::exhibitor;

/// What the command line calls a resource, and what is done with many of its records.
struct Resource {
  std::string_view name;
  ex::BulkReport (*upload)(const ex::Bulk& bulk, ex::ByteSource lines);
  ex::BulkReport (*remove)(const ex::Bulk& bulk, ex::ByteSource ids);
};

template <class Record>
constexpr Resource resource_named(std::string_view name) {
  return {name, [](const ex::Bulk& bulk, ex::ByteSource lines) { return bulk.upsert_ndjson<Record>(std::move(lines)); },
          [](const ex::Bulk& bulk, ex::ByteSource ids) { return bulk.remove_lines<Record>(std::move(ids)); }};
}

/// Whether transactions can be deleted is not documented; the API will tell.
inline constexpr std::array<Resource, 6> resources{
    resource_named<ex::Cinema>("cinemas"), resource_named<ex::Film>("films"),
    resource_named<ex::Item>("items"),     resource_named<ex::Ticket>("tickets"),
    resource_named<ex::Member>("members"), resource_named<ex::Transaction>("transactions")};

/// Errors: `invalid_argument`.
ex::Result<const Resource*> find_resource(std::string_view name);

}  // namespace cli
