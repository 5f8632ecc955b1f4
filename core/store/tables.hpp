// The tables of a device's store beside those of core/log, and how a file is brought to the newest of them. STORAGE.md
// describes each table; this is the only place that creates one.
#pragma once

#include "core/base/result.hpp"
#include "core/sqlite/database.hpp"

namespace satchel::store {

inline constexpr uint32_t application_id = 0x53746368;  // "Stch"

// Code::newer_format when the file was written by a newer version; it is then untouched.
Result<> bring_up_to_date(sqlite::Database& db);
// For a further connection to a file that is up to date: sqlite::Database::expect_tables.
void expect_tables(sqlite::Database& db);

}  // namespace satchel::store
