// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <movio/exhibitor/token/credentials.hpp>
#include <movio/exhibitor/token/detail/credential_files.hpp>
#include <movio/exhibitor/token/detail/secret_file.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "catch.hpp"
#include "forking.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
namespace fs = std::filesystem;
using namespace std::string_literals;
using support::TemporaryDirectory;

namespace {

const std::string planted = "planted-secret-0123456789-longer-than-any-small-string-buffer";

std::string json_of(const std::string& id, const std::string& secret) {
  return R"({"client_id": ")" + id + R"(", "client_secret": ")" + secret + "\"}\n";
}

/// The two files of a mounted secret.
void write_pair(const TemporaryDirectory& directory, const std::string& id, const std::string& secret,
                const std::string& under = {}) {
  directory.write(under + "client_id", id);
  directory.write(under + "client_secret", secret);
}

/// As Kubernetes does it: both names lead through `..data`, which is swapped in one step.
void swap_generation(const TemporaryDirectory& directory, const std::string& generation) {
  fs::create_directory_symlink(generation, directory.path("..data_tmp"));
  fs::rename(directory.path("..data_tmp"), directory.path("..data"));
}

void write_generation(const TemporaryDirectory& directory, int number) {
  const std::string n = std::to_string(number);
  write_pair(directory, "id-" + n + '\n', "secret-" + n + '\n', ".." + n + '/');
}

void mount_generations(const TemporaryDirectory& directory) {
  write_generation(directory, 1);
  write_generation(directory, 2);
  swap_generation(directory, "..1");
  fs::create_symlink("..data/client_id", directory.path("client_id"));
  fs::create_symlink("..data/client_secret", directory.path("client_secret"));
}

/// "id:secret" of what a source gives.
std::string pair_of(const ex::Result<ex::ClientCredentials>& credentials) {
  if (!credentials) return support::printed(credentials.error());
  return credentials->client_id + ':' + std::string(credentials->client_secret.reveal());
}

/// The refusal's message, after checking that it is one and that it holds nothing planted.
std::string source_refusal(const ex::Result<ex::ClientCredentials>& credentials) {
  REQUIRE_FALSE(credentials);
  CHECK(credentials.error().kind == ex::ErrorKind::credentials);
  CHECK_FALSE(support::contains(support::all_text(credentials.error()), "planted"));
  return credentials.error().message;
}

}  // namespace

TEST_CASE("credentials - fixed ones are given again and again", "[credentials]") {
  const auto source = ex::credentials("id", ex::Secret("secret"s));
  CHECK(pair_of(source()) == "id:secret");
  CHECK(pair_of(source()) == "id:secret");
}

TEST_CASE("credentials - a secret of odd but printable characters and UTF-8 is left as it is", "[credentials]") {
  const std::string odd = " p+q%r&s=t:u v~\"\\\xc3\xa9 ";
  CHECK(pair_of(ex::credentials("id", ex::Secret(odd))()) == "id:" + odd);
}

TEST_CASE("credentials - empty ones are refused by name", "[credentials]") {
  CHECK(support::contains(source_refusal(ex::credentials("", ex::Secret(planted))()),
                          "client_id given to the program is empty"));
  CHECK(support::contains(source_refusal(ex::credentials("id", ex::Secret())()),
                          "client_secret given to the program is empty"));
}

TEST_CASE("credentials - a newline that echo put into them is named, not sent and not quoted", "[credentials]") {
  for (const auto& bad :
       {planted + "\n", planted + "\r\n", "\n" + planted, planted + "\t", planted + "\0"s, planted + "\x7f"}) {
    CHECK(support::contains(source_refusal(ex::credentials("id", ex::Secret(bad))()), "echo"));
    CHECK(support::contains(source_refusal(ex::credentials(bad, ex::Secret("secret"s))()), "client_id"));
  }
}

TEST_CASE("credentials - what is not UTF-8 or begins with a byte-order mark is refused", "[credentials]") {
  CHECK(support::contains(source_refusal(ex::credentials("id", ex::Secret(planted + "\xff"))()), "UTF-8"));
  CHECK(support::contains(source_refusal(ex::credentials("planted\xc3(", ex::Secret(planted))()), "UTF-8"));
  CHECK(support::contains(source_refusal(ex::credentials("\xEF\xBB\xBFplanted", ex::Secret(planted))()), "byte-order"));
}

