// SPDX-License-Identifier: MIT
#include "sandbox/answer.hpp"

#include <httplib.h>

#include <nlohmann/json.hpp>

namespace sandbox {

void answer_json(httplib::Response& response, int status, const nlohmann::json& body) {
  response.status = status;
  // An id from a path may be no UTF-8, and a message that quotes it must not end in an exception.
  const std::string text = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  response.set_content(text, "application/json");
}

}  // namespace sandbox
