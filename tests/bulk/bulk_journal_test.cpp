// SPDX-License-Identifier: MIT
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <movio/exhibitor/bulk/bulk.hpp>
#include <movio/exhibitor/token/detail/credential_check.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "bulk_fixture.hpp"
#include "catch.hpp"
#include "disk.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using bulk::adds_up;
using bulk::film_line;
using bulk::film_lines;
using bulk::Fixture;
using bulk::rejected_lines;
using nlohmann::json;
using support::contains;
using support::content_of;
using Kind = ex::ErrorKind;

namespace {

struct JournalFixture : Fixture {
  JournalFixture() {
    options.journal = directory.path("journal");
    options.rejects = directory.path("rejects");
    options.batch_size = 5;
    options.in_flight = 3;
  }
};

/// Lets the upload break off before its last batches.
void upload_in_part(const JournalFixture& f, const std::string& lines) {
  f.api->judge = bulk::only_first(4);
  REQUIRE(f.upload(lines).error);
  f.api->judge = [](const ex::TransportRequest&) { return std::nullopt; };
  f.api->batches.clear();
}

void check_refused(const JournalFixture& f, const ex::BulkReport& report) {
  REQUIRE(report.error);
  CHECK(report.error->kind == Kind::storage);
  CHECK(f.api->batches.empty());
  CHECK(adds_up(report));
}

/// Writes fail beyond so many bytes of a file, as on a full disk.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("bulk journal - an upload that broke off goes on where it was", "[bulk]") {
  const JournalFixture f;
  const std::string lines = film_lines(40);
  upload_in_part(f, lines);
  const auto report = f.upload(lines);
  CHECK_FALSE(report.error);
  CHECK(report.resumed == 20);
  CHECK(report.read == 40);
  CHECK(report.counts.accepted == 40);
  CHECK(report.counts.created == 40);
  CHECK(report.counts.batches == 8);
  CHECK(f.api->batches.size() == 4);
  CHECK(f.api->films.size() == 40);
  CHECK(adds_up(report));
}

TEST_CASE("bulk journal - a finished one is replaced", "[bulk]") {
  const JournalFixture f;
  CHECK_FALSE(f.upload(film_lines(10)).error);
  const auto again = f.upload(film_lines(12));
  CHECK_FALSE(again.error);
  CHECK(again.resumed == 0);
  CHECK(again.counts.accepted == 12);
  CHECK(again.counts.updated == 10);
}

TEST_CASE("bulk journal - an unfinished one of another upload is refused", "[bulk]") {
  JournalFixture f;
  upload_in_part(f, film_lines(40));
  SECTION("another input") { check_refused(f, f.upload(film_line("other", "x") + film_lines(40))); }
  SECTION("another operation") { check_refused(f, f.bulk().remove<ex::Film>(std::vector<std::string>{"f1"})); }
  SECTION("an input that is shorter") { check_refused(f, f.upload(film_lines(15))); }
  SECTION("an input that differs later") {
    std::string lines = film_lines(40);
    lines[lines.find("\"f7\"") + 1] = 'g';
    check_refused(f, f.upload(lines));
  }
  SECTION("an input that has lost a line") {
    std::string lines = film_lines(40);
    lines.erase(lines.find("{\"film_id\":\"f7\""), film_line("f7", "title").size());
    check_refused(f, f.upload(lines));
  }
  const auto report = f.upload(film_lines(40));
  CHECK_FALSE(report.error);
  CHECK(report.resumed == 20);
}

TEST_CASE("bulk journal - holds no record, and only its owner may read it", "[bulk]") {
  const JournalFixture f;
  upload_in_part(f, film_line("planted-id", "planted title") + film_line("planted-id-2", "bad") + film_lines(30));
  CHECK_FALSE(contains(content_of(f.options.journal), "planted"));
  CHECK(contains(content_of(f.options.rejects), "planted-id-2"));
  for (const auto& path : {f.options.journal, f.options.rejects}) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
  }
}

TEST_CASE("bulk journal - single records are put down together, and resumed one by one", "[bulk]") {
  JournalFixture f;
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.push_back("f" + std::to_string(i % 900));
  std::mt19937 random(11);
  for (const auto& id : ids) f.api->films[id] = "title";
  f.options.in_flight = 8;
  f.api->deferred = true;
  f.clock->happen = [&] { return f.api->answer_one(random()); };
  f.api->judge = bulk::only_first(700);
  const auto broken = f.bulk().remove<ex::Film>(ids);
  REQUIRE(broken.error);
  CHECK(broken.counts.accepted == 700);
  CHECK(adds_up(broken));
  const auto journal = content_of(f.options.journal);
  CHECK(std::count(journal.begin(), journal.end(), '\n') < 200);

  f.api->judge = [](const ex::TransportRequest&) { return std::nullopt; };
  f.api->batches.clear();
  const auto report = f.bulk().remove<ex::Film>(ids);
  CHECK_FALSE(report.error);
  CHECK(report.resumed == 700);
  CHECK(report.counts.accepted == 900);
  CHECK(report.counts.absent == 100);
  CHECK(f.api->batches.size() == 300);
}