TEST_CASE("credentials - a user's own source is checked, and what it throws becomes an error without its text",
          "[credentials]") {
  CHECK(pair_of(ex::detail::ask([] { return ex::ClientCredentials{"id", ex::Secret("secret"s)}; })) == "id:secret");
  CHECK(support::contains(source_refusal(ex::detail::ask([] {
                            return ex::ClientCredentials{"id", ex::Secret(planted + "\n")};
                          })),
                          "echo"));
  source_refusal(ex::detail::ask([]() -> ex::Result<ex::ClientCredentials> { throw std::runtime_error(planted); }));
  source_refusal(ex::detail::ask([]() -> ex::Result<ex::ClientCredentials> { throw 7; }));
  source_refusal(ex::detail::ask(nullptr));
  const auto own = ex::detail::ask([]() -> ex::Result<ex::ClientCredentials> {
    return ex::detail::make_error(ex::ErrorKind::storage, "the vault is sealed");
  });
  REQUIRE_FALSE(own);
  CHECK(own.error().message == "the vault is sealed");
}

TEST_CASE("credentials - the environment is read once, when the source is made", "[credentials]") {
  const support::EnvironmentVariable id("MOVIO_CLIENT_ID", "id");
  const support::EnvironmentVariable secret("MOVIO_CLIENT_SECRET", "secret");
  const auto source = ex::credentials_from_environment();
  secret.set("other");
  CHECK(pair_of(source()) == "id:secret");
  CHECK(pair_of(ex::credentials_from_environment()()) == "id:other");
}

TEST_CASE("credentials - a variable that is missing or empty is named", "[credentials]") {
  const support::EnvironmentVariable id("MOVIO_CLIENT_ID", "planted-id");
  const support::EnvironmentVariable secret("MOVIO_CLIENT_SECRET", planted.c_str());
  for (const char* nothing : {static_cast<const char*>(nullptr), ""}) {
    id.set(nothing);
    CHECK(support::contains(source_refusal(ex::credentials_from_environment()()), "MOVIO_CLIENT_ID"));
    id.set("planted-id");
    secret.set(nothing);
    CHECK(support::contains(source_refusal(ex::credentials_from_environment()()), "MOVIO_CLIENT_SECRET"));
    secret.set(planted.c_str());
  }
  secret.set((planted + "\n").c_str());
  CHECK(support::contains(source_refusal(ex::credentials_from_environment()()), "echo"));
}

TEST_CASE("credentials - a directory's two files are read, one newline cut off each", "[credentials]") {
  const TemporaryDirectory directory;
  for (const char* end : {"", "\n", "\r\n"}) {
    write_pair(directory, "id"s + end, "secret"s + end);
    CHECK(pair_of(ex::credentials_from_directory(directory.path())()) == "id:secret");
    CHECK(pair_of(ex::credentials_from_directory(directory.path() + "/")()) == "id:secret");
  }
}

TEST_CASE("credentials - a second newline in a file is refused, not cut", "[credentials]") {
  const TemporaryDirectory directory;
  for (const char* end : {"\n\n", "\r\n\r\n", "\n\r\n", "\r", "\n\r"}) {
    write_pair(directory, "id", planted + end);
    CHECK(support::contains(source_refusal(ex::credentials_from_directory(directory.path())()), "echo"));
  }
  write_pair(directory, "id", "\n");
  CHECK(support::contains(source_refusal(ex::credentials_from_directory(directory.path())()), "is empty"));
}

TEST_CASE("credentials - a rotated secret is read at the next call", "[credentials]") {
  const TemporaryDirectory directory;
  mount_generations(directory);
  const auto source = ex::credentials_from_directory(directory.path());
  CHECK(pair_of(source()) == "id-1:secret-1");
  swap_generation(directory, "..2");
  CHECK(pair_of(source()) == "id-2:secret-2");

  const std::string file = directory.write("credentials.json", json_of("id-1", "secret-1"));
  const auto file_source = ex::credentials_from_file(file);
  CHECK(pair_of(file_source()) == "id-1:secret-1");
  directory.write("credentials.json", json_of("id-2", "secret-2"));
  CHECK(pair_of(file_source()) == "id-2:secret-2");
}

