// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>

namespace httplib {
struct Response;
}

namespace sandbox {

void answer_json(httplib::Response& response, int status, const nlohmann::json& body);

}  // namespace sandbox
