// Bringing back what was refused: what its author had in front of them, as far as that was refused as well.
#pragma once

#include <string>
#include <vector>

#include "proto/codec.hpp"
#include "server/centre.hpp"
#include "server/own_writes.hpp"
#include "server/quarantine.hpp"

namespace satchel::server {

// The name of what is displaced: the id that its release has, which follows from its slot and its content, for the slot may hold
// something else that is released, too.
model::TransactionId displaced_name(const model::TransactionId& slot, const Hash256& hash);

// What `release` brought back, by the name under which it waited. Its origin names the slot in which it was written.
model::TransactionId released_by(const model::Header& release);

// The releases of earlier refused transactions of the same replica that the author of `item` had in front of them
// (Origin::saw). Code::invalid when an edit of a text counts in one that is not released.
Result<std::vector<model::Version::Entry>> releases_seen(Centre& centre, const log::ScopeState& scope, const Quarantined& item,
                                                         const model::Transaction& transaction);

// A release follows from what was refused and from those: what a restore took away and a person releases again before a
// tablet brings it back are the same bytes.
OwnWrite::Derived release_follows_from(const Quarantined& item, const model::Header& header,
                                       const std::vector<model::Version::Entry>& releases);

}  // namespace satchel::server
