#include <catch2/catch_test_macros.hpp>

#include "tests/log/support.hpp"

namespace satchel::log {
namespace {

using namespace test;

// A device with a snapshot, entries above it, and records and replicas on either side.
struct VerifiedDevice {
  sqlite::Database db = open_database();
  Log log{db};
  ScopeKey key;
  World world{11};

  VerifiedDevice() {
    key = world.create(db);
    world.history(58);
    Writer& writer = world.writer(0);
    writer.outbox.clear();
    writer.seen = writer.base;
    world.pull(writer);
    writer.counter = writer.seen[writer.id];
    world.write(writer, world.random_ops());
    world.sequence_empty(writer, "refused");
    world.write(writer, world.random_ops());
    world.sequence(writer);
    world.entries.back().entry.envelope.position = 900;  // it had another place before a restore
    append_all(log, key, world.entries);
    must(log.fold_away(key, 40));
    must(log.verify(key));
  }
};

std::vector<std::string> columns_of(sqlite::Database& db, const std::string& table) {
  sqlite::Statement* list = must(db.prepare_dynamic("SELECT name FROM pragma_table_info('" + table + "')"));
  sqlite::StatementScope guard(*list);
  std::vector<std::string> columns;
  while (must(list->step())) columns.emplace_back(list->text(0));
  return columns;
}

int64_t count_of(sqlite::Database& db, const std::string& table) {
  sqlite::Statement* count = must(db.prepare_dynamic("SELECT count(*) FROM " + table));
  sqlite::StatementScope guard(*count);
  must(count->step());
  return count->int64(0);
}

// Another value of the same type: one bit of a blob, a neighbouring number, a longer text.
std::string flipped(const std::string& column) {
  return "CASE typeof(" + column + ") WHEN 'integer' THEN " + column + " + 1 WHEN 'text' THEN " + column +
         " || 'x' WHEN 'null' THEN NULL ELSE CAST(substr(" + column + ", 1, length(" + column +
         ") - 1) || CASE substr(" + column + ", -1) WHEN x'41' THEN x'42' ELSE x'41' END AS BLOB) END";
}

// Below the snapshot these say only "somewhere there".
bool is_place(const std::string& table, const std::string& column) {
  return (table == "records" && column == "touched") || (table == "replicas" && column == "position");
}

// Changes one row; false when the tables' own constraints refuse it or nothing came out differently.
bool plant(sqlite::Database& db, const std::string& table, const std::string& column, int64_t row) {
  const std::string before = dump(db);
  std::string key = "rowid";
  if (table == "names" || table == "history") key = "number";
  if (table == "scopes") key = "scope";
  const std::string chosen = "(SELECT " + key + " FROM " + table + " LIMIT 1 OFFSET " + std::to_string(row) + ")";
  const std::string sql =
      "UPDATE " + table + " SET " + column + " = " + flipped(column) + " WHERE " + key + " = " + chosen +
      (is_place(table, column) ? " AND " + column + " >= (SELECT snapshot_position FROM scopes)" : "");
  if (!db.exec(sql.c_str()).ok()) return false;
  return dump(db) != before;
}

TEST_CASE("verify finds any value that was changed, in every column of every table") {
  VerifiedDevice device;
  for (const std::string& table : tables()) {
    const int64_t rows = count_of(device.db, table);
    REQUIRE(rows > 0);
    for (const std::string& column : columns_of(device.db, table)) {
      if (column == "org") continue;  // the same row for another organisation: see the next test
      bool planted = false;
      for (int64_t row = 0; row < rows; ++row) {
        auto transaction = must(sqlite::Transaction::begin(device.db, sqlite::Transaction::Kind::write));
        if (!plant(device.db, table, column, row)) continue;
        planted = true;
        INFO(table << "." << column << " of row " << row);
        const auto found = device.log.verify(device.key);
        const bool gone = table == "scopes" && column == "scope";
        REQUIRE_FALSE(found.ok());
        if (!gone) CHECK(found.error().code == Code::corrupt);
        CHECK_FALSE(found.error().message.empty());
      }
      INFO(table << "." << column);
      CHECK(planted);
    }
  }
  must(device.log.verify(device.key));
}

TEST_CASE("verify finds rows that are gone, and rows that are too many") {
  VerifiedDevice device;
  for (const std::string& table : tables()) {
    if (table == "names" || table == "scopes") continue;
    INFO(table);
    auto transaction = must(sqlite::Transaction::begin(device.db, sqlite::Transaction::Kind::write));
    const std::string sql = "DELETE FROM " + table + " WHERE org = 1";
    must(device.db.exec(sql.c_str()));
    CHECK(device.log.verify(device.key).error().code == Code::corrupt);
  }
  const std::vector<std::string> extra = {
      "INSERT INTO records SELECT org, scope, 'other', record, 0, state FROM records LIMIT 1",
      "INSERT INTO records SELECT org, scope, 'other', record, 50, state FROM records LIMIT 1",
      "INSERT INTO snapshot_records SELECT org, scope, 'other', record, state FROM records LIMIT 1",
      "INSERT INTO replicas SELECT org, scope, 900, counter, position, ord, base FROM replicas LIMIT 1",
      "INSERT INTO snapshot_replicas SELECT org, scope, scope, counter, ord, base FROM replicas LIMIT 1",
      "INSERT INTO history SELECT org, scope, 900, epoch, 900 FROM history LIMIT 1"};
  for (const std::string& sql : extra) {
    INFO(sql);
    auto transaction = must(sqlite::Transaction::begin(device.db, sqlite::Transaction::Kind::write));
    must(device.db.exec(sql.c_str()));
    CHECK(device.log.verify(device.key).error().code == Code::corrupt);
  }
  must(device.log.verify(device.key));
}

TEST_CASE("verify names what differs first") {
  VerifiedDevice device;
  must(device.db.exec("UPDATE records SET state = CAST(state || x'00' AS BLOB) "
                      "WHERE rowid = (SELECT max(rowid) FROM records)"));
  const auto found = device.log.verify(device.key);
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().place == "records");
  CHECK(found.error().message.find("visit_note/") != std::string::npos);
}

TEST_CASE("verify at a centre finds a change in any table too") {
  World world(12);
  sqlite::Database db = open_database();
  Log log(db);
  const ScopeKey key = world.create(db);
  world.history(60);
  append_all(log, key, world.entries);
  must(log.checkpoint(key, 40));
  for (const std::string& table : tables()) {
    for (const std::string& column : columns_of(db, table)) {
      if (column == "org") continue;
      auto transaction = must(sqlite::Transaction::begin(db, sqlite::Transaction::Kind::write));
      if (!plant(db, table, column, count_of(db, table) - 1)) continue;
      INFO(table << "." << column);
      CHECK_FALSE(log.verify(key).ok());
    }
  }
  must(log.verify(key));
}

}  // namespace
}  // namespace satchel::log
