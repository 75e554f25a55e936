// SPDX-License-Identifier: MIT
#pragma once

// Tokens that the processes of one user share on one machine. Not part of <movio/exhibitor.hpp>: needs OpenSSL's
// libcrypto; with CMake, link movio::exhibitor_file_store as well.
#include "stores/file_token_store.hpp"
#include "stores/sealed.hpp"
