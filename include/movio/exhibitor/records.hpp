// SPDX-License-Identifier: MIT
#pragma once

// The API's resources as structs, and their JSON.
#include "records/cinema.hpp"
#include "records/film.hpp"
#include "records/item.hpp"
#include "records/json.hpp"
#include "records/member.hpp"
#include "records/services.hpp"
#include "records/subscription.hpp"
#include "records/ticket.hpp"
#include "records/time.hpp"
#include "records/transaction.hpp"
