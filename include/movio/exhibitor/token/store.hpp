// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "../core/clock.hpp"
#include "../core/events.hpp"
#include "../core/result.hpp"
#include "../core/secret.hpp"
#include "../core/transport.hpp"
#include "access_token.hpp"
#include "credential_source.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

/// A place where processes share sealed tokens. The library has one for files and one for Redis; implement this for
/// another, such as a Redis Cluster or a vault, and hand it to `sealed`. It sees names (32 hexadecimal digits), sealed
/// bytes and times to live, never a token.
///
/// Calls come from a thread of their own, never from the one that sends requests, and nobody with a valid token waits
/// for them. A call should end within a twentieth of `TokenOptions::timeout`: later its answer is not waited for. An
/// error or an exception makes the provider go on without the store for a while. A provider's destructor waits for
/// the calls that were begun, so that a program that ends at once has saved its token.
///
/// Thread-safety: needed only if several `SharedTokens` are made of one store.
class TokenStore {
 public:
  virtual ~TokenStore() = default;

  /// The entry of that name, as it was saved; an empty text when there is none, or its time is over.
  virtual Result<std::string> load(const std::string& name) = 0;

  /// Replaces the entry as a whole: a reader sees the old one or the new one. An empty entry removes it.
  virtual Result<void> save(const std::string& name, const std::string& entry,
                            std::chrono::milliseconds time_to_live) = 0;

  /// Gives the lease of that name to `owner`; false while another owner has it. It ends by itself after `time_to_live`,
  /// or with the process.
  virtual Result<bool> acquire(const std::string& name, const std::string& owner,
                               std::chrono::milliseconds time_to_live) = 0;

  /// Ends the lease if `owner` still has it, and leaves another's alone.
  virtual Result<void> release(const std::string& name, const std::string& owner) = 0;

  /// What events call the place, for example "redis".
  [[nodiscard]] virtual std::string_view kind() const noexcept { return "store"; }
};

struct TokenOptions;
namespace detail {
struct IssuedToken;
}

/// What a token is for. Two that differ in anything never share an entry.
struct TokenIdentity {
  std::string issuer_url;
  std::string audience;
  std::string scope;
  ClientCredentials credentials;
};

/// A store as a provider uses it; `sealed` makes one of a `TokenStore`. Several providers may share it.
/// Thread-safety: every call from any thread.
class SharedTokens {
 public:
  /// What the provider says to a token of the store.
  enum class Verdict {
    use,        ///< It is taken.
    pass_over,  ///< It is not newer than what the provider has used.
    remove,     ///< The API has refused it.
  };

  /// What a look into the store leads to.
  enum class Outcome {
    found,  ///< The last token that was judged is used.
    ask_issuer,
    put_off,  ///< Another process is renewing, or the store failed and the token at hand is good for long enough.
  };

  /// One look into the store, and what follows. Its destructor releases the lease, without waiting.
  class Visit {
   public:
    virtual ~Visit() = default;

    /// Calls `Fetch::looked` once, in bounded time, on the transport's thread.
    virtual void look() = 0;

    /// Seals and saves a token that was fetched, and releases the lease, without waiting.
    virtual void keep(const AccessToken& token) = 0;
  };

  /// The fetch for which a visit is made. The visit keeps it until it has looked.
  class Fetch {
   public:
    virtual ~Fetch() = default;
    [[nodiscard]] virtual TokenIdentity identity() const = 0;
    [[nodiscard]] virtual const TokenOptions& options() const noexcept = 0;
    [[nodiscard]] virtual const std::shared_ptr<Clock>& clock() const noexcept = 0;
    [[nodiscard]] virtual const std::weak_ptr<Transport>& transport() const noexcept = 0;
    /// Receives the store's events; nothing once the provider has been destroyed.
    [[nodiscard]] virtual EventHook event_hook() const = 0;
    /// Whether a valid token is at hand, and will be for a while.
    [[nodiscard]] virtual bool may_put_off() const noexcept = 0;
    /// Whether the issuer is not to be asked, because it has failed just now.
    [[nodiscard]] virtual bool only_looks() const noexcept = 0;
    virtual Verdict judge(const detail::IssuedToken& stored) = 0;
    virtual void looked(const std::shared_ptr<Visit>& visit, Outcome outcome) = 0;
  };

  virtual ~SharedTokens() = default;
  virtual std::shared_ptr<Visit> visit(std::shared_ptr<Fetch> fetch) = 0;

  /// Waits until what was begun for visits has ended, so that a program that ends at once has saved its token.
  virtual void flush() = 0;

  /// The entry of an identity, in the clear; empty when there is none that can be opened. Blocks while the store is
  /// read. Errors: `storage`.
  virtual Result<Secret> peek(const TokenIdentity& identity) = 0;

  /// Removes the entry of an identity. Tokens that processes have in memory stay in use. Blocks as `peek` does.
  virtual Result<void> forget(const TokenIdentity& identity) = 0;

  /// What events call the place.
  [[nodiscard]] virtual std::string_view kind() const noexcept = 0;
};

}  // namespace v0_1
}  // namespace movio::exhibitor
