// SPDX-License-Identifier: MIT
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <movio/exhibitor/bulk/detail/journal.hpp>
#include <movio/exhibitor/detail/text/checksum.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "disk.hpp"
#include "forking.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using ex::BulkCounts;
using ex::detail::entry_text;
using ex::detail::Journal;
using ex::detail::JournalEntry;
using support::contains;
using support::content_of;
using support::TemporaryDirectory;

namespace {

const std::string identity = "PUT https://api.example/members 0123456789abcdef";

JournalEntry entry(std::uint64_t first, std::uint64_t last, std::uint64_t rejects_size = 0) {
  const std::uint64_t records = last - first + 1;
  return {first,
          last,
          first * 0x9e3779b97f4a7c15U,
          {rejects_size, rejects_size * 7},
          {records, 1, records - 1, 2, 3, 4, 1}};
}

/// Some entries, the way parallel requests end: not in the order of their lines.
const std::vector<std::vector<JournalEntry>> batches_written{
    {entry(1, 100)}, {entry(201, 300, 70), entry(101, 200, 90)}, {entry(401, 401, 90)}};

Journal opened(const std::string& path) { return Journal::open(path, identity).value(); }

std::string opening_refusal(const std::string& path, const std::string& upload = identity) {
  const auto journal = Journal::open(path, upload);
  return journal ? "" : support::printed(journal.error());
}

std::vector<std::string> texts(const std::vector<JournalEntry>& entries) {
  std::vector<std::string> all;
  for (const auto& each : entries) all.push_back(entry_text(each));
  return all;
}

/// What a journal should hold after the first `count` of the entries written.
std::vector<std::string> texts_of_first(std::size_t count) {
  std::vector<JournalEntry> entries;
  for (const auto& batch : batches_written) entries.insert(entries.end(), batch.begin(), batch.end());
  entries.resize(count);
  std::sort(entries.begin(), entries.end(), [](auto& a, auto& b) { return a.first_line < b.first_line; });
  return texts(entries);
}

std::uintmax_t size_of(const std::string& path) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(path, missing);
  return missing ? 0 : size;
}

/// A new file: to empty one that is there and write it again takes some file systems milliseconds.
std::string file_with(const TemporaryDirectory& directory, std::string_view content) {
  std::filesystem::remove(directory.path("journal"));
  return directory.write("journal", content);
}

std::size_t lines_in(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// The text of a journal that holds what is `batches_written`.
std::string journal_text(const TemporaryDirectory& directory, bool finished = false) {
  const std::string path = directory.path("written");
  std::filesystem::remove(path);
  auto journal = opened(path);
  for (const auto& batch : batches_written) journal.append(batch).value();
  if (finished) journal.finish().value();
  return content_of(path);
}

/// A line as the journal writes it behind a line whose checksum is `chain`.
std::string sealed(const std::string& line, std::uint64_t& chain) {
  chain = ex::detail::checksum(line, chain);
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(chain));
  return line + ' ' + hex + '\n';
}

std::string sealed_lines(const std::vector<std::string>& lines) {
  std::uint64_t chain = 0;
  std::string text = sealed("movio-exhibitor-journal 3 " + identity, chain);
  for (const auto& line : lines) text += sealed(line, chain);
  return text;
}

}  // namespace

TEST_CASE("journal - a new one holds nothing", "[journal]") {
  const TemporaryDirectory directory;
  for (const auto& path : {directory.path("missing"), directory.write("empty", "")}) {
    const auto journal = opened(path);
    CHECK(journal.acknowledged().empty());
    CHECK(journal.counts() == BulkCounts{});
    CHECK(journal.rejects().size == 0);
    CHECK_FALSE(journal.torn());
    CHECK(lines_in(content_of(path)) == 1);
  }
}

TEST_CASE("journal - opened again it holds what was appended, by lines, with its sums", "[journal]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("journal");
  const auto check = [](const Journal& journal) {
    CHECK(texts(journal.acknowledged()) == texts_of_first(4));
    CHECK(journal.counts() == BulkCounts{301, 4, 297, 8, 12, 16, 4});
    CHECK(journal.rejects().size == 90);
    CHECK_FALSE(journal.torn());
  };
  {
    auto journal = opened(path);
    for (const auto& batch : batches_written) journal.append(batch).value();
    check(journal);
  }
  check(opened(path));
}

