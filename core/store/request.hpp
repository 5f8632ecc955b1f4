// Builds the next sync request: cursors that moved, and as much of the outbox as fits (DESIGN §5). Order is between
// scopes - urgent ones first - and always causal inside one. Of a replica that is held up in a scope only the first
// transaction goes, to ask whether it can be taken now. A request holds no two own ids of one scope: what was written
// later must not arrive upon a slot of which the same answer says that it is another's.
#pragma once

#include "core/store/store.hpp"
#include "core/store/work.hpp"

namespace satchel::store {

struct BuiltRequest {
  proto::SyncRequest request;
  bool damaged = false;  // a transaction does not match its hash: set_damaged_aside() first, then again
};
Result<BuiltRequest> make_request(Work& work, const RequestLimits& limits, SessionMemory& memory);

}  // namespace satchel::store
