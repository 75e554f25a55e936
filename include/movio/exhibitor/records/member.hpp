#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "date.hpp"
#include "detail/schema.hpp"
#include "open_enum.hpp"
#include "raw_json.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

enum class Gender { unspecified, female, male };
enum class MemberStatus { issued, activated, deleted };
/// The one that is known; there are others.
enum class LoyaltyCardStatus { active };

constexpr std::array<std::string_view, 3> names_of(Gender /*gender*/) { return {"UNSPECIFIED", "FEMALE", "MALE"}; }
constexpr std::array<std::string_view, 3> names_of(MemberStatus /*status*/) {
  return {"ISSUED", "ACTIVATED", "DELETED"};
}
constexpr std::array<std::string_view, 1> names_of(LoyaltyCardStatus /*status*/) { return {"ACTIVE"}; }

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

namespace detail {

template <>
struct Schema<LoyaltyCard> {
  static constexpr auto fields =
      std::make_tuple(optional("number", &LoyaltyCard::number), optional("status", &LoyaltyCard::status));
};

template <>
struct Schema<Preferences> {
  static constexpr auto fields =
      std::make_tuple(optional("cinema_ids", &Preferences::cinema_ids), optional("genres", &Preferences::genres));
};

template <>
struct Schema<Member> {
  static constexpr std::string_view path = "/members";
  static constexpr auto fields =
      std::make_tuple(required("member_id", &Member::member_id), required("gender", &Member::gender),
                      required("status", &Member::status), optional("email", &Member::email),
                      optional("phone_number", &Member::phone_number), optional("first_name", &Member::first_name),
                      optional("last_name", &Member::last_name), optional("date_of_birth", &Member::date_of_birth),
                      optional("loyalty_cards", &Member::loyalty_cards), optional("issued_at", &Member::issued_at),
                      optional("preferences", &Member::preferences));
};

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
