// SPDX-License-Identifier: MIT
#pragma once

// The names of the library's types, for headers that only mention them.
#include "version.hpp"

namespace movio::exhibitor {
inline namespace v0_1 {

class AccessToken;
class Body;
class Bulk;
class CancelRegistration;
class CancelSource;
class CancelToken;
class Clock;
class CurlTransport;
class Date;
class Decimal;
class ExhibitorClient;
class ExhibitorError;
class FakeClock;
class FakeTokenStore;
class FakeTransport;
class Headers;
class Secret;
class SharedTokens;
class TokenProvider;
class TokenStore;
class Transport;
class UpsertResult;

struct BulkCounts;
struct BulkOptions;
struct BulkProgress;
struct BulkReject;
struct BulkReport;
struct CallOptions;
struct Cinema;
struct ClientCredentials;
struct ClientOptions;
struct CurlOptions;
struct Endpoints;
struct Error;
struct Event;
struct Film;
struct HttpRequest;
struct HttpResponse;
struct Item;
struct ItemLine;
struct LedgerEntry;
struct LoyaltyCard;
struct Member;
struct MemberSubscriptions;
struct Preferences;
struct QuotaBucket;
struct RawJson;
struct RecordRange;
struct RetryPolicy;
struct SessionLine;
struct SharedClientOptions;
struct Subscription;
struct SubscriptionCategory;
struct Ticket;
struct TokenOptions;
struct TokenStatus;
struct Transaction;
struct TransferMetrics;
struct TransportRequest;
struct UpsertReceipt;

enum class ErrorKind;
enum class EventKind;
enum class FileAccess;
enum class Region;

template <class T>
class Result;
template <class E>
class OpenEnum;

}  // namespace v0_1
}  // namespace movio::exhibitor
