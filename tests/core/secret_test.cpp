// SPDX-License-Identifier: MIT
#ifdef __APPLE__
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <movio/exhibitor/core/secret.hpp>
#include <movio/exhibitor/core/transport.hpp>
#include <new>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "catch.hpp"
#include "support.hpp"

namespace ex = movio::exhibitor;

// --- The replaced operators behind support::FreedMemoryWatch and support::allocations
// ----------------------------------------------------------

#ifdef __clang__
#if __has_feature(thread_sanitizer)
#define EXHIBITOR_WATCH_IS_BLIND  // that runtime's operators cannot be replaced; every other build looks
#endif
#endif

namespace {

std::atomic<const std::string*> watched{nullptr};
std::atomic<bool> seen{false};
thread_local std::uint64_t allocated_here = 0;

#ifndef EXHIBITOR_WATCH_IS_BLIND
/// Zeroed while somebody watches: what a block held in an earlier life is not to be found in it again.
void* allocate(std::size_t size) noexcept {
  ++allocated_here;
  const std::size_t room = size == 0 ? 1 : size;
  return watched.load() != nullptr ? std::calloc(1, room) : std::malloc(room);
}

void* allocate_or_throw(std::size_t size) {
  if (void* block = allocate(size)) return block;
  throw std::bad_alloc();
}

void give_back(void* block) noexcept {
  const std::string* marker = block != nullptr ? watched.load() : nullptr;
  if (marker != nullptr) {
#ifdef __APPLE__
    const std::size_t size = ::malloc_size(block);
#else
    const std::size_t size = ::malloc_usable_size(block);
#endif
    if (support::contains({static_cast<const char*>(block), size}, *marker)) seen = true;
  }
  std::free(block);
}
#endif

}  // namespace

#ifndef EXHIBITOR_WATCH_IS_BLIND
void* operator new(std::size_t size) { return allocate_or_throw(size); }
void* operator new[](std::size_t size) { return allocate_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t& /*unused*/) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t& /*unused*/) noexcept { return allocate(size); }
void operator delete(void* block) noexcept { give_back(block); }
void operator delete[](void* block) noexcept { give_back(block); }
void operator delete(void* block, std::size_t /*unused*/) noexcept { give_back(block); }
void operator delete[](void* block, std::size_t /*unused*/) noexcept { give_back(block); }
void operator delete(void* block, const std::nothrow_t& /*unused*/) noexcept { give_back(block); }
void operator delete[](void* block, const std::nothrow_t& /*unused*/) noexcept { give_back(block); }
#endif

namespace support {

FreedMemoryWatch::FreedMemoryWatch(std::string marker) {
  seen = false;
  watched = new std::string(std::move(marker));  // moved, so that no other block has ever held it
}

FreedMemoryWatch::~FreedMemoryWatch() { delete watched.exchange(nullptr); }

bool FreedMemoryWatch::saw_marker() const noexcept { return seen; }

std::uint64_t allocations() noexcept { return allocated_here; }

}  // namespace support

// --- The tests
// --------------------------------------------------------------------------------------------------------

namespace {

static_assert(support::Streams<std::string>::value, "the trait itself works");
static_assert(!support::Streams<ex::Secret>::value, "a secret cannot be streamed");
static_assert(!std::is_convertible_v<ex::Secret, std::string> && !std::is_convertible_v<ex::Secret, std::string_view>,
              "reading a secret takes reveal()");
static_assert(!std::is_convertible_v<std::string, ex::Secret>, "what becomes a secret is said so");
static_assert(std::is_nothrow_move_constructible_v<ex::Secret>);

constexpr std::string_view planted_text = "planted-secret-0123456789-longer-than-any-small-string-buffer";

ex::Secret secret_with_planted_text() { return ex::Secret(std::string(planted_text)); }

}  // namespace

TEST_CASE("secret - wiping overwrites the spare capacity too", "[secret]") {
  std::string text;
  text.reserve(200);
  text.assign(planted_text).append(planted_text);
  text.resize(5);
  const char* const bytes = text.data();
  const std::size_t capacity = text.capacity();
  ex::detail::wipe(text);
  CHECK(text.empty());
  REQUIRE(text.data() == bytes);  // the buffer is still the string's, all of it written to
  CHECK(std::all_of(bytes, bytes + capacity, [](char c) { return c == '\0'; }));
}

