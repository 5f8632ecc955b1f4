#include "tests/bench/floor.hpp"

#include <sqlite3.h>

#include <algorithm>

#include "tests/bench/measuring.hpp"
#include "tests/bench/must.hpp"

namespace satchel::bench {
namespace {

// In the order in which rows were written, as far as the table says so.
std::string order_of(sqlite::Database& db, const std::string& table, bool has_rowid) {
  if (has_rowid) return " ORDER BY rowid";
  for (const char* column : {"place", "position", "record"}) {
    sqlite::StatementScope q(db.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = ?"));
    q->bind_text(0, table).bind_text(1, column);
    if (must(q->step())) return std::string(" ORDER BY ") + column;
  }
  return "";
}

sqlite::Database open_to_read(const std::filesystem::path& file) {
  sqlite::OpenOptions options;
  options.path = file.string();
  options.read_only = true;
  return must(sqlite::Database::open(options));
}

}  // namespace

RowCounts count_rows(const std::filesystem::path& file) {
  sqlite::Database db = open_to_read(file);
  std::vector<std::string> names;
  sqlite::StatementScope q(
      db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search_%'"));
  while (must(q->step())) names.emplace_back(q->text(0));
  RowCounts counts;
  for (const std::string& name : names) {
    sqlite::StatementScope count(*must(db.prepare_dynamic("SELECT count(*) FROM \"" + name + "\"")));
    must(count->step());
    counts[name] = static_cast<uint64_t>(count->int64(0));
  }
  return counts;
}

void Floor::FreeValue::operator()(sqlite3_value* value) const { sqlite3_value_free(value); }

Floor::Floor(const std::filesystem::path& finished, const RowCounts& before) {
  sqlite::Database db = open_to_read(finished);
  read_tables(db, before);
  for (Table& table : tables_) read_rows(db, table);
}

void Floor::read_tables(sqlite::Database& db, const RowCounts& before) {
  sqlite::StatementScope q(
      db.prepare("SELECT s.type, s.name, s.sql, coalesce(l.wr, 0) FROM sqlite_schema s LEFT JOIN pragma_table_list l"
                 " ON l.name = s.name AND l.schema = 'main' WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite_%'"
                 " AND s.name NOT LIKE 'search_%'"));  // kept up behind the writes, not by them
  while (must(q->step())) {
    if (q->text(0) == "index") {
      indexes_.emplace_back(q->text(2));
    } else if (q->text(0) == "table") {
      const auto known = before.find(std::string(q->text(1)));
      const size_t rows = known == before.end() ? 0 : known->second;
      tables_.push_back({std::string(q->text(1)), std::string(q->text(2)), {}, q->int64(3) == 0, {}, rows});
    }
  }
}

void Floor::read_rows(sqlite::Database& db, Table& table) {
  const std::string select = "SELECT * FROM \"" + table.name + "\"" + order_of(db, table.name, table.has_rowid);
  sqlite::StatementScope q(*must(db.prepare_dynamic(select)));
  while (must(q->step())) {
    Row row;
    for (int i = 0; i < q->column_count(); ++i)
      row.emplace_back(sqlite3_value_dup(sqlite3_column_value(q->handle(), i)));
    table.rows.push_back(std::move(row));
  }
  table.before = std::min(table.before, table.rows.size());
  std::string marks = "?";
  for (int i = 1; i < q->column_count(); ++i) marks += ", ?";
  table.insert = "INSERT INTO \"" + table.name + "\" VALUES (" + marks + ")";
}

void Floor::insert(sqlite::Database& db, const Table& table, size_t from, size_t to) {
  if (from >= to) return;
  sqlite::StatementScope q(db.prepare(table.insert.c_str()));
  for (size_t i = from; i < to; ++i) {
    for (size_t column = 0; column < table.rows[i].size(); ++column) {
      sqlite3_bind_value(q->handle(), static_cast<int>(column) + 1, table.rows[i][column].get());
    }
    must(q->run());
  }
}

FloorTime Floor::write(const sqlite::OpenOptions& options, uint64_t commits) const {
  sqlite::Database db = must(sqlite::Database::open(options));
  auto before = must(sqlite::Transaction::begin(db, sqlite::Transaction::Kind::write));
  for (const Table& table : tables_) must(db.exec(table.create.c_str()));
  for (const std::string& index : indexes_) must(db.exec(index.c_str()));
  for (const Table& table : tables_) insert(db, table, 0, table.before);
  must(before.commit());
  const double cpu = cpu_ms();
  const Stopwatch watch;
  for (uint64_t i = 0; i < commits; ++i) {
    auto transaction = must(sqlite::Transaction::begin(db, sqlite::Transaction::Kind::write));
    for (const Table& table : tables_) {
      const size_t count = table.rows.size() - table.before;
      insert(db, table, table.before + count * i / commits, table.before + count * (i + 1) / commits);
    }
    must(transaction.commit());
  }
  return {watch.ms(), cpu_ms() - cpu};
}

sqlite::OpenOptions tablet_file(const std::filesystem::path& path, sqlite::Durability durability) {
  sqlite::OpenOptions options;
  options.path = path.string();
  options.durability = durability;
  options.overwrite_deleted = true;
  return options;
}

sqlite::OpenOptions centre_file(const std::filesystem::path& path) {
  sqlite::OpenOptions options;
  options.path = path.string();
  options.cache_bytes = 64 << 20;
  return options;
}

}  // namespace satchel::bench
