// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace cli {

/// Which proxy libcurl takes on the way to a URL by the environment's word, for people: "none for HOST" and why, or the
/// variable and the proxy's address without its user name and password.
std::string proxy_on_the_way_to(const std::string& url);

}  // namespace cli
