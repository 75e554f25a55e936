// SPDX-License-Identifier: MIT
#include "interrupt.hpp"

#include <pthread.h>
#include <unistd.h>

#include <chrono>

#include "output.hpp"

namespace cli {
namespace {

bool is_ignored(int signal) {  // as nohup does, or a script in the background: whoever arranged that wants it so
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

// A thread that waits for the signal, instead of a handler: it may take locks, as cancelling does.
Interrupt::Interrupt() {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (is_ignored(signal)) continue;
    sigaddset(&signals_, signal);
    wake_up_ = signal;
  }
  if (wake_up_ == 0) return;
  pthread_sigmask(SIG_BLOCK, &signals_, &previous_mask_);
  watcher_ = std::thread([this] { watch(); });
}

Interrupt::~Interrupt() {
  if (wake_up_ == 0) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    ending_.notify_all();
    pthread_kill(watcher_.native_handle(), wake_up_);  // under the mutex: the watcher cannot be gone yet
  }
  watcher_.join();
  // After a cancellation it stays blocked: a second Ctrl-C must not end the program before it has told of the first.
  if (!cancel_.token().cancelled()) pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
}

void Interrupt::watch() {
  int signal = 0;
  sigwait(&signals_, &signal);
  std::unique_lock<std::mutex> lock(mutex_);
  if (ended_) return;
  lock.unlock();
  cancel_.cancel();
  lock.lock();
  if (ending_.wait_for(lock, std::chrono::seconds(1), [this] { return ended_; })) return;
  _exit(report(failure(ex::ErrorKind::cancelled, "interrupted")));
}

}  // namespace cli