TEST_CASE("bulk journal - several batches are put down together while more come, and soon when none does", "[bulk]") {
  JournalFixture f;
  CHECK_FALSE(f.upload(film_lines(200)).error);
  const auto journal = content_of(f.options.journal);
  CHECK(std::count(journal.begin(), journal.end(), '\n') < 20);  // of 40 batches

  f.api->deferred = true;
  int moment = 0;
  f.clock->happen = [&] {
    if (moment == 2) CHECK_FALSE(contains(content_of(f.options.journal), "to=10"));
    if (moment == 3) CHECK(contains(content_of(f.options.journal), "to=10"));
    return ++moment != 3 && f.api->answer_one(0);
  };
  CHECK_FALSE(f.upload(film_lines(15)).error);
}

TEST_CASE("bulk journal - a second upload cannot use it meanwhile", "[bulk]") {
  JournalFixture f;
  std::optional<ex::BulkReport> second;
  f.api->judge = [&](const ex::TransportRequest&) {
    if (!second) second = f.upload(film_lines(10));
    return std::nullopt;
  };
  CHECK_FALSE(f.upload(film_lines(10)).error);
  REQUIRE(second);
  REQUIRE(second->error);
  CHECK(second->error->kind == Kind::storage);
}

TEST_CASE("bulk journal - rejects are told once, whatever broke off", "[bulk]") {
  JournalFixture f;
  const std::string lines =
      film_lines(6) + "nonsense\n" + film_line("b1", "bad") + film_lines(40) + film_line("b2", "bad");
  upload_in_part(f, lines);
  CHECK_FALSE(f.upload(lines).error);
  CHECK(rejected_lines(f.options.rejects) == std::vector<std::uint64_t>{7, 8, 49});
  const auto reject = json::parse(content_of(f.options.rejects).substr(0, content_of(f.options.rejects).find('\n')));
  CHECK(reject["record"] == "nonsense");
  CHECK(reject["messages"] == json{"the record is not valid JSON"});
}

TEST_CASE("bulk journal - rejects are on the disk before the journal has them as settled", "[bulk]") {
  const JournalFixture f;
  disk::synced.clear();
  SECTION("of a batch") {
    CHECK_FALSE(f.upload(film_line("b1", "bad") + film_lines(4)).error);
    const std::vector<std::string> begun_settled_finished{"journal", "rejects", "journal", "journal"};
    CHECK(disk::synced == begun_settled_finished);
  }
  SECTION("of one of the batches that are put down together") {
    CHECK_FALSE(f.bulk().remove<ex::Film>(std::vector<std::string>{"f1", "..", "f2"}).error);
    const std::vector<std::string> begun_first_others_finished{"journal", "journal", "rejects", "journal", "journal"};
    CHECK(disk::synced == begun_first_others_finished);
  }
}

TEST_CASE("bulk journal - rejects that are not UTF-8 can be read all the same", "[bulk]") {
  const JournalFixture f;
  CHECK_FALSE(f.upload("\xff\"\\\n").error);
  CHECK(json::parse(content_of(f.options.rejects))["record"] == "\xEF\xBF\xBD\"\\");
}

TEST_CASE("bulk journal - an unfinished one of another client is refused", "[bulk]") {
  JournalFixture f;
  upload_in_part(f, film_lines(40));
  f.source = ex::credentials("client-2", ex::Secret(fixtures::planted_secret));
  const auto report = f.upload(film_lines(40));
  check_refused(f, report);
  CHECK(contains(report.error->message, "client_id"));
  CHECK_FALSE(contains(content_of(f.options.journal), "client-"));
  SECTION("one whose secret was changed is the same client") {
    f.source = ex::credentials("client-1", ex::Secret(std::string("another")));
    CHECK(f.upload(film_lines(40)).resumed == 20);
  }
}

