// SPDX-License-Identifier: MIT
#include <chrono>
#include <movio/exhibitor.hpp>
#include <movio/exhibitor/curl/detail/admission.hpp>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"

namespace ex = movio::exhibitor;
using namespace std::chrono_literals;

namespace {

/// An admission with a clock of its own, and what libcurl would do: requests have connections when the test says so.
class AdmissionScene {
 public:
  using Id = ex::detail::CurlAdmission::Id;
  using Ids = std::vector<Id>;
  static constexpr auto never = ex::detail::CurlAdmission::Time::max();

  explicit AdmissionScene(std::size_t places = 1000) : admission(places) {}

  void enter(Id first, Id last, const std::string& origin = "https://api:443") {
    for (Id id = first; id <= last; ++id) admission.enter(id, origin, now);
  }
  Ids begin() {
    Ids begun;
    while (const auto id = admission.next(now)) begun.push_back(*id);
    return begun;
  }
  void perform(const std::set<Id>& connected = {}) {
    admission.performed([&](Id id) { return connected.count(id) != 0; });
  }
  void learn(int http_version) {
    enter(1, 1);
    REQUIRE(begin() == Ids{1});
    perform({1});
    admission.leave(1, http_version);
  }

  ex::detail::CurlAdmission admission;
  ex::detail::CurlAdmission::Time now{1h};
};

using AdmittedIds = AdmissionScene::Ids;

}  // namespace

TEST_CASE("curl admission - an unknown origin gets one request, then a probe", "[curl_admission]") {
  AdmissionScene scene;
  scene.enter(1, 9);
  CHECK(scene.begin() == AdmittedIds{1});
  scene.perform();
  CHECK(scene.begin().empty());
  scene.perform({1});
  CHECK(scene.begin() == AdmittedIds{2});

  SECTION("which shares the connection: HTTP/2, one request after the other") {
    scene.perform({2});
    CHECK(scene.begin() == AdmittedIds{3});
    scene.perform({3});
    CHECK(scene.begin() == AdmittedIds{4});
    scene.perform();
    CHECK(scene.begin().empty());
  }
  SECTION("which does not: HTTP/1.1, all at once, now and later") {
    scene.perform();
    CHECK(scene.begin() == AdmittedIds{3, 4, 5, 6, 7, 8, 9});
    scene.enter(10, 12);
    CHECK(scene.begin() == AdmittedIds{10, 11, 12});
  }
}

TEST_CASE("curl admission - HTTP/2 never has two requests without a connection", "[curl_admission]") {
  AdmissionScene scene;
  scene.learn(20);
  scene.enter(2, 9);
  CHECK(scene.begin() == AdmittedIds{2});
  scene.perform();  // the connection is lost or full
  scene.perform();
  CHECK(scene.begin().empty());
  scene.perform({2});
  CHECK(scene.begin() == AdmittedIds{3});
}

TEST_CASE("curl admission - an answer corrects what was known", "[curl_admission]") {
  AdmissionScene scene;
  SECTION("HTTP/2 found while the probe runs") {
    scene.enter(1, 9);
    scene.begin();
    scene.perform({1});
    CHECK(scene.begin() == AdmittedIds{2});
    scene.admission.leave(1, 20);
    scene.perform();
    CHECK(scene.begin().empty());
    scene.perform({2});
    CHECK(scene.begin() == AdmittedIds{3});
  }
  SECTION("HTTP/1.1 found instead of HTTP/2") {
    scene.learn(20);
    scene.enter(2, 4);
    CHECK(scene.begin() == AdmittedIds{2});
    scene.enter(5, 5, "https://other:443");
    CHECK(scene.begin() == AdmittedIds{5});
    scene.perform({2});
    CHECK(scene.begin() == AdmittedIds{3});
    scene.admission.leave(2, 11);
    CHECK(scene.begin() == AdmittedIds{4});
  }
  SECTION("HTTP/2 found instead of HTTP/1.1") {
    scene.learn(11);
    scene.enter(2, 3);
    CHECK(scene.begin() == AdmittedIds{2, 3});
    scene.admission.leave(2, 20);
    scene.enter(4, 6);
    CHECK(scene.begin() == AdmittedIds{4});
  }
}

TEST_CASE("curl admission - a leader that fails or is given up is followed by the next", "[curl_admission]") {
  AdmissionScene scene;
  scene.enter(1, 9);
  CHECK(scene.begin() == AdmittedIds{1});
  scene.perform();
  scene.admission.leave(1, 0);
  CHECK(scene.begin() == AdmittedIds{2});
  scene.perform();
  CHECK(scene.begin().empty());
  scene.perform({2});
  scene.admission.leave(2, 0);  // its connection may be gone, so the next one is no probe
  CHECK(scene.begin() == AdmittedIds{3});
  scene.perform();
  CHECK(scene.begin().empty());
  scene.perform({3});
  CHECK(scene.begin() == AdmittedIds{4});
  scene.perform({4});
  CHECK(scene.begin() == AdmittedIds{5});
}

