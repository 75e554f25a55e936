// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "../../core/new_shared.hpp"
#include "../../detail/text/sha256.hpp"
#include "../access_token.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
MOVIO_EXHIBITOR_INLINE AccessToken::Data::Data(const Secret& token, std::string granted, std::chrono::seconds life,
                                               Moment begun)
    : line(detail::joined({line_prefix, token.reveal()})),
      fingerprint(detail::fingerprint(token.reveal())),
      scope(std::move(granted)),
      lifetime(life),
      usable_life(life -
                  std::min<std::chrono::milliseconds>(std::chrono::seconds(60), std::chrono::milliseconds(life) / 10)),
      issued(begun) {}

MOVIO_EXHIBITOR_INLINE AccessToken::AccessToken(const Secret& token, std::string scope, std::chrono::seconds lifetime,
                                                Moment issued)
    : data_(detail::new_shared<const Data>(token, std::move(scope), lifetime, issued)) {}

MOVIO_EXHIBITOR_INLINE AccessToken AccessToken::counted_apart() const {
  AccessToken copy = *this;
  copy.data_ = {detail::new_shared<const std::shared_ptr<const Data>>(data_), data_.get()};
  return copy;
}

}  // namespace v0_1
}  // namespace movio::exhibitor
