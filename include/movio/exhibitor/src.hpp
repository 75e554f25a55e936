// SPDX-License-Identifier: MIT
#pragma once

// What MOVIO_EXHIBITOR_SEPARATE_COMPILATION leaves out of the headers. With CMake, link movio::exhibitor_compiled;
// otherwise define the macro for the whole program, and include this in one unit.
#ifndef MOVIO_EXHIBITOR_SEPARATE_COMPILATION
#error "define MOVIO_EXHIBITOR_SEPARATE_COMPILATION for the whole program, or leave out <movio/exhibitor/src.hpp>"
#endif

#include "bulk/impl/bulk.ipp"
#include "bulk/impl/options.ipp"
#include "call/impl/reasons.ipp"
#include "core/impl/cancel.ipp"
#include "core/impl/clock.ipp"
#include "core/impl/events.ipp"
#include "core/impl/http.ipp"
#include "core/impl/result.ipp"
#include "core/impl/transport.ipp"
#include "curl/impl/transport.ipp"
#include "files/impl/byte_source.ipp"
#include "impl/client.ipp"
#include "impl/testing.ipp"
#include "records/impl/date.ipp"
#include "records/impl/decimal.ipp"
#include "records/impl/json.ipp"
#include "records/impl/services.ipp"
#include "records/impl/time.ipp"
#include "token/impl/access_token.ipp"
#include "token/impl/credentials.ipp"
#include "token/impl/provider.ipp"
#include "token/impl/region.ipp"
#include "token/impl/status.ipp"
