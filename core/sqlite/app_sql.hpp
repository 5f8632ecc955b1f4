// app_sql: one SELECT that an app wrote, over tables that are code (docs/decisions/0019). It runs on a connection of its own
// to an empty database in memory, on which there are these tables and nothing else: no file that it could read or write,
// whatever it says. What it may say is narrowed down all the same - reading, known functions, bounded length, depth,
// memory, answer - so that what is refused is refused with words, and what runs away ends.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/base/result.hpp"

namespace satchel::sqlite {

using Cell = std::variant<std::monostate, int64_t, double, std::string>;  // nothing, integer, real, text

enum class BoundKind { equal, less, less_or_equal, greater, greater_or_equal };
struct Bound {  // a condition of the SELECT on one column, compared as SQL compares (binary, column's affinity)
  size_t column = 0;
  BoundKind kind = BoundKind::equal;
  Cell value;  // never true with nothing
};

// One walk over a table.
class AppRows {
 public:
  virtual ~AppRows() = default;
  // To the first row. All that meet these bounds must come, others may: SQLite compares again.
  virtual Result<> find(const std::vector<Bound>& bounds) = 0;
  virtual bool at_end() const = 0;
  virtual void next() = 0;
  virtual Result<Cell> cell(size_t column) = 0;
};

class AppTable {
 public:
  struct Column {
    std::string name;
    const char* type;  // TEXT, INTEGER, REAL
  };
  virtual ~AppTable() = default;
  virtual const std::string& name() const = 0;
  virtual const std::vector<Column>& columns() const = 0;
  virtual size_t key_columns() const = 0;  // the first ones; no two rows agree in all of them
  // About how many rows find() walks through with such a bound; 0: it makes no use of it.
  virtual double rows_with(size_t column, BoundKind kind) const = 0;
  virtual std::unique_ptr<AppRows> rows() = 0;
};

struct AppFunction {  // of one text, the same for the same text
  const char* name;
  std::string (*of)(std::string_view text);
};

struct AppSql {
  std::string text;
  std::vector<Cell> parameters;  // of the question marks, in order
  size_t rows = 0;               // of the answer, at most
};

struct AppAnswer {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
  bool more = false;  // there are more rows than this answer holds
};

inline constexpr size_t app_sql_bytes = 64 << 10;      // of the SQL
inline constexpr size_t app_value_bytes = 8 << 20;     // of one value on the way
inline constexpr size_t app_answer_bytes = 8 << 20;    // of all values of an answer
inline constexpr int64_t app_memory_bytes = 64 << 20;  // for sorting, grouping, recursion

// Errors are about the SQL (Code::invalid, Code::limit, place "/sql", with line and column where they are known: "/sql:1:8"),
// or come from the tables. `keep_going` is asked all the time; false ends it, Code::limit.
Result<AppAnswer> run_app_sql(const AppSql& sql, const std::vector<std::unique_ptr<AppTable>>& tables,
                              const std::vector<AppFunction>& functions, const std::function<bool()>& keep_going);

}  // namespace satchel::sqlite
