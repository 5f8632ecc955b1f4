// The floor of a store's speed: the same final rows, read back from the finished file, written by prepared statements
// alone into a file with the same tables, keys, indexes and settings. Rows that came with the notes are written in
// their order, so many notes in each transaction; what was there before (scopes, keys) and what is one row for ever
// (counters) is written before the clock starts.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/sqlite/database.hpp"

struct sqlite3_value;

namespace satchel::bench {

class Floor {
 public:
  // Reads the whole file. `notes`: how many it was written with; a table with as many rows or more came with them.
  Floor(const std::filesystem::path& finished, uint64_t notes);
  // Writes a new file; seconds, and into `step_ms` the milliseconds of each transaction.
  double write(const sqlite::OpenOptions& options, uint64_t notes_per_commit,
               std::vector<double>* step_ms = nullptr) const;

 private:
  struct FreeValue {
    void operator()(sqlite3_value* value) const;
  };
  using Row = std::vector<std::unique_ptr<sqlite3_value, FreeValue>>;
  struct Table {
    std::string name, create, insert;
    bool has_rowid = true;
    std::vector<Row> rows;
  };

  void read_tables(sqlite::Database& db);
  void read_rows(sqlite::Database& db, Table& table);
  bool came_with_notes(const Table& table) const { return table.rows.size() >= notes_; }
  static void insert(sqlite::Database& db, const Table& table, size_t from, size_t to);

  uint64_t notes_;
  std::vector<Table> tables_;
  std::vector<std::string> indexes_;
};

}  // namespace satchel::bench
