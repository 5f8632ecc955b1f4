// First syncs under way. A snapshot that goes out in several parts is of one position from the first part to the last,
// while others go on writing: the log keeps the states of that position at hand (its layer), pinned until nobody has
// asked for a part for a while. Whoever begins meanwhile gets the same position, so a pin is never moved under somebody.
#pragma once

#include <vector>

#include "server/centre.hpp"

namespace satchel::server {

struct Pin {
  log::ScopeKey scope;
  ScopeId id;
  uint64_t position = 0;
};

// Is the layer of the scope held for a first sync under way?
Result<bool> is_pinned(Centre& centre, const log::ScopeState& scope);
// Keeps the states at hand, and from now on for them who ask for the other parts.
Result<> pin(Work& work, const Pin& pin);

}  // namespace satchel::server