TEST_CASE("journal - the size of the rejects is that of the entry written last, not of the last lines", "[journal]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("journal");
  opened(path).append({entry(101, 200, 10), entry(1, 100, 30)}).value();
  CHECK(opened(path).rejects().size == 30);
}

TEST_CASE("journal - is text that a person can read, the same in every version", "[journal]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("journal");
  auto journal = opened(path);
  journal.append({{1, 1000, 18446744073709551615U, {12, 34}, {990, 900, 90, 3, 7, 2, 1, 5}}}).value();
  journal.finish().value();
  CHECK(content_of(path) ==
        "movio-exhibitor-journal 3 PUT https://api.example/members 0123456789abcdef 20d87fc9d76d166f\n"
        "lines=1 to=1000 records=18446744073709551615 rejects=12 tail=34 accepted=990 created=900 updated=90 "
        "superseded=3 "
        "rejected=7 retried=2 batches=1 absent=5 7936222af466adc4\n"
        "finished 46a3e41370b2259a\n");
}

TEST_CASE("journal - one append is one sync, whatever it holds", "[journal]") {
  const TemporaryDirectory directory;
  auto journal = opened(directory.path("journal"));
  for (const auto& batch : batches_written) {
    const auto before = disk::synced.size();
    journal.append(batch).value();
    CHECK(disk::synced.size() == before + 1);
  }
  const auto before = disk::synced.size();
  journal.finish().value();
  CHECK(disk::synced.size() == before + 1);
}

TEST_CASE("journal - its beginning and its name are synced before it is used", "[journal]") {
  const TemporaryDirectory directory;
  const auto before = disk::synced.size();
  const auto directories_before = disk::synced_directories;
  const auto journal = opened(directory.path("journal"));
  CHECK(disk::synced.size() == before + 1);
  CHECK(disk::synced_directories == directories_before + 1);
}

TEST_CASE("journal - what cannot be synced does not count, and can be appended again", "[journal]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("journal");
  {
    auto journal = opened(path);
    journal.append(batches_written[0]).value();
    disk::fails = true;
    const auto failed = journal.append(batches_written[1]);
    const auto not_finished = journal.finish();
    disk::fails = false;
    CHECK(contains(support::printed(failed.error()), "storage: " + path + " cannot be brought to the disk"));
    CHECK_FALSE(not_finished);
    CHECK(texts(journal.acknowledged()) == texts_of_first(1));
    CHECK(lines_in(content_of(path)) == 2);
    journal.append(batches_written[1]).value();
  }
  const auto journal = opened(path);
  CHECK(texts(journal.acknowledged()) == texts_of_first(3));
  CHECK_FALSE(journal.torn());
}

TEST_CASE("journal - what finds no room on the disk does not count, and can be appended again", "[journal]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("journal");
  auto journal = opened(path);
  journal.append(batches_written[0]).value();
  CHECK(forking::in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{std::filesystem::file_size(path) + 20, RLIM_INFINITY};
    const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const bool failed = !journal.append(batches_written[1]) && texts(journal.acknowledged()) == texts_of_first(1);
    ::setrlimit(RLIMIT_FSIZE, &none);
    return failed && journal.append(batches_written[1]).has_value();
  }));
  CHECK(lines_in(content_of(path)) == 4);
}

TEST_CASE("journal - cut at any byte, it holds the whole lines before and can be gone on with", "[journal]") {
  const TemporaryDirectory directory;
  const std::string whole = journal_text(directory);
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const std::string path = file_with(directory, whole.substr(0, length));
    const std::size_t lines = lines_in(whole.substr(0, length));
    const std::size_t entries = lines == 0 ? 0 : lines - 1;
    const bool torn = length > 0 && whole[length - 1] != '\n';
    CAPTURE(length);
    {
      auto journal = opened(path);
      REQUIRE(texts(journal.acknowledged()) == texts_of_first(entries));
      REQUIRE(journal.torn() == torn);
      journal.append({entry(1000, 1999)}).value();
    }
    const auto journal = opened(path);
    REQUIRE(journal.acknowledged().size() == entries + 1);
    REQUIRE(journal.acknowledged().back().first_line == 1000);
    REQUIRE_FALSE(journal.torn());
  }
}

