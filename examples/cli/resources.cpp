// SPDX-License-Identifier: MIT
#include "resources.hpp"

#include <algorithm>

#include "output.hpp"

namespace cli {

ex::Result<const Resource*> find_resource(std::string_view name) {
  const auto* const found =
      std::find_if(resources.begin(), resources.end(), [name](const Resource& each) { return each.name == name; });
  if (found != resources.end()) return found;
  return failure(ex::ErrorKind::invalid_argument,
                 "there is no resource" + if_plain(name) +
                     "; RESOURCE must be cinemas, films, items, tickets, members or transactions");
}

}  // namespace cli
