// SPDX-License-Identifier: MIT

// expect-one-error: takes a range of MemberSubscriptions
#include <movio/exhibitor/bulk/bulk.hpp>
#include <string>
#include <vector>

namespace ex = movio::exhibitor;

auto upload(const ex::Bulk& bulk) { return bulk.update_subscriptions(std::vector<ex::Member>()); }