#ifndef EXHIBITOR_WATCH_IS_BLIND
TEST_CASE("secret - the watch over freed memory sees what nobody wiped", "[secret]") {
  const support::FreedMemoryWatch watch(std::string(planted_text.substr(20)));
  { const std::string careless(planted_text); }
  CHECK(watch.saw_marker());
}
#endif

#ifndef EXHIBITOR_WATCH_IS_BLIND
TEST_CASE("secret - the count of allocations counts", "[secret]") {
  const auto before = support::allocations();
  const auto text = std::make_unique<std::string>(planted_text);
  CHECK(support::allocations() == before + 2);
}
#endif

TEST_CASE("secret - leaves nothing in the memory it gives back", "[secret]") {
  const support::FreedMemoryWatch watch(std::string(planted_text.substr(20)));
  SECTION("when it goes away") { const ex::Secret secret = secret_with_planted_text(); }
  SECTION("when it is copied") {
    const ex::Secret secret = secret_with_planted_text();
    const ex::Secret copy = secret;  // NOLINT(performance-unnecessary-copy-initialization): that is the test
  }
  SECTION("when it is moved from") {
    ex::Secret secret = secret_with_planted_text();
    const ex::Secret moved = std::move(secret);
  }
  SECTION("when it is assigned to") {
    ex::Secret secret = secret_with_planted_text();
    secret = ex::Secret(std::string("other"));
  }
  SECTION("when it was the body of a request") {
    ex::Body body = ex::Body::secret(std::string(planted_text), "text/plain");
    const ex::Body copy = body;
    body = ex::Body();
    CHECK(copy.bytes() == planted_text);
  }
  CHECK_FALSE(watch.saw_marker());
}

TEST_CASE("secret - a short one, kept inside the object, is overwritten as well", "[secret]") {
  alignas(ex::Secret) unsigned char room[sizeof(ex::Secret)] = {};
  constexpr std::string_view small = "tiny-secret";
  const auto room_holds = [&room](std::string_view text) {
    const volatile unsigned char* bytes = room;
    std::string copy;
    for (std::size_t i = 0; i < sizeof(room); ++i) copy += static_cast<char>(bytes[i]);
    return support::contains(copy, text);
  };
  auto* secret = new (room) ex::Secret(std::string(small));
  REQUIRE(room_holds(small));
  SECTION("by the destructor") {}
  SECTION("by a move") {
    const ex::Secret moved = std::move(*secret);
    CHECK(moved.reveal() == small);
    CHECK_FALSE(room_holds(small));
  }
  SECTION("by an assignment") {
    *secret = ex::Secret();
    CHECK_FALSE(room_holds(small));
  }
  secret->~Secret();
  CHECK_FALSE(room_holds(small.substr(1)));
}

TEST_CASE("secret - copies are equal and independent", "[secret]") {
  ex::Secret secret = secret_with_planted_text();
  const ex::Secret copy = secret;
  secret = ex::Secret(std::string("other"));
  CHECK(copy.reveal() == planted_text);
  CHECK(secret.reveal() == "other");
}

TEST_CASE("secret - a move takes it along and leaves an empty one", "[secret]") {
  ex::Secret secret = secret_with_planted_text();
  const ex::Secret moved = std::move(secret);
  CHECK(moved.reveal() == planted_text);
  CHECK(secret.empty());  // NOLINT(bugprone-use-after-move): that is the test
}

TEST_CASE("secret - assigning one to itself keeps it", "[secret]") {
  ex::Secret secret = secret_with_planted_text();
  ex::Secret& same = secret;
  secret = same;
  CHECK(secret.reveal() == planted_text);
  secret = std::move(same);
  CHECK(secret.reveal() == planted_text);
}

TEST_CASE("secret - compares by value, also with NUL bytes and other lengths", "[secret]") {
  using namespace std::string_literals;
  CHECK(ex::Secret("a\0b"s) == ex::Secret("a\0b"s));
  CHECK(ex::Secret("a\0b"s) != ex::Secret("a\0c"s));
  CHECK(ex::Secret("ab"s) != ex::Secret("abc"s));
  CHECK(ex::Secret("bb"s) != ex::Secret("ab"s));
  CHECK(ex::Secret() == ex::Secret(""s));
  CHECK(ex::Secret().empty());
  CHECK_FALSE(ex::Secret("\0"s).empty());
}
