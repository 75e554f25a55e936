#pragma once

// The whole library, in the order of its layers. What is optional stands in headers of its own: exhibitor/testing.hpp,
// exhibitor/coroutine.hpp.

// The order is the layers', not the alphabet's.
// clang-format off

// 0: the version and the ABI namespace
#include "exhibitor/version.hpp"
// 1: values
#include "exhibitor/secret.hpp"
#include "exhibitor/result.hpp"
#include "exhibitor/region.hpp"
// 2: what everything above is made of
#include "exhibitor/cancel.hpp"
#include "exhibitor/clock.hpp"
#include "exhibitor/quota.hpp"
#include "exhibitor/transport.hpp"
#include "exhibitor/events.hpp"
#include "exhibitor/token.hpp"
#include "exhibitor/byte_source.hpp"
#include "exhibitor/bulk_report.hpp"
#include "exhibitor/bulk_options.hpp"
// 3: options, credentials
#include "exhibitor/retry.hpp"
#include "exhibitor/credentials.hpp"
#include "exhibitor/token_options.hpp"
#include "exhibitor/token_status.hpp"
#include "exhibitor/curl_options.hpp"
// 4 and 5: HTTP and tokens
#include "exhibitor/curl_transport.hpp"
#include "exhibitor/token_provider.hpp"
// 6: calls
#include "exhibitor/check_response.hpp"
#include "exhibitor/caller.hpp"
// 7: the records of the API
#include "exhibitor/models/date.hpp"
#include "exhibitor/models/decimal.hpp"
#include "exhibitor/models/open_enum.hpp"
#include "exhibitor/models/raw_json.hpp"
#include "exhibitor/models/cinema.hpp"
#include "exhibitor/models/film.hpp"
#include "exhibitor/models/item.hpp"
#include "exhibitor/models/ticket.hpp"
#include "exhibitor/models/member.hpp"
#include "exhibitor/models/transaction.hpp"
#include "exhibitor/models/subscription.hpp"
#include "exhibitor/records.hpp"
#include "exhibitor/resources.hpp"
// 8: the client
#include "exhibitor/client.hpp"
// 9: more than fits in one request
#include "exhibitor/bulk.hpp"

// clang-format on
