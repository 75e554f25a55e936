// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "open_enum.hpp"
#include "raw_json.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

enum class Channel { email, sms };
enum class SubscriptionState { subscribed, unsubscribed };

template <>
struct EnumNames<Channel> {
  static constexpr std::array<std::string_view, 2> names{"EMAIL", "SMS"};
};

template <>
struct EnumNames<SubscriptionState> {
  static constexpr std::array<std::string_view, 2> names{"SUBSCRIBED", "UNSUBSCRIBED"};
};

/// What members can subscribe to, and over which channels; Movio creates them on request.
struct SubscriptionCategory {
  std::string id{};  ///< The `category_id` of a subscription.
  std::string name{};
  std::vector<OpenEnum<Channel>> channels{};
  OtherMembers other{};  ///< What else the API told of it.
};

/// Whether a member receives messages of a category over a channel.
struct Subscription {
  std::string category_id{};
  OpenEnum<Channel> channel{};  ///< Required.
  OpenEnum<SubscriptionState> state = SubscriptionState::unsubscribed;
  OtherMembers other{};  ///< Sent beside the members above.
};

/// All subscriptions of a member.
struct MemberSubscriptions {
  std::string member_id{};
  std::vector<Subscription> subscriptions{};
};

}  // namespace v0_1
}  // namespace movio::exhibitor
