// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "json_judge.hpp"

using json_judge::corpus;
using json_judge::fault_of;

namespace {

/// Changes a text in one of the ways that texts go wrong.
class Mutator {
 public:
  std::string mutant() {
    std::string text = corpus()[below(corpus().size())];
    const std::size_t changes = 1 + below(3);
    for (std::size_t i = 0; i < changes && !text.empty(); ++i) change(text);
    return text;
  }

 private:
  void change(std::string& text) {
    const std::size_t at = below(text.size());
    const std::size_t count = 1 + below(4);
    const std::string& other = corpus()[below(corpus().size())];
    switch (below(7)) {
      case 0:
        text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << below(8)));
        break;
      case 1:
        text[at] = interesting();
        break;
      case 2:
        text.insert(at, 1, interesting());
        break;
      case 3:
        text.erase(at, count);
        break;
      case 4:
        text.insert(at, text.substr(at, count));
        break;
      case 5:
        text.insert(at, other.substr(below(other.size()), 4 * count));
        break;
      default:
        text.resize(at);
    }
  }

  /// A character that means something in JSON, or begins, continues or cannot be in UTF-8; or any but NUL.
  char interesting() {
    constexpr std::string_view known =
        "{}[]:,\"\\/ \t\n\r.-+eE019utfnbdD\x01\x1f\x7f\x80\xbf\xc0\xc3\xe0\xed\xf0\xf4\xff";
    const std::size_t drawn = below(2 * known.size());
    return drawn < known.size() ? known[drawn] : static_cast<char>(1 + below(255));
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::mt19937 random_{20241004};
};

}  // namespace

TEST_CASE("json scan - judges broken texts as nlohmann::json does", "[json_scan]") {
  const char* const given = std::getenv("EXHIBITOR_JSON_MUTANTS");
  const long count = given != nullptr ? std::stol(given) : 200000;
  Mutator mutator;
  long accepted = 0;
  for (long i = 0; i < count; ++i) {
    const std::string text = mutator.mutant();
    if (fault_of(text).empty()) ++accepted;
    if (json_judge::is_agreed(text)) continue;
    INFO(text);
    FAIL("mutant " << i << ": the scanner says \"" << fault_of(text) << "\", nlohmann::json the opposite");
  }
  CHECK(accepted > count / 20);  // else it would prove little of what is accepted
  CHECK(accepted < count / 2);
}
