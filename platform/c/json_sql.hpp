// json_sql: SQL that an app asks and what it answers, as docs/ABI.md writes them.
#pragma once

#include <string>
#include <string_view>

#include "core/query/sql.hpp"

namespace satchel::abi {

struct ParsedSql {
  query::Sql sql;
  int64_t within_ms = 5000;
};
Result<ParsedSql> parse_sql(std::string_view json);
// {"token", "columns", "rows", "more"}
std::string sql_answer_json(const query::SqlAnswer& answer);

}  // namespace satchel::abi
