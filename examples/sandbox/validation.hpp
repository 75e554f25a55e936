// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace sandbox {

// The name of the field that identifies a record of "cinemas", "films", "items", "tickets", "members" or
// "transactions"; nullptr for anything else.
const char* id_field(const std::string& resource);

// What is wrong with one record of a resource, or with one of a member's "subscriptions", in sentences such as "name is
// required"; empty when it is good. Fields that nobody documented are accepted.
std::vector<std::string> problems_of(const std::string& resource, const nlohmann::json& record);

}  // namespace sandbox
