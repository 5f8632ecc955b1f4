// The replica ids that this store writes under. One is the tablet's own (store.replica): sessions and new work are in
// its name. After a fork others are of this store too: the former one, and those that took over what was issued again
// (fork.hpp). In a scope, such a one goes on until all that was written under it there has its verdict. So what waits in
// a scope is of one id, each on top of the one before, and nothing is written upon a slot of which it is not yet known
// whose content the centre holds.
#pragma once

#include "core/store/held_scopes.hpp"

namespace satchel::store {

// Did this store write in the scope under this id, or does it now?
Result<bool> is_own(Work& work, const ScopeId& scope, const ReplicaId& replica);
// In whose name the next transaction in the scope is written.
Result<ReplicaId> writer_in(Work& work, const HeldScope& scope);

}  // namespace satchel::store
