// SPDX-License-Identifier: MIT
#pragma once

// Uploads of more records than fit in one request.
#include "bulk/bulk.hpp"
