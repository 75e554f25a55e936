// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "../../core/new_shared.hpp"
#include "../../detail/os/fork_local.hpp"
#include "../detail/engine.hpp"
#include "../detail/pool.hpp"
#include "../transport.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
struct CurlTransport::State {
  /// What a forked child must not touch.
  struct Handles {
    explicit Handles(const std::shared_ptr<const detail::CurlSettings>& settings)
        : engine(detail::new_shared<detail::CurlEngine>(settings)), pool(settings) {}

    const std::shared_ptr<detail::CurlEngine> engine;
    detail::CurlPool pool;
  };

  explicit State(CurlOptions options)
      : handles([settings = detail::new_shared<const detail::CurlSettings>(std::move(options))](
                    const Handles* /*the parent's: left alone*/) { return detail::new_shared<Handles>(settings); }) {}

  const detail::ForkLocal<Handles> handles;
};

MOVIO_EXHIBITOR_INLINE CurlTransport::CurlTransport(CurlOptions options)
    : state_(std::make_unique<const State>(std::move(options))) {}

MOVIO_EXHIBITOR_INLINE CurlTransport::~CurlTransport() {
  if (const auto* handles = state_->handles.own()) handles->engine->shut_down();
}

MOVIO_EXHIBITOR_INLINE void CurlTransport::start(TransportRequest request, Completion completion) {
  state_->handles.get()->engine->start(std::move(request), std::move(completion));
}

MOVIO_EXHIBITOR_INLINE bool CurlTransport::after(std::chrono::milliseconds delay, Task task) {
  return state_->handles.get()->engine->after(delay, std::move(task));
}

MOVIO_EXHIBITOR_INLINE bool CurlTransport::may_block() const noexcept {
  const auto* handles = state_->handles.own();
  return handles == nullptr || !handles->engine->on_own_thread();
}

MOVIO_EXHIBITOR_INLINE Result<HttpResponse> CurlTransport::send(const TransportRequest& request) {
  if (!may_block()) return detail::invalid_argument("a blocking call in a callback would stop all other requests");
  return state_->handles.get()->pool.send(request);
}

}  // namespace v0_1
}  // namespace movio::exhibitor
