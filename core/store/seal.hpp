// What a purge takes from this device before a backup of the centre covers it (DESIGN §5, "Leaving"): kept sealed to the
// organisation's key, with its place and nothing else to read, offered when the centre was restored from before it, and
// dropped when a backup covers it.
//
//                 held_to below it               verdict not_yet
//   kept (0) --------------------------> offer (1) ----------> waiting (2): again in the next session, or when another
//     |  ^                                |    |                            one of the same device was taken
//     |  \------ verdict accepted --------/    \--- verdict refused ---> gone
//     |            (at its new place)
//     \--- kept_to covers it ---> gone
#pragma once

#include "core/store/applying.hpp"

namespace satchel::store {

// Before a scope is purged. Without a key, or when the backup reaches the head, nothing is kept.
Result<> seal_scope(Work& work, const HeldScope& scope);

// ---- what a request says and offers of it
Result<std::vector<proto::SealedStretch>> sealed_stretches(sqlite::Database& db);
struct SealedPlace {
  int64_t row = 0;
  size_t bytes = 0;
};
// What is to be offered, by scope and place; `again`: also what was not_yet before.
Result<std::vector<SealedPlace>> sealed_offers(sqlite::Database& db, bool again);
Result<proto::SealedEntry> sealed_entry(sqlite::Database& db, int64_t row);
// An answer about the scope is still to come, so nothing of it may be given up.
Result<bool> sealed_offers_of(sqlite::Database& db, const ScopeId& scope);

struct SealedCount {
  uint64_t all = 0;
  uint64_t to_send = 0;  // lost by the centre: offered, or waiting to be
};
Result<SealedCount> sealed_count(sqlite::Database& db);

Result<> apply_sealed(Applying& a);

}  // namespace satchel::store
