// SPDX-License-Identifier: MIT
#pragma once

#include <ostream>

#include "../../detail/text/print.hpp"
#include "../status.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

inline void print(std::ostream& out, const TokenStatus& status) {
  out << "token=" << (status.has_token ? status.fingerprint : "none");
  if (status.has_token) {
    out << " age_s=" << status.age.count() << " usable_for_s=" << status.usable_for.count()
        << " renewal_in_s=" << status.renewal_in.count();
  }
  out << " fetching=" << (status.fetching ? "yes" : "no") << " waiters=" << status.waiters
      << " exchanges=" << status.exchanges << " minted=" << status.minted;
  if (status.loaded != 0) out << " loaded=" << status.loaded;
  for (const auto& bucket : status.quota)
    out << " quota_" << bucket.name << '=' << bucket.remaining << '/' << bucket.limit;
  if (status.no_replay_for.count() != 0) out << " no_replay_for_s=" << status.no_replay_for.count();
  if (status.last_error) out << " retry_in_s=" << status.retry_in.count() << " error=\"" << *status.last_error << '"';
}

}  // namespace detail

MOVIO_EXHIBITOR_INLINE std::ostream& operator<<(std::ostream& out, const TokenStatus& status) {
  return detail::print_apart(out, [&status](std::ostream& text) { detail::print(text, status); });
}

}  // namespace v0_1
}  // namespace movio::exhibitor
