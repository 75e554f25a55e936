// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <fstream>
#include <future>
#include <memory>
#include <movio/exhibitor/detail/os/descriptor.hpp>
#include <movio/exhibitor/files/detail/descriptor_bytes.hpp>
#include <movio/exhibitor/files/detail/line_reader.hpp>
#include <optional>
#include <ostream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "background.hpp"
#include "catch.hpp"
#include "forking.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using ex::ByteSource;
using ex::CancelSource;
using ex::CancelToken;
using ex::ErrorKind;
using ex::Result;
using ex::detail::LineReader;
using support::contains;
using support::TemporaryDirectory;
using namespace std::chrono_literals;

namespace {

/// A line as the reader gave it, with a text that stays.
struct Read {
  std::uint64_t number;
  std::string text;
  bool too_long;
};

bool operator==(const Read& a, const Read& b) {
  return a.number == b.number && a.text == b.text && a.too_long == b.too_long;
}

std::ostream& operator<<(std::ostream& out, const Read& line) {
  return out << line.number << (line.too_long ? " too long: " : ": ") << line.text;
}

/// Gives the pieces one by one, each as a read of its own.
ByteSource pieces(std::vector<std::string> texts) {
  auto left = std::make_shared<std::deque<std::string>>(texts.begin(), texts.end());
  return [left](char* into, std::size_t room) -> Result<std::size_t> {
    if (left->empty()) return std::size_t{0};
    std::string& first = left->front();
    const std::size_t count = std::min(room, first.size());
    std::copy_n(first.begin(), count, into);
    first.erase(0, count);
    if (first.empty()) left->pop_front();
    return count;
  };
}

std::vector<Read> all_lines(ByteSource source, std::size_t longest = 1000) {
  LineReader reader(std::move(source), longest);
  std::vector<Read> lines;
  for (;;) {
    const auto line = reader.next().value();
    if (!line) return lines;
    lines.push_back({line->number, std::string(line->text), line->too_long});
  }
}

/// What the reader should give, written the simplest way.
std::vector<Read> expected_lines(std::string text, std::size_t longest) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.erase(0, 3);
  std::vector<Read> lines;
  std::istringstream in(text);
  std::string line;
  for (std::uint64_t number = 1; std::getline(in, line); ++number) {
    if (in.eof() && line.find_first_not_of(std::string_view(" \t\r\0\x1a", 5)) == std::string::npos) continue;
    while (in.eof() && !line.empty() && (line.back() == '\0' || line.back() == '\x1a')) line.pop_back();
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    lines.push_back({number, line.substr(0, longest), line.size() > longest});
  }
  return lines;
}

std::string random_text(std::mt19937& random, std::size_t size) {
  static const std::string letters("a\n\n\r  \t\xEF\xBB\xBF\0\x1a{", 13);
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += letters[random() % letters.size()];
  return random() % 3 == 0 ? "\xEF\xBB\xBF" + text : text;
}

std::vector<std::string> random_pieces(std::mt19937& random, std::string_view text) {
  const std::size_t largest = 1 + random() % 20;
  std::vector<std::string> texts;
  while (!text.empty()) {
    const std::size_t size = std::min<std::size_t>(1 + random() % largest, text.size());
    texts.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return texts;
}

/// Everything that a source has to give.
std::string drained(const ByteSource& source, std::size_t room = 7) {
  std::string text;
  std::vector<char> buffer(room);
  for (;;) {
    const std::size_t count = source(buffer.data(), room).value();
    if (count == 0) return text;
    text.append(buffer.data(), count);
  }
}

std::string refusal_to_read(const std::string& path) {
  const auto source = ex::bytes_of_file(path, {});
  return source ? "" : support::printed(source.error());
}

}  // namespace

TEST_CASE("line reader - gives the lines with their numbers", "[line_reader]") {
  CHECK(all_lines(pieces({"one\ntwo\nthree\n"})) ==
        std::vector<Read>{{1, "one", false}, {2, "two", false}, {3, "three", false}});
  CHECK(all_lines(pieces({})).empty());
}

TEST_CASE("line reader - takes a last line without an end", "[line_reader]") {
  CHECK(all_lines(pieces({"one\ntwo"})) == std::vector<Read>{{1, "one", false}, {2, "two", false}});
  CHECK(all_lines(pieces({"one\r"})) == std::vector<Read>{{1, "one", false}});
}

TEST_CASE("line reader - passes over blank lines but counts them", "[line_reader]") {
  CHECK(all_lines(pieces({"\n \t\n\r\n \r\none\n\ntwo\n  "})) ==
        std::vector<Read>{{5, "one", false}, {7, "two", false}});
}

