// What comes next in a scope, by the field that its collections call their agenda: whoever begins the day with an empty
// tablet and a slow link has today's visits before last year's. It decides the order of pages and nothing else.
#pragma once

#include <optional>

#include "server/centre.hpp"

namespace satchel::server {

// How long before the tablet's clock something still counts as ahead: today began at most so long ago, wherever it is.
inline constexpr int64_t agenda_reaches_back_ms = 24 * 3'600'000;

// The soonest moment, from `from_ms` on, of what is there in the scope; a date is its first moment, UTC. Empty: none is.
Result<std::optional<int64_t>> soonest_in(Centre& centre, log::ScopeKey scope, int64_t from_ms);

}  // namespace satchel::server
