// Builds the next sync request: cursors that moved, and as much of the outbox as fits (DESIGN §5). Order is between
// scopes - urgent ones first - and always causal inside one.
#pragma once

#include "core/store/store.hpp"
#include "core/store/work.hpp"

namespace satchel::store {

Result<proto::SyncRequest> make_request(Work& work, const RequestLimits& limits, SentCursors& sent);

}  // namespace satchel::store
