// sql: read-only SQL over the collections (docs/decisions/0019), for what a Query cannot say: joins, groups, totals.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/sqlite/app_sql.hpp"
#include "core/store/store.hpp"

namespace satchel::query {

inline constexpr uint32_t sql_rows_most = 10'000;

struct Sql {
  std::string text;                      // one SELECT; of collections and their fields, with fold() beside SQLite's functions
  std::vector<sqlite::Cell> parameters;  // of its question marks, in order
  uint32_t limit = 1000;                 // rows of the answer, 1..sql_rows_most
  bool include_voided = false;           // records that were put away are rows too
};

struct SqlAnswer {
  std::vector<std::string> columns;
  std::vector<std::vector<sqlite::Cell>> rows;
  bool more = false;  // than limit, or than an answer may be large
  store::ReadToken token;
};

// `keep_going` is asked all the time: false ends it with Code::limit. Errors about the SQL have "/sql:LINE:COLUMN" as their
// place.
Result<SqlAnswer> run_sql(store::Reader& reader, const Sql& sql, const std::function<bool()>& keep_going);

}  // namespace satchel::query