TEST_CASE("bulk journal - without a client id none is begun", "[bulk]") {
  JournalFixture f;
  f.source = []() -> ex::Result<ex::ClientCredentials> { return ex::detail::credentials_error("the vault is shut"); };
  const auto report = f.upload(film_lines(1));
  REQUIRE(report.error);
  CHECK(support::printed(*report.error) == "credentials: the vault is shut");
  CHECK_FALSE(std::filesystem::exists(f.options.journal));
  CHECK(f.api->batches.empty());
}

TEST_CASE("bulk journal - the client id is asked for on the thread that asks for a token", "[bulk]") {
  JournalFixture f;
  class LaterApi : public bulk::FilmApi {
   public:
    bool asked = false;
    bool after(std::chrono::milliseconds delay, Task task) override {
      asked = true;
      return FilmApi::after(delay, std::move(task));
    }
  };
  class GoneApi : public bulk::FilmApi {
   public:
    bool drops = false;
    bool after(std::chrono::milliseconds /*delay*/, Task /*task*/) override { return drops; }
  };
  const auto later = std::make_shared<LaterApi>();
  f.source = [later]() -> ex::Result<ex::ClientCredentials> {
    CHECK(later->asked);
    return ex::ClientCredentials{"client-1", ex::Secret(fixtures::planted_secret)};
  };
  f.api = later;
  CHECK_FALSE(f.upload(film_lines(1)).error);
  for (const bool drops : {false, true}) {
    const auto gone = std::make_shared<GoneApi>();
    gone->drops = drops;
    f.api = gone;
    const auto report = f.upload(film_lines(1));
    REQUIRE(report.error);
    CHECK(report.error->kind == Kind::overloaded);
  }
}

TEST_CASE("bulk journal - an upload appends its rejects to those of others", "[bulk]") {
  JournalFixture f;
  const bool journaled = GENERATE(true, false);
  if (!journaled) f.options.journal.clear();
  CHECK_FALSE(f.upload("1\n").error);
  const std::string first = content_of(f.options.rejects);
  CHECK_FALSE(f.upload("1\n2\n").error);
  const std::string all = content_of(f.options.rejects);
  CHECK(all.substr(0, first.size()) == first);
  CHECK(rejected_lines(f.options.rejects) == std::vector<std::uint64_t>{1, 2});  // none is there twice
  CHECK_FALSE(f.upload("another\n").error);
  CHECK(content_of(f.options.rejects).substr(0, all.size()) == all);
  CHECK(rejected_lines(f.options.rejects) == std::vector<std::uint64_t>{1, 1, 2});
}

TEST_CASE("bulk journal - is gone on with together with its rejects only", "[bulk]") {
  JournalFixture f;
  std::string own = f.options.rejects;
  const std::string lines = "nonsense\n" + film_lines(40) + "more\n";
  upload_in_part(f, lines);
  const std::string before = content_of(own);
  SECTION("not without them") {
    f.options.rejects.clear();
    check_refused(f, f.upload(lines));
  }
  SECTION("not with those of another upload, which stay as they are") {
    const std::string others = before + before;
    f.options.rejects = f.directory.path("others");
    for (const std::string& content : {std::string(), "{\"line\":2}\n" + others, "{\"line\":2}\n" + others + "{\"li"}) {
      std::ofstream(f.options.rejects, std::ios::trunc) << content;
      check_refused(f, f.upload(lines));
      CHECK(content_of(f.options.rejects) == content);
    }
  }
  SECTION("but wherever they have been moved") {
    std::filesystem::rename(own, f.directory.path("moved"));
    own = f.directory.path("moved");
  }
  f.options.rejects = own;
  CHECK(content_of(f.options.rejects) == before);
  const auto report = f.upload(lines);
  CHECK_FALSE(report.error);
  CHECK(report.counts.rejected == 2);
  CHECK(rejected_lines(f.options.rejects) == std::vector<std::uint64_t>{1, 42});
}

TEST_CASE("bulk journal - of an upload that kept no rejects is not gone on with as if it had", "[bulk]") {
  JournalFixture f;
  const std::string path = std::exchange(f.options.rejects, {});
  const std::string lines = "nonsense\n" + film_lines(40);
  upload_in_part(f, lines);
  f.options.rejects = path;
  const auto report = f.upload(lines);
  check_refused(f, report);
  CHECK(contains(report.error->message, "kept them in no file"));
  f.options.rejects.clear();
  CHECK_FALSE(f.upload(lines).error);
}

