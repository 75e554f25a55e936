// SPDX-License-Identifier: MIT
#include <cstddef>
#include <movio/exhibitor/detail/json/dump.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using ex::detail::dump_json;
using nlohmann::json;

namespace {

json nested_arrays(int levels) {
  json value = json::array();
  for (int i = 1; i < levels; ++i) {
    json outer = json::array();
    outer.push_back(std::move(value));
    value = std::move(outer);
  }
  return value;
}

}  // namespace

TEST_CASE("json - a value is written as one line", "[json]") {
  const std::string text = "{\"a\":[1,2.5,\"\xc3\xa9\",null,true],\"b\":{}}";
  CHECK(dump_json(json::parse(text)).value() == text);
  CHECK(dump_json(json("\r\n\"")).value() == R"("\r\n\"")");
}

TEST_CASE("json - 64 levels are written, 65 and 200,000 are refused without a crash", "[json]") {
  CHECK(dump_json(nested_arrays(64)).value() == std::string(64, '[') + std::string(64, ']'));
  for (const int levels : {65, 200000}) {
    const auto text = dump_json(nested_arrays(levels));
    REQUIRE_FALSE(text);
    CHECK(text.error().kind == ex::ErrorKind::invalid_argument);
  }
}

TEST_CASE("json - text that is not UTF-8 is not written, and not quoted", "[json]") {
  for (const json& value : {json("planted\xff"), json{{"planted\xff", 1}}, json::array({"planted\xc3"})}) {
    const auto text = dump_json(value);
    REQUIRE_FALSE(text);
    CHECK(text.error().kind == ex::ErrorKind::invalid_argument);
    CHECK_FALSE(support::contains(support::all_text(text.error()), "planted"));
  }
}
