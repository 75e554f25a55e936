// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/http.hpp"
#include "../../core/result.hpp"
#include "../subscription.hpp"
#include "reader.hpp"
#include "schemas.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

struct SubscriptionCategories {
  std::vector<SubscriptionCategory> categories;
};

template <>
struct Schema<SubscriptionCategories> {
  template <class Visit>
  static constexpr bool fields(Visit visit) {
    return visit(required("categories", &SubscriptionCategories::categories));
  }
};

inline constexpr std::string_view categories_path = "/subscriptions/categories";

/// The categories in an answer, which is an array of them. Errors: `protocol`.
inline Result<std::vector<SubscriptionCategory>> categories_in(const HttpResponse& answer) {
  SubscriptionCategories read;
  const std::string object = "{\"categories\":" + answer.body + '}';
  const auto problem = RecordReader(object, Reading::values).read(read);
  if (!problem) return std::move(read.categories);
  Error error = make_error(ErrorKind::protocol, "GET " + std::string(categories_path) +
                                                    ": the answer is no list of categories (" + problem->text() +
                                                    "); check api_url and any proxy on the way");
  error.http_status = answer.status;
  error.attempts = answer.attempts;
  return error;
}

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
