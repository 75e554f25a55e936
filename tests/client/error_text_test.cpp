// SPDX-License-Identifier: MIT

// A message is valid UTF-8 without control characters, whatever is in it: names of files, words of the system, of
// libcurl, of a user's own code.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <movio/exhibitor/bulk/bulk.hpp>
#include <movio/exhibitor/client.hpp>
#include <movio/exhibitor/curl/transport.hpp>
#include <movio/exhibitor/detail/os/append_file.hpp>
#include <movio/exhibitor/detail/os/descriptor.hpp>
#include <movio/exhibitor/detail/text/encoding.hpp>
#include <movio/exhibitor/files/byte_source.hpp>
#include <movio/exhibitor/testing.hpp>
#include <movio/exhibitor/token/credentials.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;
using support::contains;

namespace {

/// Begins a line of a log, moves a terminal's cursor, turns the direction of text around (U+202E), is a C1 control
/// (U+009B) and is no UTF-8.
const std::string odd_bytes = "odd\n\x1b[2J\xE2\x80\xAE\xC2\x9B\xff\xC3name";
const std::string odd_bytes_made_fit = "odd  [2J  ??name";

bool is_fit(const std::string& text) {
  return ex::detail::clean_text(text, text.size()) == text && ex::detail::is_utf8(text);
}

/// A port of the loopback on which connections are made and nothing is ever said.
class ListeningSocket {
 public:
  ListeningSocket() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    const int listening = socket_.get();
    if (::bind(listening, any, length) != 0 || ::listen(listening, 1) != 0 ||
        ::getsockname(listening, any, &length) != 0) {
      throw std::runtime_error("no port to listen on");
    }
    port_ = ntohs(address.sin_port);
  }

  [[nodiscard]] int port() const noexcept { return port_; }

 private:
  const ex::detail::Descriptor socket_{::socket(AF_INET, SOCK_STREAM, 0)};
  int port_ = 0;
};

/// A client of a transport and a source that say what a test wants.
struct ErrorTextScene {
  std::shared_ptr<ex::FakeTransport> fake = std::make_shared<ex::FakeTransport>();
  std::vector<std::string> events;
  ex::CredentialSource source = ex::credentials("id", ex::Secret(std::string("secret")));

  ex::ExhibitorClient client() {
    ex::ClientOptions options;
    options.transport = fake;
    options.retry.max_attempts = 1;
    options.on_event = [this](const ex::Event& event) {
      if (event.error != nullptr) events.push_back(event.error->message);
    };
    return {ex::Region::eu, source, options};
  }
};

}  // namespace

TEST_CASE("error text - a result makes any message fit", "[error_text]") {
  ex::Error error;
  error.message = odd_bytes;
  error.request_id = odd_bytes;
  const auto check = [](const auto& result) {
    REQUIRE_FALSE(result);
    CHECK(result.error().message == odd_bytes_made_fit);
    CHECK(result.error().request_id == odd_bytes_made_fit);
    CHECK(is_fit(support::printed(result.error())));
  };
  check(ex::Result<int>(error));
  check(ex::Result<void>(error));
  const std::string fine = "caf\xC3\xA9, \xE6\x97\xA5\xE6\x9C\xAC and \xF0\x9F\x8E\xAC stay as they are";
  error.message = fine;
  CHECK(ex::Result<void>(error).error().message == fine);
}

TEST_CASE("error text - the names of files are made fit", "[error_text]") {
  const support::TemporaryDirectory directory;
  const auto check = [](const ex::Error& error) {
    INFO(error.message);
    CHECK(contains(error.message, odd_bytes_made_fit));
    CHECK(is_fit(error.message));
  };
  const std::string missing = directory.path(odd_bytes + "/file");
  check(ex::credentials_from_file(missing)().error());
  check(ex::credentials_from_directory(missing)().error());
  check(ex::detail::AppendFile::open(missing).error());
  check(ex::bytes_of_file(missing, {}).error());
  check(ex::credentials_from_file(directory.write(odd_bytes, "{"))().error());
  const auto open_to_all = directory.write(odd_bytes, "{}", 0666);
  check(ex::credentials_from_file(open_to_all)().error());

  ErrorTextScene scene;
  for (const bool of_journal : {true, false}) {
    ex::BulkOptions options;
    (of_journal ? options.journal : options.rejects) = missing;
    std::istringstream lines("{}\n");
    const auto report = ex::Bulk(scene.client(), options).upsert_ndjson<ex::Member>(ex::bytes_of(lines));
    REQUIRE(report.error);
    check(*report.error);
  }
}

TEST_CASE("error text - what libcurl says of a CA file, and its name, are made fit", "[error_text]") {
  const ListeningSocket server;  // libcurl opens the CA file when it is connected
  ex::CurlOptions options;
  options.ca_file = "/nowhere/" + odd_bytes;
  ex::CurlTransport transport(options);
  ex::TransportRequest request;
  request.url = "https://127.0.0.1:" + std::to_string(server.port());
  const auto failed = transport.send(request);
  REQUIRE_FALSE(failed);
  INFO(failed.error().message);
  CHECK(contains(failed.error().message, "the CA bundle is /nowhere/" + odd_bytes_made_fit));
  CHECK(is_fit(failed.error().message));
}

TEST_CASE("error text - what a user's own transport and credential source say is made fit", "[error_text]") {
  ErrorTextScene scene;
  ex::Error error;
  error.kind = ex::ErrorKind::connection;
  error.message = odd_bytes;
  SECTION("of an API call") { scene.fake->answer(error); }
  SECTION("of the source") {
    scene.source = [&]() -> ex::Result<ex::ClientCredentials> { return error; };
  }
  const auto failed = scene.client().get("/members");
  REQUIRE_FALSE(failed);
  CHECK(contains(failed.error().message, odd_bytes_made_fit));
  CHECK(is_fit(failed.error().message));
  CHECK_FALSE(scene.events.empty());
  CHECK(std::all_of(scene.events.begin(), scene.events.end(), is_fit));
}

TEST_CASE("error text - an id that is a part of a character is struck out with the whole character", "[error_text]") {
  ErrorTextScene scene;
  ex::Error error;
  error.kind = ex::ErrorKind::connection;
  error.message = "no answer, \xC3\xA9h";
  scene.fake->answer(error);
  const auto failed = scene.client().get("/members/%C3");
  REQUIRE_FALSE(failed);
  INFO(failed.error().message);
  CHECK(is_fit(failed.error().message));
  CHECK_FALSE(scene.events.empty());
  CHECK(std::all_of(scene.events.begin(), scene.events.end(), is_fit));
}
