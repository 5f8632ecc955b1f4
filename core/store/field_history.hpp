// The history of one field: every version that anybody wrote, in the order of the log, what is not yet at base last.
#pragma once

#include "core/store/store.hpp"

namespace satchel::store {

// Folds the field again, version by version. Code::not_found: no such record, or the older history of its scope is not
// here (keep_history()).
Result<std::vector<FieldVersion>> field_history(sqlite::Database& db, const model::Schema& schema,
                                                std::string_view organisation, const model::RecordKey& record,
                                                std::string_view field);

}  // namespace satchel::store
