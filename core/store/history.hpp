// Older history: what a scope's snapshot covers, fetched when asked for (DESIGN §5) and kept in the log below it.
#pragma once

#include "core/store/applying.hpp"

namespace satchel::store {

Result<> keep_history(Work& work, const ScopeId& scope, bool keep);
// What is wanted of it next, of all scopes that keep it.
Result<> ask_for_history(Work& work, const std::vector<HeldScope>& scopes, proto::SyncRequest& request);
// Takes the pieces of an answer. One that does not lead to what is held is not kept, and the scope's history no longer
// asked for: everything else of the answer stands.
Result<> apply_history(Applying& a);

}  // namespace satchel::store
