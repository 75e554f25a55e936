// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "../version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// A callback that runs on cancellation. Intrusive list node: registering never allocates.
struct CancelCallback {
  std::function<void()> run;
  CancelCallback* next = nullptr;
  CancelCallback** link = nullptr;  ///< The pointer to this node; nullptr outside the list.
};

struct CancelState;

}  // namespace detail

/// The receiving end of a cancellation: put it into a request, or poll it. A default one never fires.
/// Thread-safety: every call from any thread.
class CancelToken {
 public:
  CancelToken() = default;

  /// Whether it can fire at all: a default one cannot.
  explicit operator bool() const noexcept { return state_ != nullptr; }

  [[nodiscard]] bool cancelled() const noexcept;

 private:
  friend class CancelSource;
  friend class CancelRegistration;
  explicit CancelToken(std::shared_ptr<detail::CancelState> state) : state_(std::move(state)) {}

  std::shared_ptr<detail::CancelState> state_;
};

/// The sending end of a cancellation. Destroying it cancels nothing. Thread-safety: every call from any thread.
class CancelSource {
 public:
  CancelSource();

  [[nodiscard]] CancelToken token() const { return CancelToken(state_); }

  /// Cancels, once and permanently; runs the registered callbacks in the calling thread.
  void cancel() const;

 private:
  std::shared_ptr<detail::CancelState> state_;
};

/// Runs a callback on cancellation, immediately if already cancelled. After the destructor has returned, the callback
/// is not running and will not run (the semantics of C++20's std::stop_callback). The callback must not throw.
class CancelRegistration {
 public:
  CancelRegistration(const CancelToken& token, std::function<void()> callback);
  CancelRegistration(const CancelRegistration&) = delete;
  CancelRegistration& operator=(const CancelRegistration&) = delete;
  ~CancelRegistration();

 private:
  std::shared_ptr<detail::CancelState> state_;
  detail::CancelCallback
      callback_;  ///< Destroyed after the destructor's lock is released, for the same reason as in cancel().
};

namespace detail {

/// A cancellation that fires when either of two does.
class EitherCancelled {
 public:
  EitherCancelled(const CancelToken& one, const CancelToken& other)
      : one_(one, [source = source_] { source.cancel(); }), other_(other, [source = source_] { source.cancel(); }) {}

  [[nodiscard]] CancelToken token() const { return source_.token(); }

 private:
  CancelSource source_;
  CancelRegistration one_;
  CancelRegistration other_;
};

}  // namespace detail

}  // namespace v0_1
}  // namespace movio::exhibitor

#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#include "impl/cancel.ipp"
#endif
