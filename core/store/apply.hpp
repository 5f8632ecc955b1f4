#pragma once

#include "core/store/store.hpp"
#include "core/store/work.hpp"

namespace satchel::store {

// Applies an answer inside the caller's SQLite transaction; on an error the caller rolls back and nothing happened.
Result<Applied> apply_response(Work& work, const proto::SyncResponse& response, const proto::SyncRequest& request);

}  // namespace satchel::store
