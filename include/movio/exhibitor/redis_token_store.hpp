// SPDX-License-Identifier: MIT
#pragma once

// Tokens that the processes of many machines share in a Redis server. Not part of <movio/exhibitor.hpp>: needs hiredis
// and OpenSSL's libcrypto; with CMake, link movio::exhibitor_redis_store as well.
#include "stores/redis_token_store.hpp"
#include "stores/sealed.hpp"
