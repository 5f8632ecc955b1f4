#pragma once

#include "core/store/store.hpp"
#include "core/store/work.hpp"

namespace satchel::store {

// Recomputes everything from the log and the outbox and compares bytes: records, digests, overlay, indexes, inbox,
// counters. Code::corrupt with the first difference.
Result<VerifyReport> verify_store(Work& work);
// Writes indexes and inbox of every record anew: a newer schema indexes other fields.
Result<> rebuild_views(Work& work);

}  // namespace satchel::store
