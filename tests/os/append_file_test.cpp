// SPDX-License-Identifier: MIT
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <movio/exhibitor/detail/os/append_file.hpp>
#include <optional>
#include <string>
#include <utility>

#include "catch.hpp"
#include "forking.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using ex::detail::AppendFile;
using support::contains;
using support::content_of;

namespace {

/// Why a path cannot be opened; empty when it can.
std::string refusal_to_open(const std::string& path) {
  const auto file = AppendFile::open(path);
  return file ? "" : support::printed(file.error());
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

/// Files of this process get no larger than that; what would is an error, not a signal.
void limit_file_size(rlim_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace

TEST_CASE("append file - holds what was appended, also when it is opened again", "[append_file]") {
  const support::TemporaryDirectory directory;
  const std::string path = directory.path("file");
  {
    auto file = AppendFile::open(path).value();
    CHECK(file.size() == 0);
    CHECK(file.read_all().value().empty());
    file.append("one").value();
    file.append("").value();
    file.append(std::string("\0two", 4)).value();
    file.sync().value();
    CHECK(file.size() == 7);
  }
  auto file = AppendFile::open(path).value();
  CHECK(file.size() == 7);
  file.append("3").value();
  CHECK(file.read_all().value() == std::string("one\0two3", 8));
  CHECK(content_of(path) == std::string("one\0two3", 8));
}

TEST_CASE("append file - gives the beginning without the rest", "[append_file]") {
  const support::TemporaryDirectory directory;
  const auto file = AppendFile::open(directory.write("file", "content")).value();
  CHECK(file.read(3).value() == "con");
  CHECK(file.read(100).value() == "content");
}

TEST_CASE("append file - appends behind what was left when it was truncated", "[append_file]") {
  const support::TemporaryDirectory directory;
  const std::string path = directory.write("file", "one two");
  auto file = AppendFile::open(path).value();
  file.truncate(4).value();
  CHECK(file.size() == 4);
  file.append("three").value();
  CHECK(content_of(path) == "one three");
}

TEST_CASE("append file - a new one is for its owner only, whatever the umask", "[append_file]") {
  const support::TemporaryDirectory directory;
  for (const mode_t mask : {0000U, 0022U, 0777U}) {
    const std::string path = directory.path(std::to_string(mask));
    const mode_t before = ::umask(mask);
    const std::string refused = refusal_to_open(path);
    ::umask(before);
    CHECK(refused.empty());
    CHECK(mode_of(path) == 0600);
  }
}

TEST_CASE("append file - leaves the mode of one that is there", "[append_file]") {
  const support::TemporaryDirectory directory;
  const std::string path = directory.write("file", "", 0640);
  CHECK(refusal_to_open(path).empty());
  CHECK(mode_of(path) == 0640);
}

TEST_CASE("append file - is locked against another of this process, until it is closed", "[append_file]") {
  const support::TemporaryDirectory directory;
  const std::string path = directory.path("file");
  std::optional<AppendFile> file = AppendFile::open(path).value();
  CHECK(contains(refusal_to_open(path), "storage: " + path + " is in use"));
  std::optional<AppendFile> moved(std::move(file));
  file.reset();
  CHECK(contains(refusal_to_open(path), "in use"));
  moved.reset();
  CHECK(refusal_to_open(path).empty());
}

TEST_CASE("append file - is locked against another process, until it is closed", "[append_file]") {
  const support::TemporaryDirectory directory;
  const std::string path = directory.path("file");
  {
    const auto file = AppendFile::open(path).value();
    CHECK(forking::in_child([&] { return contains(refusal_to_open(path), "in use"); }));
  }
  CHECK(forking::in_child([&] { return refusal_to_open(path).empty(); }));
}

TEST_CASE("append file - a process that is killed leaves no lock", "[append_file]") {
  const support::TemporaryDirectory directory;
  const std::string path = directory.path("file");
  forking::in_child([&] {
    const auto file = AppendFile::open(path);
    return ::kill(::getpid(), SIGKILL) == 0;
  });
  CHECK(std::filesystem::exists(path));
  CHECK(refusal_to_open(path).empty());
}

TEST_CASE("append file - takes over the place of one it is assigned to", "[append_file]") {
  const support::TemporaryDirectory directory;
  auto file = AppendFile::open(directory.path("one")).value();
  file = AppendFile::open(directory.path("two")).value();
  file.append("text").value();
  CHECK(content_of(directory.path("two")) == "text");
  CHECK(refusal_to_open(directory.path("one")).empty());
}

TEST_CASE("append file - refuses what is not a regular file, and does not hang", "[append_file]") {
  const support::TemporaryDirectory directory;
  const std::string pipe = directory.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(contains(refusal_to_open(pipe), pipe + " is not a regular file"));
  CHECK(contains(refusal_to_open("/dev/null"), "not a regular file"));
  CHECK(contains(refusal_to_open(directory.path()), "Is a directory"));
  CHECK(contains(refusal_to_open(directory.path("missing/file")), "No such file or directory"));
  CHECK(contains(refusal_to_open(""), "No such file or directory"));
}

TEST_CASE("append file - follows no symbolic link, and makes no file through one", "[append_file]") {
  const support::TemporaryDirectory directory;
  const std::string link = directory.path("link");
  std::filesystem::create_symlink(directory.write("file", "text"), link);
  CHECK(contains(refusal_to_open(link), link + " is a symbolic link"));
  std::filesystem::remove(link);
  std::filesystem::create_symlink(directory.path("missing"), link);
  CHECK(contains(refusal_to_open(link), "is a symbolic link"));
  CHECK_FALSE(std::filesystem::exists(directory.path("missing")));
}

TEST_CASE("append file - takes no file that somebody else may have made or may reach", "[append_file]") {
  const support::TemporaryDirectory directory;
  const std::string path = directory.write("file", "text");
  std::filesystem::create_hard_link(path, directory.path("second"));
  CHECK(contains(refusal_to_open(path), path + " has a second name"));
  std::filesystem::remove(directory.path("second"));
  CHECK(refusal_to_open(path).empty());
  if (::geteuid() != 0) return;  // only root can give a file away
  REQUIRE(::chown(path.c_str(), 12345, 0) == 0);
  CHECK(contains(refusal_to_open(path), path + " belongs to another user"));
  CHECK(content_of(path) == "text");
}

TEST_CASE("append file - is no standard stream, also when these are closed", "[append_file]") {
  const support::TemporaryDirectory directory;
  CHECK(forking::in_child([&] {
    for (const int standard : {0, 1, 2}) ::close(standard);
    const auto file = AppendFile::open(directory.path("file"));
    const std::string_view log = "a line for the log\n";
    for (const int standard : {0, 1, 2}) {
      if (::write(standard, log.data(), log.size()) != -1) return false;
    }
    return file.has_value() && content_of(directory.path("file")).empty();
  }));
}

TEST_CASE("append file - opens a file of the working directory", "[append_file]") {
  const support::TemporaryDirectory directory;
  CHECK(forking::in_child([&] { return ::chdir(directory.path().c_str()) == 0 && refusal_to_open("file").empty(); }));
  CHECK(std::filesystem::exists(directory.path("file")));
}

TEST_CASE("append file - a full disk leaves nothing of what did not fit", "[append_file]") {
  const support::TemporaryDirectory directory;
  const std::string path = directory.path("file");
  auto file = AppendFile::open(path).value();
  file.append("before|").value();
  CHECK(forking::in_child([&] {
    limit_file_size(12);  // the first write is then a short one, the second an error
    const auto failed = file.append("does not fit");
    const bool told = !failed && contains(support::printed(failed.error()), "storage: " + path) &&
                      contains(failed.error().message, "File too large") &&
                      !contains(failed.error().message, "not fit");
    return told && file.size() == 7 && content_of(path) == "before|" && file.append("fits").has_value();
  }));
  CHECK(content_of(path) == "before|fits");
}

TEST_CASE("append file - tells when another program has shortened it", "[append_file]") {
  const support::TemporaryDirectory directory;
  const std::string path = directory.write("file", "content");
  const auto file = AppendFile::open(path).value();
  std::filesystem::resize_file(path, 3);
  CHECK(contains(file.read_all().error().message, path + " was cut short"));
}
