// views: the collections of the schema as tables for SQL. A row is a record that a query shows too; docs/ABI.md names the
// columns. For the files of this folder.
#pragma once

#include <memory>
#include <vector>

#include "core/sqlite/app_sql.hpp"
#include "core/store/store.hpp"

namespace satchel::query {

// One for each collection; inside a pinned view, and no longer than it.
std::vector<std::unique_ptr<sqlite::AppTable>> collection_views(store::Reader& reader, bool include_voided);

}  // namespace satchel::query
