// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "../../core/new_shared.hpp"
#include "../../core/result.hpp"
#include "../../detail/os/fork_local.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {
namespace detail {

/// True once `exit` has ended the use of libcurl. From then on its handles are leaked: OpenSSL's own exit handler may
/// have run, and closing a connection after that crashes.
inline std::atomic<bool> curl_closed{false};

/// An owner of libcurl handles, used by one thread at a time.
class CurlUser {
 public:
  CurlUser(const CurlUser&) = delete;
  CurlUser& operator=(const CurlUser&) = delete;
  virtual ~CurlUser() = default;

 protected:
  CurlUser() = default;

 private:
  friend class CurlLifetime;

  /// Asks the thread that uses the handles to stop soon. Called by other threads; must not wait.
  virtual void interrupt() noexcept = 0;
  /// Cleans up the handles. Called while no other thread uses them.
  virtual void close() noexcept = 0;

  // guarded by the lifetime's mutex
  std::thread::id thread_{};  ///< The thread that uses the handles, if any.
  bool listed_ = false;
};

/// A thread that uses libcurl. Always joined: after leaving libcurl it still frees OpenSSL's thread-local data, which
/// must not coincide with OpenSSL's exit handler.
class CurlThread {
 public:
  /// Throws std::system_error if no thread can be started.
  explicit CurlThread(std::function<void()> run)
      : thread_([this, run = std::move(run)]() mutable {
          std::exchange(run, nullptr)();  // the last reference that the thread holds
          ended_ = true;
        }) {}
  CurlThread(const CurlThread&) = delete;
  CurlThread& operator=(const CurlThread&) = delete;
  ~CurlThread() = default;

  [[nodiscard]] bool ended() const noexcept { return ended_; }
  [[nodiscard]] bool is_this() const noexcept { return id_ == std::this_thread::get_id(); }

  void join() {
    const std::lock_guard<std::mutex> lock(joining_);
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<bool> ended_{false};
  std::mutex joining_;
  std::thread thread_;  ///< Guarded by the mutex, once it runs.
  const std::thread::id id_ = thread_.get_id();
};

/// Initialises libcurl, and ends its use when the process exits, before OpenSSL's exit handler runs.
/// Thread-safety: every call from any thread.
class CurlLifetime {
 public:
  /// One per process: a forked child must not touch the users and locks of its parent.
  static CurlLifetime& instance() {
    using Held = ForkLocal<CurlLifetime>;
    // Never destroyed: detached threads may make calls until the very end.
    static const Held& held = *new Held([](const CurlLifetime* /*the parent's*/) {  // NOLINT(*-owning-memory)
      return new_shared<CurlLifetime>();
    });
    return *held.get();
  }

  /// Initialises libcurl if needed; false if that fails, perhaps temporarily.
  bool initialise() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return initialise_locked();
  }

  /// Begins a use by the calling thread; an error if libcurl must not be used.
  std::optional<Error> enter(CurlUser& user) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (exiting_) return make_error(ErrorKind::cancelled, "the request was cancelled: the program is exiting");
    if (!initialise_locked()) return make_error(ErrorKind::overloaded, "libcurl could not be initialised");
    if (!user.listed_) users_.push_back(&user);
    user.listed_ = true;
    user.thread_ = std::this_thread::get_id();
    return std::nullopt;
  }