TEST_CASE("curl admission - a request that is given up where it waits harms no other", "[curl_admission]") {
  AdmissionScene scene;
  scene.enter(1, 5);
  CHECK(scene.begin() == AdmittedIds{1});
  scene.admission.leave(2, 0);
  scene.admission.leave(4, 0);
  scene.perform({1});
  CHECK(scene.begin() == AdmittedIds{3});
  scene.perform();
  CHECK(scene.begin() == AdmittedIds{5});
}

TEST_CASE("curl admission - a request with its own connection delays no other", "[curl_admission]") {
  AdmissionScene scene;
  SECTION("to an unknown origin: the next one leads") {
    scene.enter(1, 3);
    CHECK(scene.begin() == AdmittedIds{1});
    scene.admission.let_others_pass(1);
    CHECK(scene.begin() == AdmittedIds{2});
  }
  SECTION("over HTTP/2: the next one goes at once, and holds the third") {
    scene.learn(20);
    scene.enter(2, 4);
    CHECK(scene.begin() == AdmittedIds{2});
    scene.admission.let_others_pass(2);
    CHECK(scene.begin() == AdmittedIds{3});
    scene.admission.let_others_pass(2);
    CHECK(scene.begin().empty());
    scene.admission.leave(2, 0);
    CHECK(scene.begin().empty());
    scene.perform({3});
    CHECK(scene.begin() == AdmittedIds{4});
  }
}

TEST_CASE("curl admission - no request is held for more than two seconds", "[curl_admission]") {
  AdmissionScene scene;
  scene.enter(1, 3);
  const auto release = scene.now + 2s;
  CHECK(scene.begin() == AdmittedIds{1});
  CHECK(scene.admission.next_release() == release);
  scene.now += 1500ms;
  scene.admission.leave(1, 0);
  CHECK(scene.begin() == AdmittedIds{2});
  CHECK(scene.admission.next_release() == release);
  scene.now = release - 1ns;
  CHECK(scene.begin().empty());
  scene.now = release;
  CHECK(scene.begin() == AdmittedIds{3});
  CHECK(scene.admission.next_release() == AdmissionScene::never);
  scene.enter(4, 6);
  CHECK(scene.begin() == AdmittedIds{4, 5, 6});
  scene.admission.leave(4, 20);
  scene.enter(7, 9);
  CHECK(scene.begin() == AdmittedIds{7});
}

TEST_CASE("curl admission - waiting for a place is not being held", "[curl_admission]") {
  AdmissionScene scene(2);
  scene.learn(20);
  scene.enter(2, 9);
  CHECK(scene.begin() == AdmittedIds{2});
  scene.perform({2});
  CHECK(scene.begin() == AdmittedIds{3});
  scene.perform({3});
  CHECK(scene.begin().empty());
  CHECK(scene.admission.next_release() == AdmissionScene::never);
  scene.now += 1h;
  scene.admission.leave(2, 20);
  CHECK(scene.begin() == AdmittedIds{4});
  scene.perform();
  scene.admission.leave(3, 20);
  CHECK(scene.begin().empty());
  CHECK(scene.admission.next_release() == scene.now + 2s);
}

TEST_CASE("curl admission - requests begin in their order, those of other origins and of none unheld",
          "[curl_admission]") {
  AdmissionScene scene(5);
  scene.enter(1, 3, "https://a:443");
  scene.enter(4, 4, "https://b:443");
  scene.enter(5, 9, "");
  CHECK(scene.begin() == AdmittedIds{1, 4, 5, 6, 7});
  scene.perform({1, 4});
  scene.admission.leave(4, 11);
  CHECK(scene.begin() == AdmittedIds{2});
  CHECK_FALSE(scene.admission.has_place());
  scene.admission.leave(5, 11);
  scene.admission.leave(6, 20);  // tells nothing of the others
  scene.perform();
  CHECK(scene.begin() == AdmittedIds{3, 8});
  scene.admission.leave(7, 11);
  CHECK(scene.begin() == AdmittedIds{9});
}

TEST_CASE("curl admission - remembers a bounded number of origins, and all that are in use", "[curl_admission]") {
  AdmissionScene scene(1'000'000);
  scene.enter(1, 1, "https://used:443");
  CHECK(scene.begin() == AdmittedIds{1});
  for (AdmissionScene::Id id = 2; id < 10'000; ++id) {
    scene.enter(id, id, "https://" + std::to_string(id) + ":443");
    scene.begin();
    scene.admission.leave(id, 20);
  }
  CHECK(scene.admission.known_origins() <= ex::detail::CurlAdmission::remembered_origins);
  scene.perform({1});
  scene.enter(100'000, 100'001, "https://used:443");
  CHECK(scene.begin() == AdmittedIds{100'000});
}

TEST_CASE("curl admission - only https has connections to share", "[curl_admission]") {
  const auto origin = [](const char* target) {
    ex::TransportRequest request;
    request.url = target;
    return ex::detail::admission_origin(request);
  };
  CHECK(origin("https://API.example/members?x=1") == "https://api.example:443");
  CHECK(origin("https://api.example:8443") == "https://api.example:8443");
  CHECK(origin("http://127.0.0.1:80/x").empty());
  CHECK(origin("nonsense").empty());
}