TEST_CASE("line reader - keeps the spaces of a line that is not blank", "[line_reader]") {
  CHECK(all_lines(pieces({" one\t\n"})) == std::vector<Read>{{1, " one\t", false}});
}

TEST_CASE("line reader - drops one CR, also when it comes in another read than its LF", "[line_reader]") {
  CHECK(all_lines(pieces({"one\r", "\ntwo\r\r\n", "th\rree", "\r\n"})) ==
        std::vector<Read>{{1, "one", false}, {2, "two\r", false}, {3, "th\rree", false}});
}

TEST_CASE("line reader - passes over a byte-order mark at the very beginning only", "[line_reader]") {
  const std::string mark = "\xEF\xBB\xBF";
  CHECK(all_lines(pieces({mark + "one\n" + mark + "two\n"})) ==
        std::vector<Read>{{1, "one", false}, {2, mark + "two", false}});
  CHECK(all_lines(pieces({"\xEF", "\xBB", "\xBFone"})) == std::vector<Read>{{1, "one", false}});
  CHECK(all_lines(pieces({mark})).empty());
  CHECK(all_lines(pieces({"\xEF\xBB"})) == std::vector<Read>{{1, "\xEF\xBB", false}});
  CHECK(all_lines(pieces({mark + mark})) == std::vector<Read>{{1, mark, false}});
}

TEST_CASE("line reader - the mark and the line's end do not count to a line's length", "[line_reader]") {
  CHECK(all_lines(pieces({"\xEF\xBB\xBF"
                          "12345\r\n",
                          "12345\r", "\n123456\r\n"}),
                  5) == std::vector<Read>{{1, "12345", false}, {2, "12345", false}, {3, "12345", true}});
}

TEST_CASE("line reader - keeps NUL bytes", "[line_reader]") {
  const std::string text("a\0b\n\0\n", 6);
  CHECK(all_lines(pieces({text})) ==
        std::vector<Read>{{1, std::string("a\0b", 3), false}, {2, std::string(1, '\0'), false}});
}

TEST_CASE("line reader - of a line that is too long it gives the beginning, and goes on behind it", "[line_reader]") {
  const std::string endless(3000000, 'x');
  CHECK(all_lines(pieces({"ok\n", endless, endless, "\nnext\n", endless}), 10) ==
        std::vector<Read>{{1, "ok", false}, {2, "xxxxxxxxxx", true}, {3, "next", false}, {4, "xxxxxxxxxx", true}});
}

TEST_CASE("line reader - a line may end with the last byte that there is room for", "[line_reader]") {
  const std::size_t block = 256 * 1024;
  CHECK(all_lines(pieces({std::string(12, 'x'), std::string(block - 1, 'x') + '\n', "next"}), 10) ==
        std::vector<Read>{{1, "xxxxxxxxxx", true}, {2, "next", false}});
}

TEST_CASE("line reader - a line longer than the longest is blank only when all of it is", "[line_reader]") {
  const std::string spaces(1000000, ' ');
  CHECK(all_lines(pieces({spaces, "\n"}), 4).empty());
  CHECK(all_lines(pieces({spaces, "\r", "\n"}), 4).empty());
  CHECK(all_lines(pieces({spaces, "x", spaces, "\n ", "\n y"}), 4) ==
        std::vector<Read>{{1, "    ", true}, {3, " y", false}});
  CHECK(all_lines(pieces({spaces, "\r", spaces, "\n", spaces}), 4) == std::vector<Read>{{1, "    ", true}});
}

TEST_CASE("line reader - does as the simplest way does, however the bytes come", "[line_reader]") {
  std::mt19937 random(20240601);
  for (int round = 0; round < 5000; ++round) {
    const std::string text = random_text(random, random() % 60);
    const std::size_t longest = random() % 8;
    const auto lines = all_lines(pieces(random_pieces(random, text)), longest);
    const auto expected = expected_lines(text, longest);
    if (lines == expected) continue;  // Catch2's macros would cost more than the rest of the round
    CAPTURE(round, longest);
    REQUIRE(lines == expected);
  }
}

TEST_CASE("line reader - does so over many full blocks, too", "[line_reader]") {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < 3000000) text += std::string(random() % 3000, 'x') + (random() % 2 == 0 ? "\r\n" : "\n");
  const bool same = all_lines(pieces({text}), 2000) == expected_lines(text, 2000);  // not printed: too much
  CHECK(same);
}

