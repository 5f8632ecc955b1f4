// Read tokens: which version of a scope a reader had in front of it (DESIGN §2.3). A token names a number (seq) of this
// store; `arrivals` holds, for each write that moved a version, what each replica's counter was before it. So the
// version at a token is one that the store really had, and costs nothing until somebody commits with it.
#pragma once

#include <string>

#include "core/store/held_scopes.hpp"
#include "core/store/work.hpp"

namespace satchel::store {

// Tokens older than this many writes are refused: the person reads the record again.
inline constexpr uint64_t tokens_kept = 65'536;

std::string make_token(const StoreRow& row);
// Code::invalid when it is not a token of this store, or too old.
Result<uint64_t> parse_token(const StoreRow& row, std::string_view token);

// What the store holds of the scope now: the log and the outbox.
Result<model::Version> version_now(sqlite::Database& db, log::ScopeKey scope);
// What it held when seq was `seq`, also when the scope was fetched again since, or left and given again.
Result<model::Version> version_at(sqlite::Database& db, const HeldScope& scope, uint64_t seq);

// Begins a write that moves versions: the next seq. Forgets what is too old from time to time.
Result<> next_seq(Work& work);
// Notes that the replica's counter was `counter_before` until this write, which may also have lowered it (the first note
// of a write counts).
Result<> note_arrival(Work& work, const ScopeId& scope, const ReplicaId& replica, uint64_t counter_before);
// No read token may claim to have seen more of this replica than `most`: other words stand above it now.
Result<> lower_arrivals(Work& work, const ScopeId& scope, const ReplicaId& replica, uint64_t most);

}  // namespace satchel::store
