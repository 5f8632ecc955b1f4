// Content without a place: what a device kept sealed, while its slot holds something else by now, or is not to be filled any
// more. It waits in quarantine like what was refused, but under a name of its own: what holds the slot may have been
// refused, and then both wait.
#pragma once

#include <string>
#include <vector>

#include "server/centre.hpp"
#include "server/quarantine.hpp"

namespace satchel::server {

// Of what waits, is it that? The rest belongs to empty and lost slots.
inline bool is_displaced(const Quarantined& item, const model::Header& header) { return item.id != header.id; }

// Keeps it for a person, once; what it built on is not known any more. `stands`: its author has written it again.
Result<> keep_displaced(Centre& centre, const log::ScopeState& scope, const proto::DecodedTransaction& content,
                        BytesView bytes, const std::string& reason, bool stands);

struct DisplacedSlot {
  uint64_t counter = 0;
  Hash256 hash;
};
// What is kept here that was written in slots of this replica up to `last`, ascending. A slot may be there more than once.
Result<std::vector<DisplacedSlot>> displaced_up_to(sqlite::Database& db, int64_t org, const model::TransactionId& last);

// These words stand now: displaced, they need not wait for a person as well.
Result<> note_stands_again(Centre& centre, const log::ScopeState& scope, const model::Transaction& standing);

}  // namespace satchel::server
