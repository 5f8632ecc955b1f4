// After a restore of the centre: what it no longer holds becomes an offer, with the envelope that proves it (DESIGN
// §5).
#pragma once

#include "core/store/applying.hpp"

namespace satchel::store {

// Takes the entries above `position` out of the log and puts them in front of the outbox as offers, whoever wrote them;
// they stay in the fold, so nothing vanishes from the screen. False when they are no longer kept.
Result<bool> rewind_scope(Applying& a, const HeldScope& scope, uint64_t position);

}  // namespace satchel::store