TEST_CASE("credentials - a file that was swapped, rewritten, cut or removed after it was read is noticed",
          "[credentials]") {
  const TemporaryDirectory directory;
  mount_generations(directory);
  const std::string path = directory.path("..1/client_id");
  const auto file = ex::detail::SecretFile::read(directory.path("client_id"));
  REQUIRE(file);
  CHECK(file->unchanged());
  struct stat before {};
  REQUIRE(::stat(path.c_str(), &before) == 0);
  timespec written = before.st_mtim;
  SECTION("swapped for another generation") { swap_generation(directory, "..2"); }
  SECTION("written to in another second") { ++written.tv_sec; }
  SECTION("written to in the same second") { written.tv_nsec = (written.tv_nsec + 500000000) % 1000000000; }
  SECTION("made longer at the same time") { directory.write("..1/client_id", "id-1\n\n"); }
  SECTION("replaced by an equal one") {
    fs::rename(path, directory.path("old"));
    fs::copy_file(directory.path("old"), path);
  }
  const timespec times[2] = {before.st_atim, written};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  SECTION("removed") { fs::remove_all(directory.path("..1")); }
  CHECK_FALSE(file->unchanged());
}

TEST_CASE("credentials - files caught in the middle of a change are read again, a few times", "[credentials]") {
  int reads = 0;
  int failures = 0;
  const auto source = ex::detail::reading_source(
      [&](const std::string& path) -> ex::Result<ex::ClientCredentials> {
        if (++reads <= failures) return ex::detail::changing_error(path);
        return ex::ClientCredentials{path, ex::Secret("secret"s)};
      },
      "here");
  failures = 4;
  CHECK(pair_of(source()) == "here:secret");
  CHECK(reads == 5);
  reads = 0;
  failures = 1000;
  CHECK(support::contains(source_refusal(source()), "here keeps changing"));
  CHECK(reads == 5);
}

TEST_CASE("credentials - the id of one generation never comes with the secret of another", "[credentials]") {
  const TemporaryDirectory directory;
  mount_generations(directory);
  const auto source = ex::credentials_from_directory(directory.path());
  std::atomic<bool> stop{false};
  std::thread rotation([&] {  // no generation comes back, as in Kubernetes
    for (int i = 2; !stop; ++i) {
      write_generation(directory, i);
      swap_generation(directory, ".." + std::to_string(i));
      fs::remove_all(directory.path(".." + std::to_string(i - 1)));
    }
  });
  const auto number_in = [](std::string_view text) { return text.substr(text.find('-')); };
  int mixed = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto credentials = source();  // an error is allowed here: nothing holds still
    if (credentials && number_in(credentials->client_id) != number_in(credentials->client_secret.reveal())) ++mixed;
  }
  stop = true;
  rotation.join();
  CHECK(mixed == 0);
  CHECK(source());
}

TEST_CASE("credentials - a secret file that everybody can read or change is refused with the ways to mend it",
          "[credentials]") {
  const TemporaryDirectory directory;
  write_pair(directory, "planted-id", planted);
  for (const char* name : {"client_id", "client_secret"}) {
    for (const mode_t mode : {0644U, 0604U, 0444U, 0602U, 0622U, 0666U, 0777U}) {
      INFO(mode);
      ::chmod(directory.path(name).c_str(), mode);
      const auto message = source_refusal(ex::credentials_from_directory(directory.path())());
      CHECK(support::contains(message, (mode & 4U) != 0 ? "can be read by every" : "can be changed by every"));
      for (const auto& remedy : {"chmod o-rwx " + directory.path(name), "defaultMode: 0440"s, "`mode: 0400`"s,
                                 "Docker Compose by chown and chmod of the file on the host"s, "WSL"s,
                                 "FileAccess::any_user"s, "--credentials-any-user"s}) {
        CHECK(support::contains(message, remedy));
      }
    }
    ::chmod(directory.path(name).c_str(), 0600);
  }
  for (const mode_t mode : {0644U, 0602U}) {
    const auto file = directory.write("credentials.json", json_of("planted-id", planted), mode);
    CHECK(support::contains(source_refusal(ex::credentials_from_file(file)()), "chmod o-rwx " + file));
  }
}

