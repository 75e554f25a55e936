// SPDX-License-Identifier: MIT
#pragma once

// Running a part of a test in a forked child.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace forking {

/// Forks; true when the child finds its part to be so. A child that hangs is killed after half a minute: false.
template <class Part>
bool in_child(Part part) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(part() ? 0 : 1);  // not by way of the test's own end, which is the parent's
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > limit) ::kill(child, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace forking
