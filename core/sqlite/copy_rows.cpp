#include <sqlite3.h>

#include <vector>

#include "core/sqlite/database.hpp"
#include "core/sqlite/errors.hpp"

namespace satchel::sqlite {
namespace {

struct Table {
  std::string name;
  bool has_rowid = false;
};

std::string in_quotes(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

// A full-text index has tables of its own ("shadow"), which hold all of it.
Result<std::vector<Table>> tables_of(Database& db) {
  StatementScope q(db.prepare("SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')"
                              " AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"));
  std::vector<Table> tables;
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return tables;
    tables.push_back({std::string(q->text(0)), q->int64(1) == 0});
  }
}

Result<std::string> columns_of(Database& db, const Table& table) {
  StatementScope q(db.prepare("SELECT name FROM pragma_table_info(?)"));
  q->bind_text(0, table.name);
  std::string columns = table.has_rowid ? "rowid" : "";
  for (;;) {
    SATCHEL_ASSIGN(const bool more, q->step());
    if (!more) return columns;
    columns += (columns.empty() ? "" : ", ") + in_quotes(q->text(0));
  }
}

Result<> copy_row(const Statement& row, Statement& insert, sqlite3* db) {
  for (int i = 0; i < row.column_count(); ++i) {
    const int code = sqlite3_bind_value(insert.handle(), i + 1, sqlite3_column_value(row.handle(), i));
    if (code != SQLITE_OK) return error_of(code, db);
  }
  const auto written = insert.step();
  sqlite3_reset(insert.handle());
  if (!written.ok()) return written.error();
  return {};
}

Result<> copy_table(Database& from, Database& to, const Table& table) {
  SATCHEL_ASSIGN(const std::string columns, columns_of(from, table));
  SATCHEL_TRY(to.exec(("DELETE FROM " + in_quotes(table.name)).c_str()));
  SATCHEL_ASSIGN(Statement* const select,
                 from.prepare_dynamic("SELECT " + columns + " FROM " + in_quotes(table.name)));
  StatementScope row(*select);
  std::string places = "?";
  for (int i = 1; i < row->column_count(); ++i) places += ", ?";
  SATCHEL_ASSIGN(Statement* const insert, to.prepare_dynamic("INSERT INTO " + in_quotes(table.name) + " (" + columns +
                                                             ") VALUES (" + places + ")"));
  for (;;) {
    SATCHEL_ASSIGN(const bool more, row->step());
    if (!more) return {};
    SATCHEL_TRY(copy_row(*row, *insert, to.handle()));
  }
}

}  // namespace

Result<> copy_rows(Database& from, Database& to) {
  SATCHEL_ASSIGN(const auto tables, tables_of(from));
  SATCHEL_ASSIGN(auto transaction, Transaction::begin(to, Transaction::Kind::write));
  SATCHEL_TRY(to.exec("PRAGMA defer_foreign_keys = ON"));
  for (const Table& table : tables) SATCHEL_TRY(copy_table(from, to, table));
  return transaction.commit();
}

}  // namespace satchel::sqlite
