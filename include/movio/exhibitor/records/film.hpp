#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "date.hpp"
#include "detail/schema.hpp"
#include "raw_json.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A film.
struct Film {
  std::string film_id{};
  std::string title{};
  std::optional<std::string> distributor{};
  std::optional<std::string> rating{};
  std::optional<Date> opening_date{};
  std::vector<std::string> genres{};
  OtherMembers other{};  ///< Sent beside the members above.
};

namespace detail {

template <>
struct Schema<Film> {
  static constexpr std::string_view path = "/films";
  static constexpr auto fields =
      std::make_tuple(required("film_id", &Film::film_id), required("title", &Film::title),
                      optional("distributor", &Film::distributor), optional("rating", &Film::rating),
                      optional("opening_date", &Film::opening_date), optional("genres", &Film::genres));
};

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor
