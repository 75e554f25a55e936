// SPDX-License-Identifier: MIT

// Tokens in a directory.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <iterator>
#include <movio/exhibitor/stores/file_token_store.hpp>
#include <string>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "fixtures.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
namespace fs = std::filesystem;
using support::contains;
using support::TemporaryDirectory;
using namespace std::chrono_literals;

namespace {

const std::string entry_name = "0123456789abcdef0123456789abcdef";

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

std::string text_of(const ex::Result<std::string>& loaded) {
  return loaded ? *loaded : "error: " + loaded.error().message;
}

/// A directory that the store is to create.
struct Place {
  TemporaryDirectory above;
  std::string path = above.path("cache/tokens");
  std::string entry = path + '/' + entry_name + ".token";
};

std::size_t files_in(const std::string& path) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("file token store - keeps an entry for another process, for this user only", "[file_token_store]") {
  const Place place;
  ex::FileTokenStore store(place.path);
  CHECK(text_of(store.load(entry_name)).empty());
  CHECK(store.save(entry_name, "first", 1h));
  CHECK(store.save(entry_name, std::string("second\0\n", 8), 1h));
  CHECK(text_of(ex::FileTokenStore(place.path + "//").load(entry_name)) == std::string("second\0\n", 8));
  CHECK(text_of(store.load("fedcba9876543210fedcba9876543210")).empty());
  CHECK(mode_of(place.path) == 0700);
  CHECK(mode_of(place.above.path("cache")) == 0700);
  CHECK(mode_of(place.entry) == 0600);
  CHECK(files_in(place.path) == 1);
}

TEST_CASE("file token store - modes do not follow the umask", "[file_token_store]") {
  const Place place;
  ex::FileTokenStore store(place.path);
  const mode_t before = ::umask(0277);
  const auto refused = store.save(entry_name, "entry", 1h);
  ::umask(0);
  fs::remove_all(place.above.path("cache"));
  CHECK(store.save(entry_name, "entry", 1h));
  ::umask(before);
  CHECK((refused || contains(refused.error().message, place.path)));
  CHECK(mode_of(place.path) == 0700);
  CHECK(mode_of(place.entry) == 0600);
}

TEST_CASE("file token store - an entry ends with its time, or when it is removed", "[file_token_store]") {
  const Place place;
  ex::FileTokenStore store(place.path);
  CHECK(store.save(entry_name, "entry", -1s));
  CHECK(text_of(store.load(entry_name)).empty());
  CHECK(store.save(entry_name, "entry", 1h));
  CHECK(store.save(entry_name, "", 1h));
  CHECK(text_of(store.load(entry_name)).empty());
  CHECK(store.save(entry_name, "", 1h));
}

TEST_CASE("file token store - what is dead is cleared away, and nothing that is not its own", "[file_token_store]") {
  const Place place;
  ex::FileTokenStore store(place.path);
  const std::string other = "11111111111111111111111111111111";
  CHECK(store.save(other, "of an old secret", -2min));
  CHECK(store.acquire(other, "a", 1s).value());
  CHECK(store.release(other, "a"));
  const auto old = fs::file_time_type::clock::now() - 2min;
  const auto leave = [&](const std::string& name) {
    place.above.write("cache/tokens/" + name, "left");
    fs::last_write_time(place.path + '/' + name, old);
  };
  leave(other + ".token.123");  // half written by a killed process
  leave("id_rsa");
  leave("notes.token");
  CHECK(store.save(entry_name, "entry", 1h));
  CHECK_FALSE(fs::exists(place.path + '/' + other + ".token"));
  CHECK_FALSE(fs::exists(place.path + '/' + other + ".token.123"));
  CHECK(fs::exists(place.path + '/' + other + ".lock"));
  CHECK(fs::exists(place.path + "/id_rsa"));
  CHECK(fs::exists(place.path + "/notes.token"));
  CHECK(store.forget_all());
  CHECK(files_in(place.path) == 2);
  CHECK(text_of(store.load(entry_name)).empty());
}

TEST_CASE("file token store - one has the lease, in one process or several", "[file_token_store]") {
  const Place place;
  ex::FileTokenStore store(place.path);
  ex::FileTokenStore other(place.path);
  CHECK(store.acquire(entry_name, "a", 1s).value());
  CHECK_FALSE(store.acquire(entry_name, "b", 1s).value());
  CHECK_FALSE(other.acquire(entry_name, "c", 1s).value());
  CHECK(other.acquire("fedcba9876543210fedcba9876543210", "c", 1s).value());
  CHECK(store.release(entry_name, "b"));
  CHECK(other.release(entry_name, "a"));
  CHECK_FALSE(other.acquire(entry_name, "c", 1s).value());
  CHECK(store.release(entry_name, "a"));
  CHECK(other.acquire(entry_name, "c", 1s).value());
}

TEST_CASE("file token store - a lease is a lock, not the presence or the age of a file", "[file_token_store]") {
  const Place place;
  ex::FileTokenStore store(place.path);
  CHECK(store.acquire(entry_name, "a", 1s).value());
  CHECK(store.release(entry_name, "a"));
  CHECK(fs::exists(place.path + '/' + entry_name + ".lock"));
  CHECK(store.acquire(entry_name, "b", 1s).value());
  fs::last_write_time(place.path + '/' + entry_name + ".lock", fs::file_time_type::clock::now() - 1000h);
  ex::FileTokenStore other(place.path);
  CHECK(other.save(entry_name, "entry", 1h));  // clears away what is dead
  CHECK_FALSE(other.acquire(entry_name, "c", 1s).value());
}

TEST_CASE("file token store - a reader sees the old entry or the new one, whole", "[file_token_store]") {
  const Place place;
  ex::FileTokenStore store(place.path);
  const std::string first(60000, 'a');
  const std::string second(50000, 'b');
  CHECK(store.save(entry_name, first, 1h));
  std::atomic<bool> ended{false};
  auto torn = support::in_background([&] {
    ex::FileTokenStore reader(place.path);
    int seen = 0;
    while (!ended) {
      const auto text = text_of(reader.load(entry_name));
      if (text != first && text != second) ++seen;
    }
    return seen;
  });
  for (int i = 0; i < 200; ++i) CHECK(store.save(entry_name, i % 2 == 0 ? second : first, 1h));
  ended = true;
  CHECK(torn.get() == 0);
}

TEST_CASE("file token store - refuses what another user could have put there", "[file_token_store]") {
  const Place place;
  ex::FileTokenStore store(place.path);
  CHECK(store.save(entry_name, "entry", 1h));
  const auto refused = [&](const char* reason) {
    const auto loaded = store.load(entry_name);
    const bool right = !loaded && loaded.error().kind == ex::ErrorKind::storage &&
                       contains(loaded.error().message, place.path) && contains(loaded.error().message, reason);
    if (!right) WARN(text_of(loaded));
    return right;
  };
  ::chmod(place.entry.c_str(), 0640);
  CHECK(refused("can be read or changed by other users; remove it"));
  ::chmod(place.entry.c_str(), 0600);
  ::link(place.entry.c_str(), place.above.path("second").c_str());
  CHECK(refused("has a second name (a hard link); remove it"));
  fs::remove(place.entry);
  ::symlink(place.above.path("second").c_str(), place.entry.c_str());
  CHECK(refused("cannot be opened"));
  CHECK(store.save(entry_name, "entry", 1h));  // replaces the link itself
  CHECK(text_of(store.load(entry_name)) == "entry");
  CHECK(support::content_of(place.above.path("second")) == "entry");
  fs::remove(place.entry);
  ::mkfifo(place.entry.c_str(), 0600);
  CHECK(refused("is not a regular file; remove it"));
  ::chmod(place.path.c_str(), 0755);
  CHECK(refused("can be used by other users; mend it with `chmod 700 "));
  ::chmod(place.path.c_str(), 0700);
  fs::rename(place.path, place.above.path("elsewhere"));
  fs::create_directory_symlink(place.above.path("elsewhere"), place.path);
  CHECK(refused("name a directory, not a link"));
  if (::geteuid() == 0) {
    fs::remove(place.path);
    fs::create_directory(place.path);
    ::chmod(place.path.c_str(), 0700);
    ::chown(place.path.c_str(), 12345, 12345);
    CHECK(refused("belongs to another user; name another directory"));
  }
}

TEST_CASE("file token store - says where it cannot write, and leaves nothing half done", "[file_token_store]") {
  const TemporaryDirectory directory;
  directory.write("file", "");
  ex::FileTokenStore below_file(directory.path("file/tokens"));
  const auto saved = below_file.save(entry_name, "entry", 1h);
  REQUIRE_FALSE(saved);
  CHECK(saved.error().kind == ex::ErrorKind::storage);
  CHECK(contains(saved.error().message, directory.path("file/tokens") + " cannot be created"));
  CHECK_FALSE(below_file.load(entry_name));
  CHECK_FALSE(below_file.acquire(entry_name, "a", 1s));
}

TEST_CASE("file token store - a file that is too large is no entry", "[file_token_store]") {
  const Place place;
  ex::FileTokenStore store(place.path);
  CHECK(store.save(entry_name, std::string(65536, 'x'), 1h));
  CHECK(text_of(store.load(entry_name)).size() == 65536);
  CHECK(store.save(entry_name, std::string(65537, 'x'), 1h));
  CHECK(text_of(store.load(entry_name)).empty());
}

TEST_CASE("file token store - its usual place is the user's cache", "[file_token_store]") {
  const support::EnvironmentVariable home("HOME", "/home/somebody");
  const support::EnvironmentVariable cache("XDG_CACHE_HOME", nullptr);
  CHECK(ex::FileTokenStore().directory() == "/home/somebody/.cache/movio-exhibitor");
  cache.set("/var/cache/somebody");
  CHECK(ex::FileTokenStore::default_directory() == "/var/cache/somebody/movio-exhibitor");
  cache.set("");
  home.set(nullptr);
  ex::FileTokenStore nowhere;
  CHECK(nowhere.directory().empty());
  CHECK(contains(text_of(nowhere.load(entry_name)), "neither XDG_CACHE_HOME nor HOME is set"));
}
