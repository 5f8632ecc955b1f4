#pragma once

#include "core/store/store.hpp"
#include "core/store/work.hpp"

namespace satchel::store {

bool says_only_the_time(const proto::SyncResponse& response, const proto::SyncRequest& request);
// What came of an answer that says nothing else: the work's row has it, and nothing is written. Empty: it has to be applied,
// be it because the time that the file knows is so old by now.
Result<std::optional<Applied>> only_hear(Work& work, const proto::SyncResponse& response);
// Applies an answer inside the caller's SQLite transaction; on an error the caller rolls back and nothing happened.
Result<Applied> apply_response(Work& work, const proto::SyncResponse& response, const proto::SyncRequest& request);

}  // namespace satchel::store