TEST_CASE("journal - a torn end mark leaves the journal unfinished", "[journal]") {
  const TemporaryDirectory directory;
  const std::size_t unfinished = journal_text(directory).size();
  const std::string whole = journal_text(directory, true);
  for (std::size_t length = unfinished; length < whole.size(); ++length) {
    const auto journal = opened(file_with(directory, whole.substr(0, length)));
    CAPTURE(length);
    REQUIRE(texts(journal.acknowledged()) == texts_of_first(4));
    REQUIRE(journal.torn() == (length > unfinished));
  }
}

TEST_CASE("journal - no flipped bit makes an entry that was not written", "[journal]") {
  const TemporaryDirectory directory;
  const std::string whole = journal_text(directory);
  const std::size_t header = whole.find('\n');
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    const std::size_t at = bit / 8;
    std::string damaged = whole;
    damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ 1U << bit % 8);
    const std::string path = file_with(directory, damaged);
    const auto journal = Journal::open(path, identity);
    CAPTURE(bit);
    if (at <= header) {
      REQUIRE_FALSE(journal);
      REQUIRE(content_of(path) == damaged);
    } else {
      REQUIRE(texts(journal.value().acknowledged()) == texts_of_first(lines_in(whole.substr(0, at)) - 1));
      REQUIRE(journal.value().torn());
    }
  }
}

TEST_CASE("journal - a torn tail is cut off, whatever it is", "[journal]") {
  const TemporaryDirectory directory;
  const std::string whole = journal_text(directory);
  const std::string last = whole.substr(whole.rfind('\n', whole.size() - 2) + 1);
  const std::string tails[] = {"\n", "x", std::string(4096, '\0'), "lines=500 to=600 0123456789abcdef\n", last, whole};
  for (const auto& tail : tails) {
    const std::string path = directory.write("journal", whole + tail);
    const auto journal = opened(path);
    CHECK(journal.torn());
    CHECK(texts(journal.acknowledged()) == texts_of_first(4));
    CHECK(content_of(path) == whole);
  }
}

TEST_CASE("journal - lines that are missing or have changed places count as damage", "[journal]") {
  const TemporaryDirectory directory;
  const std::string whole = journal_text(directory);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < whole.size(); at += lines.back().size()) {
    lines.push_back(whole.substr(at, whole.find('\n', at) + 1 - at));
  }
  REQUIRE(lines.size() == 5);
  const auto left_by = [&](const std::string& text) {
    return texts(opened(directory.write("j", text)).acknowledged());
  };
  CHECK(left_by(lines[0] + lines[2] + lines[3] + lines[4]).empty());
  CHECK(left_by(lines[0] + lines[1] + lines[3] + lines[4]) == texts_of_first(1));
  CHECK(left_by(lines[0] + lines[1] + lines[3] + lines[2]) == texts_of_first(1));
  CHECK(left_by(lines[0] + lines[1] + lines[2] + lines[2]) == texts_of_first(2));
}

TEST_CASE("journal - ranges that cannot be count as damage, however well sealed", "[journal]") {
  const TemporaryDirectory directory;
  const std::string good = entry_text(entry(100, 199));
  const std::string after = entry_text(entry(1000, 1001));
  const auto kept = [&](const std::string& line) {
    const auto journal = opened(directory.write("journal", sealed_lines({good, line, after})));
    CHECK(journal.torn() == (journal.acknowledged().size() < 3));
    return journal.acknowledged().size();
  };
  CHECK(kept(entry_text(entry(200, 200))) == 3);
  CHECK(kept(entry_text(entry(1, 99))) == 3);
  JournalEntry backward = entry(300, 300);
  backward.last_line = 299;
  CHECK(kept(entry_text(backward)) == 1);
  CHECK(kept(entry_text(entry(0, 10))) == 1);
  CHECK(kept(entry_text(entry(199, 250))) == 1);
  CHECK(kept(entry_text(entry(50, 100))) == 1);
  CHECK(kept(entry_text(entry(150, 160))) == 1);
  CHECK(kept(entry_text(entry(1, 999))) == 1);
  CHECK(kept(good) == 1);
  CHECK(kept("") == 1);
  CHECK(kept("something else") == 1);
  CHECK(kept(entry_text(entry(200, 200)) + " more=1") == 1);
  CHECK(kept("lines=-1" + entry_text(entry(1, 2)).substr(7)) == 1);
  CHECK(kept("lines=18446744073709551616" + entry_text(entry(1, 2)).substr(7)) == 1);
}

