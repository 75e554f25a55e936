// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <csignal>
#include <movio/exhibitor.hpp>
#include <mutex>
#include <thread>

namespace cli {

namespace ex = movio::exhibitor;

/// While one lives, Ctrl-C, SIGTERM and SIGHUP (the terminal is gone) cancel what its token was given to, unless the
/// process was started with them ignored; what has not ended a second later ends with the process. Make it before
/// anything that starts threads: they inherit that these signals are not theirs. There is one at a time.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  [[nodiscard]] ex::CancelToken token() const { return cancel_.token(); }

 private:
  void watch();

  const ex::CancelSource cancel_;
  sigset_t signals_{};  ///< That are waited for.
  int wake_up_ = 0;     ///< One of them; 0: there are none.
  sigset_t previous_mask_{};
  std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable ending_;
  bool ended_ = false;
  std::thread watcher_;
};

}  // namespace cli
