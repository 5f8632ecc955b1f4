#pragma once

#include "core/store/last_heard.hpp"
#include "core/store/store.hpp"

namespace satchel::store {

Result<Status> read_status(sqlite::Database& db, const LastHeard& heard);
Result<std::vector<ScopeInfo>> read_scopes(sqlite::Database& db);

}  // namespace satchel::store
