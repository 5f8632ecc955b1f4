// The replica ids that this store writes under. One is the tablet's own (store.replica): sessions and new work are in
// its name. After a fork others are of this store too: the former one, and those that took over what was issued again
// (fork.hpp). In a scope, such a one goes on until all that was written under it there has its verdict. So what waits in
// a scope is of one id, each on top of the one before, and nothing is written upon a slot of which it is not yet known
// whose content the centre holds. Nor upon own words that are not here, because a restore took them away or they are still
// to come: a version could not say that they were not seen. The scope then has a name of its own for what is written.
#pragma once

#include "core/store/held_scopes.hpp"

namespace satchel::store {

// Did this store write in the scope under this id, or does it now?
Result<bool> is_own(Work& work, const ScopeId& scope, const ReplicaId& replica);
struct Writer {
  ReplicaId id;
  OwnCounter own;
};
// In whose name the next transaction in the scope is written. `held`: version_now().
Result<Writer> writer_in(Work& work, const HeldScope& scope, const model::Version& held);

}  // namespace satchel::store