TEST_CASE("credentials - files that everybody can replace are refused, but not where each can replace only their own",
          "[credentials]") {
  const TemporaryDirectory directory;
  write_pair(directory, "id", "secret");
  const std::string file = directory.write("credentials.json", json_of("id", "secret"));
  for (const mode_t mode : {0777U, 0702U, 02777U}) {
    ::chmod(directory.path().c_str(), mode);
    for (const auto& source : {ex::credentials_from_directory(directory.path()), ex::credentials_from_file(file)}) {
      const auto message = source_refusal(source());
      CHECK(support::contains(message, "can be replaced by every user"));
      CHECK(support::contains(message, "chmod o-w " + directory.path()));
      CHECK(support::contains(message, "medium: Memory"));
      CHECK(support::contains(message, "FileAccess::any_user"));
    }
  }
  for (const mode_t mode : {01777U, 03777U, 02770U, 0755U}) {  // the first is that of a secret volume in Kubernetes
    ::chmod(directory.path().c_str(), mode);
    CHECK(pair_of(ex::credentials_from_directory(directory.path())()) == "id:secret");
    CHECK(pair_of(ex::credentials_from_file(file)()) == "id:secret");
  }
}

TEST_CASE("credentials - the directory of a file without a path is the working directory", "[credentials]") {
  const TemporaryDirectory directory;
  directory.write("credentials.json", json_of("id", "secret"));
  CHECK(forking::in_child([&] {
    if (::chdir(directory.path().c_str()) != 0) return false;
    const auto source = ex::credentials_from_file("credentials.json");
    const bool usable = source().has_value();
    ::chmod(".", 0777);
    const auto refused = source();
    return usable && !refused && support::contains(refused.error().message, "chmod o-w .`");
  }));
}

TEST_CASE("credentials - any user's access is accepted only when the program says so", "[credentials]") {
  const TemporaryDirectory directory;
  write_pair(directory, "id", "secret");
  const std::string file = directory.write("credentials.json", json_of("id", "secret"), 0777);
  for (const char* name : {"client_id", "client_secret"}) ::chmod(directory.path(name).c_str(), 0777);
  ::chmod(directory.path().c_str(), 0777);
  CHECK(pair_of(ex::credentials_from_directory(directory.path(), ex::FileAccess::any_user)()) == "id:secret");
  CHECK(pair_of(ex::credentials_from_file(file, ex::FileAccess::any_user)()) == "id:secret");
  source_refusal(ex::credentials_from_directory(directory.path(), ex::FileAccess::owner_and_group)());
  source_refusal(ex::credentials_from_file(file, ex::FileAccess::owner_and_group)());
  source_refusal(ex::credentials_from_directory(directory.path())());
  source_refusal(ex::credentials_from_file(file)());
  source_refusal(ex::credentials_from_file(directory.path(), ex::FileAccess::any_user)());  // a directory still is none
}

TEST_CASE("credentials - a secret volume as Kubernetes mounts it is read", "[credentials]") {
  const TemporaryDirectory directory;
  mount_generations(directory);
  for (const char* name : {"..1/client_id", "..1/client_secret"}) ::chmod(directory.path(name).c_str(), 0440);
  for (const mode_t mode : {0755U, 02750U}) {  // without and with an fsGroup
    ::chmod(directory.path("..1").c_str(), mode);
    ::chmod(directory.path().c_str(), 01777);
    CHECK(pair_of(ex::credentials_from_directory(directory.path())()) == "id-1:secret-1");
    CHECK(pair_of(ex::credentials_from_directory(directory.path("..data"))()) == "id-1:secret-1");
  }
}

TEST_CASE("credentials - a group-readable secret file is fine, as Kubernetes makes them so", "[credentials]") {
  const TemporaryDirectory directory;
  write_pair(directory, "id", "secret");
  for (const mode_t mode : {0440U, 0640U, 0660U}) {
    ::chmod(directory.path("client_id").c_str(), mode);
    ::chmod(directory.path("client_secret").c_str(), mode);
    CHECK(pair_of(ex::credentials_from_directory(directory.path())()) == "id:secret");
  }
}