TEST_CASE("journal - a finished one is begun anew, whatever upload it is of", "[journal]") {
  const TemporaryDirectory directory;
  const std::string whole = journal_text(directory, true);
  for (const auto& upload : {identity, std::string("another")}) {
    const std::string path = directory.write("journal", whole);
    {
      auto journal = Journal::open(path, upload).value();
      CHECK(journal.acknowledged().empty());
      CHECK(journal.counts() == BulkCounts{});
      CHECK(journal.rejects().size == 0);
      CHECK_FALSE(journal.torn());
      CHECK(lines_in(content_of(path)) == 1);
      journal.append(batches_written[0]).value();
    }
    CHECK(texts(Journal::open(path, upload).value().acknowledged()) == texts_of_first(1));
  }
}

TEST_CASE("journal - an unfinished one of another upload is refused and left as it is", "[journal]") {
  const TemporaryDirectory directory;
  const std::string text = journal_text(directory) + "a torn tail";
  const std::string path = directory.write("journal", text);
  const std::string refused = opening_refusal(path, identity + "0");
  CHECK(contains(refused, "storage: " + path + " is the journal of another upload"));
  CHECK(content_of(path) == text);
  CHECK(opening_refusal(path).empty());
}

TEST_CASE("journal - a file that is none is refused and left as it is", "[journal]") {
  const TemporaryDirectory directory;
  const std::string contents[] = {"\n",
                                  "x",
                                  std::string(1, '\0'),
                                  "{\"id\": \"planted\"}\n",
                                  "movio-exhibitor\n",
                                  "movio-exhibitor-journal 1 " + identity,
                                  "movio-exhibitor-journal 22 x\n"};
  for (const auto& content : contents) {
    const std::string path = directory.write("file", content);
    const std::string refused = opening_refusal(path);
    CHECK(contains(refused, "storage: " + path + " is not a journal"));
    CHECK_FALSE(contains(refused, "planted"));
    CHECK(content_of(path) == content);
  }
}

TEST_CASE("journal - the file of records given in its place is not read into memory", "[journal]") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("members.ndjson", "{}\n");
  std::filesystem::resize_file(path, std::uintmax_t{1} << 40U);
  CHECK(contains(opening_refusal(path), "is not a journal"));
}

TEST_CASE("journal - one in use by another process is refused", "[journal]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("journal");
  const auto journal = opened(path);
  CHECK(contains(opening_refusal(path), "in use"));
  CHECK(forking::in_child([&] { return contains(opening_refusal(path), "in use"); }));
}

TEST_CASE("journal - a process killed at any moment leaves all that it had appended", "[journal]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("journal");
  for (int round = 0; round < 10; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto journal = Journal::open(path, identity);
      if (!journal) ::_exit(1);
      for (std::uint64_t line = journal->acknowledged().size() + 1;; ++line) {
        if (!journal->append({entry(line, line)})) ::_exit(1);
      }
    }
    const std::uintmax_t enough = size_of(path) + 1000;
    int status = 0;
    while (size_of(path) < enough && ::waitpid(child, &status, WNOHANG) == 0) std::this_thread::yield();
    ::kill(child, SIGKILL);
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    const auto journal = opened(path);
    CHECK(journal.acknowledged().size() > 5U * static_cast<unsigned>(round));
    CHECK(journal.acknowledged().back().last_line == journal.acknowledged().size());
  }
}