TEST_CASE("line reader - goes on after an error of the source, without loss and without repetition", "[line_reader]") {
  std::mt19937 random(99);
  for (int round = 0; round < 2000; ++round) {
    const std::string text = random_text(random, random() % 40);
    const std::size_t longest = random() % 8;
    const ByteSource inner = pieces(random_pieces(random, text));
    const ByteSource failing = [&](char* into, std::size_t room) -> Result<std::size_t> {
      if (random() % 2 == 0) return ex::detail::make_error(ErrorKind::storage, "not now");
      return inner(into, room);
    };
    LineReader reader(failing, longest);
    std::vector<Read> lines;
    for (;;) {
      const auto line = reader.next();
      if (!line) continue;
      if (!*line) break;
      lines.push_back({(*line)->number, std::string((*line)->text), (*line)->too_long});
    }
    CAPTURE(round);
    REQUIRE(lines == expected_lines(text, longest));
  }
}

TEST_CASE("line reader - gives the error of the source, and makes one of what it throws", "[line_reader]") {
  LineReader failing([](char*, std::size_t) { return ex::detail::make_error(ErrorKind::cancelled, "enough"); }, 10);
  CHECK(support::printed(failing.next().error()) == "cancelled: enough");
  LineReader throwing([](char*, std::size_t) -> Result<std::size_t> { throw std::runtime_error("planted"); }, 10);
  CHECK(throwing.next().error().kind == ErrorKind::storage);
  CHECK_FALSE(contains(support::all_text(throwing.next().error()), "planted"));
  LineReader without(ByteSource(), 10);
  CHECK(without.next().error().kind == ErrorKind::storage);
}

TEST_CASE("line reader - counts bytes and lines, and does not ask again after the end", "[line_reader]") {
  int asked = 0;
  const ByteSource inner = pieces({"one\n\n", "two\n\n"});
  LineReader reader([&](char* into, std::size_t room) { return ++asked, inner(into, room); }, 10);
  CHECK(reader.line_number() == 0);
  CHECK(reader.bytes_passed() == 0);
  CHECK(reader.next().value()->number == 1);
  CHECK(reader.line_number() == 1);
  CHECK(reader.bytes_passed() == 4);
  CHECK(reader.next().value()->number == 3);
  CHECK_FALSE(reader.next().value());
  CHECK_FALSE(reader.next().value());
  CHECK(reader.line_number() == 4);
  CHECK(reader.bytes_passed() == 10);
  CHECK(asked == 3);
}

TEST_CASE("line reader - gives a line that is there without asking for more", "[line_reader]") {
  int asked = 0;
  const ByteSource inner = pieces({"one\ntwo\n"});
  LineReader reader([&](char* into, std::size_t room) { return ++asked, inner(into, room); }, 10);
  CHECK(reader.next().value()->text == "one");
  const auto two = reader.next().value();
  CHECK(two->text == "two");
  CHECK(asked == 1);
}

TEST_CASE("bytes of a stream - are all of it", "[byte_source]") {
  const std::string text("one\0\n two\r\n", 11);
  std::istringstream in(text);
  CHECK(drained(ex::bytes_of(in)) == text);
  std::istringstream throwing(text);
  throwing.exceptions(std::ios::badbit | std::ios::failbit | std::ios::eofbit);
  CHECK(drained(ex::bytes_of(throwing)) == text);
}

TEST_CASE("bytes of a stream - one that is bad or was never opened is an error, not an end", "[byte_source]") {
  char room[4];
  std::istringstream bad("text");
  bad.setstate(std::ios::badbit);
  CHECK(ex::bytes_of(bad)(room, 4).error().kind == ErrorKind::storage);
  std::ifstream missing("/nonexistent/file");
  CHECK(ex::bytes_of(missing)(room, 4).error().kind == ErrorKind::storage);
  const TemporaryDirectory directory;
  std::ifstream unreadable(directory.path());  // a directory opens, but cannot be read
  CHECK(ex::bytes_of(unreadable)(room, 4).error().kind == ErrorKind::storage);
}

TEST_CASE("bytes of a file - are all of it", "[byte_source]") {
  const TemporaryDirectory directory;
  const std::string text("one\0\n two\r\n", 11);
  CHECK(drained(ex::bytes_of_file(directory.write("file", text), {}).value()) == text);
  CHECK(drained(ex::bytes_of_file(directory.write("empty", ""), {}).value()).empty());
}

TEST_CASE("bytes of a file - a copy of the source goes on where the other was", "[byte_source]") {
  const TemporaryDirectory directory;
  char room[2];
  auto source = ex::bytes_of_file(directory.write("file", "12345"), {}).value();
  const ByteSource copy = source;
  CHECK(source(room, 2).value() == 2);
  source = nullptr;
  CHECK(drained(copy) == "345");
}

