// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "date.hpp"
#include "open_enum.hpp"
#include "raw_json.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

enum class Gender { unspecified, female, male };
enum class MemberStatus { issued, activated, deleted };
/// The only documented value; there are others.
enum class LoyaltyCardStatus { active };

template <>
struct EnumNames<Gender> {
  static constexpr std::array<std::string_view, 3> names{"UNSPECIFIED", "FEMALE", "MALE"};
};

template <>
struct EnumNames<MemberStatus> {
  static constexpr std::array<std::string_view, 3> names{"ISSUED", "ACTIVATED", "DELETED"};
};

template <>
struct EnumNames<LoyaltyCardStatus> {
  static constexpr std::array<std::string_view, 1> names{"ACTIVE"};
};

struct LoyaltyCard {
  std::optional<std::string> number{};
  OpenEnum<LoyaltyCardStatus> status{};
  OtherMembers other{};  ///< Sent beside the members above.
};

struct Preferences {
  std::vector<std::string> cinema_ids{};
  std::vector<std::string> genres{};
  OtherMembers other{};  ///< Sent beside the members above.
};

/// A member of the exhibitor's loyalty programme: personal data.
struct Member {
  std::string member_id{};
  OpenEnum<Gender> gender{};        ///< Required.
  OpenEnum<MemberStatus> status{};  ///< Required.
  std::optional<std::string> email{};
  std::optional<std::string> phone_number{};  ///< In international form.
  std::optional<std::string> first_name{};
  std::optional<std::string> last_name{};
  std::optional<Date> date_of_birth{};
  std::vector<LoyaltyCard> loyalty_cards{};
  std::optional<std::chrono::system_clock::time_point> issued_at{};
  std::optional<Preferences> preferences{};
  OtherMembers other{};  ///< Sent beside the members above.
};

}  // namespace v0_1
}  // namespace movio::exhibitor