TEST_CASE("bulk journal - whole lines of the rejects stay, and what was torn is mended", "[bulk]") {
  JournalFixture f;
  const std::string line = "{\"line\":9}";
  const auto after = [&](const std::string& content) {
    std::ofstream(f.options.rejects, std::ios::trunc) << content;
    CHECK_FALSE(f.upload(film_lines(1)).error);
    return content_of(f.options.rejects);
  };
  CHECK(after(line) == line + '\n');
  CHECK(after(line + '\n') == line + '\n');
  CHECK(after(line + '\n' + line.substr(0, 9)) == line + '\n');
  CHECK(after(line.substr(0, 9)).empty());
  const std::string long_line = "{\"line\":9,\"record\":\"" + std::string(200'000, 'x');
  CHECK(after(line + '\n' + long_line) == line + '\n');
  CHECK(after(line + '\n' + long_line + "\"}") == line + '\n' + long_line + "\"}\n");
}

TEST_CASE("bulk journal - a file of anything but rejects is left as it is", "[bulk]") {
  JournalFixture f;
  for (const std::string& content : {film_lines(3), std::string("x"), std::string(R"({"lines":1})")}) {
    std::ofstream(f.options.rejects, std::ios::trunc) << content;
    const auto report = f.upload("1\n");
    REQUIRE(report.error);
    CHECK(report.error->kind == ex::ErrorKind::storage);
    CHECK(contains(report.error->message, "something else than rejects"));
    CHECK(content_of(f.options.rejects) == content);
  }
  std::ofstream(f.options.rejects, std::ios::trunc) << R"({"li)";  // the disk was full, or the process was killed
  CHECK_FALSE(f.upload("1\n").error);
  CHECK(rejected_lines(f.options.rejects) == std::vector<std::uint64_t>{1});
}

TEST_CASE("bulk journal - rejects of earlier runs count towards the most that may be", "[bulk]") {
  JournalFixture f;
  f.options.max_rejects = 2;
  const std::string lines = "nonsense\nnonsense\n" + film_lines(40);
  upload_in_part(f, lines + "nonsense\n");
  const auto report = f.upload(lines + "nonsense\n");
  REQUIRE(report.error);
  CHECK(contains(report.error->message, "more than 2 records were rejected"));
  f.options.max_rejects = 3;
  CHECK_FALSE(f.upload(lines + "nonsense\n").error);
}

TEST_CASE("bulk journal - rejects that are gone are missed", "[bulk]") {
  const JournalFixture f;
  const std::string lines = "nonsense\n" + film_lines(40);
  upload_in_part(f, lines);
  std::filesystem::resize_file(f.options.rejects, 0);
  const auto report = f.upload(lines);
  check_refused(f, report);
  CHECK(contains(report.error->message, "lacks rejects"));
}

TEST_CASE("bulk journal - files that were there become their owner's alone", "[bulk]") {
  const JournalFixture f;
  for (const auto& path : {f.options.journal, f.options.rejects}) {
    std::ofstream(path).flush();
    REQUIRE(::chmod(path.c_str(), 0644) == 0);
  }
  CHECK_FALSE(f.upload("1\n").error);
  for (const auto& path : {f.options.journal, f.options.rejects}) {
    CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0600));
  }
}

TEST_CASE("bulk journal - a cancelled upload can be resumed", "[bulk]") {
  JournalFixture f;
  const ex::CancelSource cancel;
  f.options.cancel = cancel.token();
  std::size_t count = 0;
  f.api->judge = [&](const ex::TransportRequest&) {
    if (++count == 4) cancel.cancel();
    return std::nullopt;
  };
  const auto report = f.upload(film_lines(40));
  REQUIRE(report.error);
  CHECK(report.error->kind == Kind::cancelled);
  CHECK(report.counts.accepted > 0);
  CHECK(report.counts.accepted < 40);
  CHECK(adds_up(report));
  f.options.cancel = {};
  const auto resumed = f.upload(film_lines(40));
  CHECK_FALSE(resumed.error);
  CHECK(resumed.resumed >= report.counts.accepted);
  CHECK(resumed.counts.accepted == 40);
}

TEST_CASE("bulk journal - a full disk ends the upload, and it can be resumed", "[bulk]") {
  JournalFixture f;
  const std::string lines = film_lines(200) + film_line("b", "bad");
  {
    const SmallFiles full(800);
    const auto report = f.upload(lines);
    REQUIRE(report.error);
    CHECK(report.error->kind == Kind::storage);
    CHECK(contains(report.error->message, f.options.journal));
    CHECK(report.counts.accepted < 200);
    CHECK(adds_up(report));
  }
  const auto resumed = f.upload(lines);
  CHECK_FALSE(resumed.error);
  CHECK(resumed.resumed > 0);
  CHECK(resumed.counts.accepted == 200);
  CHECK(resumed.counts.rejected == 1);
}

