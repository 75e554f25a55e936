// SPDX-License-Identifier: MIT

// In C++20, where the compiler has coroutines; elsewhere the header is to be harmless.
#if defined(__cpp_impl_coroutine)
#include <coroutine>
#include <exception>
#include <movio/exhibitor/coroutine.hpp>
#include <string>

#include "catch.hpp"
#include "fixtures.hpp"

namespace ex = movio::exhibitor;
using fixtures::request_for;
using fixtures::Rig;

namespace {

/// A coroutine that runs at once and that nobody waits for.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

Detached two_calls(ex::ExhibitorClient client, std::string& told) {
  const ex::Result<ex::HttpResponse> first = co_await ex::async_send(client, request_for("GET", "/films"));
  told += std::to_string(first->status) + ' ';
  const ex::Result<ex::HttpResponse> second = co_await ex::async_send(client, request_for("GET", "//elsewhere"));
  told += ex::to_string(second.error().kind);
}

}  // namespace

TEST_CASE("coroutine - a call can be awaited, and its error too", "[coroutine]") {
  const Rig rig;
  std::string told;
  rig.transport->hold();
  two_calls(rig.client(), told);
  CHECK(told.empty());
  rig.transport->release();
  rig.transport->release();
  CHECK(told == "200 invalid_argument");
}
#else
#include <movio/exhibitor/coroutine.hpp>

#include "catch.hpp"

TEST_CASE("coroutine - without coroutines the header still brings the client", "[coroutine]") {
  CHECK_FALSE(movio::exhibitor::ExhibitorClient(nullptr).ready());
}
#endif
