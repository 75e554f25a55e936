// SPDX-License-Identifier: MIT

// What the system says of a failure, in a program that has chosen a language and a charset for it.
#include <libintl.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <movio/exhibitor/detail/os/append_file.hpp>
#include <movio/exhibitor/detail/text/encoding.hpp>
#include <movio/exhibitor/token/credentials.hpp>
#include <string>

#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;

namespace {

/// A catalog of translations as gettext reads it, with one message.
std::string catalog(const std::string& message, const std::string& translation) {
  const std::string header = "Content-Type: text/plain; charset=ISO-8859-1\n";
  const std::string texts = std::string(1, '\0') + message + '\0' + header + '\0' + translation + '\0';
  const auto size = [](const std::string& text) { return static_cast<std::uint32_t>(text.size()); };
  constexpr std::uint32_t begin = 60;  // of the texts: after seven numbers and two tables of two rows
  const std::uint32_t header_at = begin + 1 + size(message) + 1;
  const std::array<std::uint32_t, 15> numbers{0x950412de,
                                              0,
                                              2,
                                              28,
                                              44,
                                              0,
                                              begin,
                                              0,
                                              begin,
                                              size(message),
                                              begin + 1,
                                              size(header),
                                              header_at,
                                              size(translation),
                                              header_at + size(header) + 1};
  std::string file(begin, '\0');
  std::memcpy(file.data(), numbers.data(), begin);
  return file + texts;
}

/// As long as it lives, the C library speaks French in Latin-1 of a file that is not there.
class FrenchInLatin1 {
 public:
  FrenchInLatin1() : locales_("LOCPATH", directory_.path().c_str()), language_("LANGUAGE", "fr") {
    // In C and C.UTF-8 newer C libraries translate nothing, and other locales may not be installed.
    std::filesystem::create_directory_symlink("/usr/lib/locale/C.utf8", directory_.path("fr_FR.utf8"));
    directory_.write("fr/LC_MESSAGES/libc.mo", catalog("No such file or directory", "Fichier non trouv\xe9"));
    std::setlocale(LC_ALL, "fr_FR.UTF-8");
    ::bindtextdomain("libc", directory_.path().c_str());
    ::bind_textdomain_codeset("libc", "ISO-8859-1");
  }
  FrenchInLatin1(const FrenchInLatin1&) = delete;
  FrenchInLatin1& operator=(const FrenchInLatin1&) = delete;
  ~FrenchInLatin1() {
    ::bindtextdomain("libc", usual_directory_.c_str());
    std::setlocale(LC_ALL, "C");
  }

  /// A path where nothing is.
  [[nodiscard]] std::string nothing() const { return directory_.path("no/such/file"); }

 private:
  const std::string usual_directory_ = ::bindtextdomain("libc", nullptr);
  const support::TemporaryDirectory directory_;
  const support::EnvironmentVariable locales_;
  const support::EnvironmentVariable language_;
};

}  // namespace

TEST_CASE("system error - words in another charset than UTF-8 become valid UTF-8 in a message", "[system_error]") {
  const FrenchInLatin1 french;
  REQUIRE(std::strerror(ENOENT) == std::string("Fichier non trouv\xe9"));
  CHECK(ex::detail::system_error_text(ENOENT) == "Fichier non trouv?");

  const auto credentials = ex::credentials_from_file(french.nothing())();
  CHECK(support::contains(credentials.error().message, "cannot be opened (Fichier non trouv?); put it there"));
  const auto file = ex::detail::AppendFile::open(french.nothing());
  CHECK(support::contains(file.error().message, "(Fichier non trouv?)"));
}
