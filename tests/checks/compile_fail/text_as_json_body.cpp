// SPDX-License-Identifier: MIT

// expect-one-error: pass JSON text to send\(\) as a Body
#include <movio/exhibitor/client.hpp>
#include <nlohmann/json.hpp>
#include <string>

int main() {
  const movio::exhibitor::ExhibitorClient client{movio::exhibitor::Region::eu, {}};
  return static_cast<int>(client.post("/films", std::string("[]")).has_value());
}
