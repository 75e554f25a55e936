#pragma once

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "detail/schema.hpp"
#include "raw_json.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A cinema.
struct Cinema {
  std::string cinema_id{};
  std::string name{};
  std::string timezone{};           ///< IANA name, for example Pacific/Auckland.
  std::vector<std::string> tags{};  ///< At most 10, for example IMAX.
  OtherMembers other{};             ///< Sent beside the members above.
};

namespace detail {

template <>
struct Schema<Cinema> {
  static constexpr std::string_view path = "/cinemas";
  static constexpr auto fields = std::make_tuple(
      required("cinema_id", &Cinema::cinema_id), required("name", &Cinema::name),
      required("timezone", &Cinema::timezone, Rule::time_zone), optional("tags", &Cinema::tags, Rule::tags));
};

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