TEST_CASE("credentials - a missing file is named, with what to do", "[credentials]") {
  const TemporaryDirectory directory;
  const auto source = ex::credentials_from_directory(directory.path());
  CHECK(support::contains(source_refusal(source()), directory.path("client_id") + " cannot be opened"));
  directory.write("client_id", "planted-id");
  CHECK(support::contains(source_refusal(source()), directory.path("client_secret") + " cannot be opened"));
  CHECK(support::contains(source_refusal(source()), "put it there"));
  CHECK(support::contains(source_refusal(ex::credentials_from_file(directory.path("none.json"))()),
                          directory.path("none.json")));
  source_refusal(ex::credentials_from_directory(directory.path("client_id"))());
  source_refusal(ex::credentials_from_directory("")());
  source_refusal(ex::credentials_from_file("")());
}

TEST_CASE("credentials - a pipe, a device or a directory in a file's place is refused and hangs nobody",
          "[credentials]") {
  const TemporaryDirectory directory;
  directory.write("client_id", "id");
  const std::string place = directory.path("client_secret");
  SECTION("a named pipe that nobody writes to") { REQUIRE(::mkfifo(place.c_str(), 0600) == 0); }
  SECTION("a directory") { fs::create_directory(place); }
  SECTION("a device") { fs::create_symlink("/dev/zero", place); }
  CHECK(support::contains(source_refusal(ex::credentials_from_directory(directory.path())()), "not a regular file"));
  CHECK(support::contains(source_refusal(ex::credentials_from_file(place)()), "not a regular file"));
}

TEST_CASE("credentials - a file is no standard stream, also when these are closed", "[credentials]") {
  const support::TemporaryDirectory directory;
  const std::string path = directory.write("file", "text");
  CHECK(forking::in_child([&] {
    for (const int standard : {0, 1, 2}) ::close(standard);
    const auto file = ex::detail::SecretFile::read(path);
    return file.has_value() && ::fcntl(0, F_GETFD) == -1 && ::fcntl(1, F_GETFD) == -1 && ::fcntl(2, F_GETFD) == -1;
  }));
}

TEST_CASE("credentials - a file of 64 KiB is read, a larger one refused", "[credentials]") {
  const TemporaryDirectory directory;
  const std::string most(std::size_t{64} * 1024, 'p');
  write_pair(directory, "id", most);
  CHECK(ex::credentials_from_directory(directory.path())().value().client_secret.reveal() == most);
  write_pair(directory, "id", most + "p");
  CHECK(support::contains(source_refusal(ex::credentials_from_directory(directory.path())()), "64 KiB"));
}

TEST_CASE("credentials - a JSON file is read, other members and all", "[credentials]") {
  const TemporaryDirectory directory;
  const auto file = directory.write("c.json", R"({"client_secret":"se\"cret","note":[1],"client_id":"id"})");
  CHECK(pair_of(ex::credentials_from_file(file)()) == "id:se\"cret");
}

TEST_CASE("credentials - a JSON file that is not what it should be is refused, unquoted", "[credentials]") {
  const TemporaryDirectory directory;
  for (const auto& content :
       {""s, planted, "[\"planted\"]"s, "\"planted\""s, "{\"client_secret\":\"planted\""s,
        R"({"client_id":"planted"})"s, R"({"client_secret":"planted"})"s, json_of("", planted), json_of("planted", ""),
        json_of("planted", planted + "\\n"), json_of("planted", planted + "\\u0000"),
        json_of("planted", planted + "\xff"), R"({"client_id":"planted","client_secret":7})"s,
        R"({"client_id":{"planted":1},"client_secret":"planted"})"s,
        R"({"client_id":"planted","client_secret":"planted","client_secret":"planted2"})"s}) {
    INFO(content);
    const auto file = directory.write("c.json", content);
    CHECK(support::contains(source_refusal(ex::credentials_from_file(file)()), file));
  }
}

TEST_CASE("credentials - leave no secret in the memory they give back", "[credentials]") {
  const TemporaryDirectory directory;
  write_pair(directory, "id", planted + "\n");
  const support::FreedMemoryWatch watch(planted.substr(20));
  SECTION("read from a directory") { CHECK(ex::credentials_from_directory(directory.path())()); }
  SECTION("given by hand") { CHECK(ex::credentials("id", ex::Secret(planted))()); }
  SECTION("refused") {
    directory.write("client_id", "");
    CHECK_FALSE(ex::credentials_from_directory(directory.path())());
  }
  CHECK_FALSE(watch.saw_marker());
}