TEST_CASE("bulk journal - once it could not be written, nothing more is put down", "[bulk]") {
  JournalFixture f;
  f.options.batch_size = 1;
  f.options.in_flight = 2;
  f.api->deferred = true;
  std::optional<SmallFiles> full;
  int answered = 0;
  f.clock->happen = [&] {
    if (++answered == 1) full.emplace(1);
    if (answered == 2) full.reset();
    return f.api->answer_one(0);
  };
  const auto report = f.upload(film_lines(5));
  REQUIRE(report.error);
  CHECK(report.error->kind == Kind::storage);
  CHECK(report.counts.accepted == 2);
  CHECK_FALSE(contains(content_of(f.options.journal), "lines="));
}

TEST_CASE("bulk journal - once it could not be written, no more rejects are either", "[bulk]") {
  JournalFixture f;
  f.options.batch_size = 2;
  f.options.in_flight = 1;
  f.api->deferred = true;
  std::optional<SmallFiles> full;
  f.clock->happen = [&] {
    full.emplace(1);
    return f.api->answer_one(0);
  };
  f.options.on_reject = [&](const ex::BulkReject& /*reject*/) { full.reset(); };  // told once it was not written
  const auto report = f.upload("nonsense\n" + film_lines(1) + "nonsense\n" + film_lines(1));
  REQUIRE(report.error);
  CHECK(report.error->kind == Kind::storage);
  CHECK(report.not_sent == 1);
  CHECK(content_of(f.options.rejects).empty());
}

TEST_CASE("bulk journal - a rejects file that cannot be written ends the upload", "[bulk]") {
  JournalFixture f;
  f.options.journal.clear();
  const SmallFiles full(200);
  const auto report = f.upload(std::string(100, '1') + '\n' + std::string(100, '2') + '\n' + film_lines(100));
  REQUIRE(report.error);
  CHECK(report.error->kind == Kind::storage);
  CHECK(adds_up(report));
}

TEST_CASE("bulk journal - an upload that is killed anywhere loses nothing", "[bulk]") {
  const unsigned seed = GENERATE(range(1U, 120U));
  CAPTURE(seed);
  std::mt19937 random(seed);
  JournalFixture f;
  const std::string others = "{\"line\":7,\"record\":\"of another upload\"}\n";
  std::ofstream(f.options.rejects) << others;
  f.options.batch_size = 1 + random() % 12;
  f.options.in_flight = 1 + static_cast<int>(random() % 5);
  f.api->name_entities = random() % 2 == 0;
  f.api->deferred = true;
  std::string lines;
  std::map<std::string, std::string> wanted;
  std::vector<std::uint64_t> bad;
  for (std::uint64_t line = 1; line <= 200; ++line) {
    const std::string id = "f" + std::to_string(random() % 80);
    const bool is_bad = random() % 15 == 0;
    const std::string title = is_bad ? "bad" : "title " + std::to_string(line);
    lines += film_line(is_bad ? "bad" + id + '-' + std::to_string(line) : id, title);
    if (is_bad) {
      bad.push_back(line);
    } else {
      wanted[id] = title;
    }
  }
  // What a kill would leave: the files and the API as they are at that moment, the journal's end perhaps torn.
  const auto kill_at = random() % 40;
  unsigned moments = 0;
  struct {
    std::string journal, rejects;
    std::map<std::string, std::string> films;
  } left;
  f.clock->happen = [&] {
    if (moments++ == kill_at) left = {content_of(f.options.journal), content_of(f.options.rejects), f.api->films};
    return f.api->answer_one(random());
  };
  (void)f.upload(lines);
  if (left.journal.empty()) return;
  left.journal.resize(left.journal.size() - std::min<std::size_t>(left.journal.size(), random() % 30));
  std::ofstream(f.options.journal) << left.journal;
  std::ofstream(f.options.rejects) << left.rejects;
  f.api->films = left.films;
  f.rejects.clear();
  f.options.batch_size = 1 + random() % 12;

  const auto report = f.upload(lines);
  CHECK_FALSE(report.error);
  CHECK(report.read == 200);
  CHECK(report.counts.rejected == bad.size());
  CHECK(adds_up(report));
  CHECK(f.api->films == wanted);
  CHECK(content_of(f.options.rejects).substr(0, others.size()) == others);
  bad.insert(std::lower_bound(bad.begin(), bad.end(), 7U), 7);
  CHECK(rejected_lines(f.options.rejects) == bad);
}