  void leave(CurlUser& user) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    user.thread_ = {};
    left_.notify_all();
  }

  /// Called before the user is destroyed; ends its use, too.
  void remove(CurlUser& user) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!user.listed_) return;
    if (user.thread_ == std::thread::id() && !curl_closed) user.close();  // at exit, when it could not enter
    users_.erase(std::find(users_.begin(), users_.end(), &user));
    user.listed_ = false;
    left_.notify_all();
  }

  [[nodiscard]] bool exiting() const noexcept { return exiting_; }

  /// Starts a thread that `exit` waits for. Throws std::system_error if that fails.
  std::shared_ptr<CurlThread> start_thread(std::function<void()> run) {
    join_ended();
    const std::lock_guard<std::mutex> lock(threads_mutex_);
    threads_.reserve(threads_.size() + 1);
    threads_.push_back(new_shared<CurlThread>(std::move(run)));
    return threads_.back();
  }

  /// Joins a thread; on that thread itself it returns at once.
  void join(CurlThread& thread) {
    if (thread.is_this()) return;
    thread.join();
    join_ended();
  }

 private:
  static constexpr std::chrono::seconds longest_wait{5};  ///< At exit, for a callback that does not return.

  bool initialise_locked() {
    if (initialised_) return true;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return false;
    // curl_global_init has registered OpenSSL's exit handler, so that this later one runs before it.
    initialised_ = std::atexit([] { instance().end(); }) == 0;
    return initialised_;
  }

  void end() {
    const auto here = std::this_thread::get_id();
    const auto used_here = [here](const CurlUser* user) { return user->thread_ == here; };
    const auto used_elsewhere = [here](const CurlUser* user) {
      return user->thread_ != here && user->thread_ != std::thread::id();
    };
    const auto deadline = std::chrono::steady_clock::now() + longest_wait;
    std::unique_lock<std::mutex> lock(mutex_);
    exiting_ = true;
    for (CurlUser* user : users_) {
      if (used_elsewhere(user)) user->interrupt();
    }
    if (const auto own = std::find_if(users_.begin(), users_.end(), used_here); own != users_.end()) {
      CurlUser& engine = **own;  // `exit` was called in a callback
      lock.unlock();
      engine.close();
      lock.lock();
    }
    left_.wait_until(lock, deadline, [&] { return std::none_of(users_.begin(), users_.end(), used_elsewhere); });
    for (CurlUser* user : users_) {
      if (user->thread_ == std::thread::id()) user->close();
    }
    curl_closed = true;
    lock.unlock();
    while (others_run() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    join_ended();
  }

  [[nodiscard]] bool others_run() {
    const std::lock_guard<std::mutex> lock(threads_mutex_);
    return std::any_of(threads_.begin(), threads_.end(),
                       [](const auto& thread) { return !thread->ended() && !thread->is_this(); });
  }

  void join_ended() {
    std::vector<std::shared_ptr<CurlThread>> ended;
    {
      const std::lock_guard<std::mutex> lock(threads_mutex_);
      const auto first =
          std::partition(threads_.begin(), threads_.end(), [](const auto& thread) { return !thread->ended(); });
      ended.assign(first, threads_.end());
      threads_.erase(first, threads_.end());
    }
    for (const auto& thread : ended) thread->join();
  }

  static inline std::atomic<bool> initialised_{false};  ///< A forked child inherits it.

  std::mutex mutex_;  ///< Guards all that follows.
  std::condition_variable left_;
  std::atomic<bool> exiting_{false};  ///< Read without the mutex, too.
  std::vector<CurlUser*> users_;

  std::mutex threads_mutex_;                          ///< Guards the threads; no other mutex is locked under it.
  std::vector<std::shared_ptr<CurlThread>> threads_;  ///< Those that have not been joined.
};

/// A thread's use of libcurl, from construction to destruction.
class CurlUse {
 public:
  explicit CurlUse(CurlUser& user) : user_(user), refusal_(lifetime_.enter(user)) {}
  CurlUse(const CurlUse&) = delete;
  CurlUse& operator=(const CurlUse&) = delete;
  ~CurlUse() {
    if (!refusal_) lifetime_.leave(user_);
  }

  /// Why libcurl must not be used, if so.
  [[nodiscard]] const std::optional<Error>& refusal() const noexcept { return refusal_; }
  /// True when the process exits: leave libcurl.
  [[nodiscard]] bool must_end() const noexcept { return lifetime_.exiting(); }

 private:
  CurlLifetime& lifetime_ = CurlLifetime::instance();
  CurlUser& user_;
  const std::optional<Error> refusal_;
};

}  // namespace detail
}  // namespace v0_1
}  // namespace movio::exhibitor