TEST_CASE("bytes of a file - a missing file is an error", "[byte_source]") {
  const TemporaryDirectory directory;
  const std::string missing = directory.path("missing");
  CHECK(contains(refusal_to_read(missing), "storage: " + missing + " cannot be opened (No such file or directory)"));
  CHECK(contains(refusal_to_read(directory.path()), directory.path() + " is a directory"));
  CHECK(contains(refusal_to_read(""), "No such file"));
}

TEST_CASE("bytes of a file - \"-\" is standard input", "[byte_source]") {
  CHECK(forking::in_child([] {
    int ends[2];
    if (::pipe(ends) != 0 || ::dup2(ends[0], STDIN_FILENO) < 0 || ::write(ends[1], "text", 4) != 4) return false;
    ::close(ends[1]);
    return drained(ex::bytes_of_file("-", {}).value()) == "text";
  }));
  CHECK(forking::in_child([] {
    ::close(STDIN_FILENO);
    return contains(refusal_to_read("-"), "storage: standard input cannot be opened (Bad file descriptor)");
  }));
}

TEST_CASE("bytes of a file - waits for a named pipe's writer, and for what it writes", "[byte_source]") {
  const TemporaryDirectory directory;
  const std::string pipe = directory.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto source = ex::bytes_of_file(pipe, {}).value();
  auto text = support::in_background([&] { return drained(source); });
  CHECK(text.wait_for(250ms) == std::future_status::timeout);
  std::ofstream(pipe) << "one" << std::flush << "two";
  CHECK(text.get() == "onetwo");
}

TEST_CASE("bytes of a file - a wait for a pipe that nobody writes to ends when it is cancelled", "[byte_source]") {
  const TemporaryDirectory directory;
  const std::string pipe = directory.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const CancelSource cancel;
  const auto source = ex::bytes_of_file(pipe, cancel.token()).value();
  char room[4];
  auto waits = support::in_background([&] { return source(room, 4); });
  CHECK(waits.wait_for(20ms) == std::future_status::timeout);
  cancel.cancel();
  const auto cancelled = waits.get();
  CHECK(cancelled.error().kind == ErrorKind::cancelled);
  CHECK(contains(cancelled.error().message, pipe));
}

TEST_CASE("bytes of a file - a wait that a signal interrupts can still be cancelled", "[byte_source]") {
  struct sigaction handled {};
  struct sigaction before {};
  handled.sa_handler = [](int) {};
  handled.sa_flags = SA_RESTART;
  REQUIRE(::sigaction(SIGUSR1, &handled, &before) == 0);
  const TemporaryDirectory directory;
  const std::string pipe = directory.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int writer = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_CLOEXEC);  // blocking, as a standard input is
  const CancelSource cancel;
  const ex::detail::DescriptorBytes source("a pipe", ex::detail::Descriptor(reader), cancel.token());
  std::promise<pthread_t> thread;
  auto outcome = support::in_background([&] {
    thread.set_value(::pthread_self());
    char room[4];
    return source(room, 4);
  });
  const pthread_t waiting = thread.get_future().get();
  for (int i = 0; i < 50; ++i) {  // at least one meets it in its wait
    CHECK(outcome.wait_for(2ms) == std::future_status::timeout);
    ::pthread_kill(waiting, SIGUSR1);
  }
  cancel.cancel();
  const bool ended = outcome.wait_for(10s) == std::future_status::ready;
  CHECK(ended);
  if (!ended) CHECK(::write(writer, "text", 4) == 4);
  const auto read = outcome.get();
  CHECK((!read && read.error().kind == ErrorKind::cancelled));
  ::close(writer);
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_CASE("bytes of a file - are of no standard stream's number, also when these are closed", "[byte_source]") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("file", "text");
  CHECK(forking::in_child([&] {
    for (const int standard : {1, 2}) ::close(standard);
    const auto file = ex::bytes_of_file(path, {});
    const auto input = ex::bytes_of_file("-", {});
    return file.has_value() && input.has_value() && ::fcntl(1, F_GETFD) == -1 && ::fcntl(2, F_GETFD) == -1;
  }));
}

TEST_CASE("bytes of a file - a cancelled reading gives no more, even of what is there", "[byte_source]") {
  const TemporaryDirectory directory;
  const CancelSource cancel;
  LineReader reader(ex::bytes_of_file(directory.write("file", "one\n"), cancel.token()).value(), 10);
  cancel.cancel();
  CHECK(reader.next().error().kind == ErrorKind::cancelled);
}
