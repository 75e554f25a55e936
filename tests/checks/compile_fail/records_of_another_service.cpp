// SPDX-License-Identifier: MIT

// expect-one-error: records, for example std::vector<Film> in films
#include <movio/exhibitor/bulk/bulk.hpp>
#include <string>
#include <vector>

namespace ex = movio::exhibitor;

bool upload(const ex::ExhibitorClient& client) { return client.films().upsert(std::vector<ex::Member>()).has_value(); }
