// The floor of a store's speed: the same final rows, read back from the finished file, written by prepared statements
// alone into a file with the same tables, keys, indexes and settings. What was there before the work (scopes, keys) is
// written before the clock starts; the rest in its order, as many commits as were asked for.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/sqlite/database.hpp"

struct sqlite3_value;

namespace satchel::bench {

// How many rows each table had before the work.
using RowCounts = std::map<std::string, uint64_t>;
RowCounts count_rows(const std::filesystem::path& file);

struct FloorTime {
  double ms = 0, cpu_ms = 0;
};

class Floor {
 public:
  // Reads the whole finished file.
  Floor(const std::filesystem::path& finished, const RowCounts& before);
  // Writes a new file.
  FloorTime write(const sqlite::OpenOptions& options, uint64_t commits) const;

  static constexpr const char* words =
      "the floor, bare SQLite: the same final rows written by prepared statements alone, with the same tables, keys, "
      "indexes and settings";

 private:
  struct FreeValue {
    void operator()(sqlite3_value* value) const;
  };
  using Row = std::vector<std::unique_ptr<sqlite3_value, FreeValue>>;
  struct Table {
    std::string name, create, insert;
    bool has_rowid = true;
    std::vector<Row> rows;
    size_t before = 0;  // of the rows, the first so many were there
  };

  void read_tables(sqlite::Database& db, const RowCounts& before);
  void read_rows(sqlite::Database& db, Table& table);
  static void insert(sqlite::Database& db, const Table& table, size_t from, size_t to);

  std::vector<Table> tables_;
  std::vector<std::string> indexes_;
};

// Settings of a store's own connection, and of a centre's.
sqlite::OpenOptions tablet_file(const std::filesystem::path& path, sqlite::Durability durability);
sqlite::OpenOptions centre_file(const std::filesystem::path& path);

}  // namespace satchel::bench
