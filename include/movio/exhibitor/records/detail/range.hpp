// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../cinema.hpp"
#include "../film.hpp"
#include "../item.hpp"
#include "../member.hpp"
#include "../subscription.hpp"
#include "../ticket.hpp"
#include "../transaction.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

template <class T, class... Kinds>
inline constexpr bool is_one_of = (std::is_same_v<T, Kinds> || ...);

/// Whether the API has a resource for these records.
template <class T>
inline constexpr bool is_resource = is_one_of<T, Cinema, Film, Item, Ticket, Member, Transaction>;

/// Whether it is one of the structs of the API's JSON.
template <class T>
inline constexpr bool is_model = is_resource<T> || is_one_of<T, MemberSubscriptions, Subscription, SubscriptionCategory,
                                                             LoyaltyCard, Preferences, SessionLine, ItemLine>;

/// The element type of a range, without reference; void if it is not a range.
template <class Range, class = void>
struct ElementOf {
  using Type = void;
};
template <class Range>
struct ElementOf<Range, std::void_t<decltype(*std::begin(std::declval<Range&>()))>> {
  using Type = std::decay_t<decltype(*std::begin(std::declval<Range&>()))>;
};

/// Iterates over a range once; works with iterators that own their element.
template <class Range>
class Walk {
 public:
  explicit Walk(Range& range) : at_(std::begin(range)), end_(std::end(range)) {}

  /// Goes to the first or the next element; false at the end.
  bool next() {
    if (begun_ && at_ != end_) ++at_;
    begun_ = true;
    return at_ != end_;
  }
  decltype(auto) operator*() const { return *at_; }

 private:
  decltype(std::begin(std::declval<Range&>())) at_;
  decltype(std::end(std::declval<Range&>())) end_;
  bool begun_ = false;
};

/// Gives the records of a range one after the other: pointers to what is there until the next call, nullptr at the end.
template <class Record, class Range>
std::function<const Record*()> records_of(Range& records) {
  return [walk = Walk<Range>(records), held = std::optional<Record>()]() mutable -> const Record* {
    if (!walk.next()) return nullptr;
    if constexpr (std::is_lvalue_reference_v<decltype(*walk)>) {
      return std::addressof(*walk);
    } else {
      return std::addressof(held.emplace(*walk));
    }
  };
}

/// The same for ids; nothing at the end.
template <class Range>
std::function<std::optional<std::string_view>()> ids_of(Range& ids) {
  return [walk = Walk<Range>(ids), id = std::string()]() mutable -> std::optional<std::string_view> {
    if (!walk.next()) return std::nullopt;
    return id = std::string_view(*walk);  // a copy: the iterator's value may be a temporary
  };
}

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
